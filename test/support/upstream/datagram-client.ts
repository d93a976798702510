/** A DNS client over UDP that keeps every datagram, whoever sent it. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { until } from '../fake-clock.ts';
import { buildQuery, type Printed, printResponse, type QuestionOptions } from '../records.ts';

export interface Datagram {
  readonly bytes: Buffer;
  /** Address and port, as `127.0.0.1:5353`. */
  readonly from: string;
}

export class DatagramClient {
  readonly received: Datagram[] = [];
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (bytes, { address, port }) => {
      this.received.push({ bytes, from: `${address}:${port}` });
    });
  }

  static async open(): Promise<DatagramClient> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new DatagramClient(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  send(question: string, port: number, options: QuestionOptions = {}): void {
    this.sendBytes(buildQuery(question, options), port);
  }

  sendBytes(message: Uint8Array, port: number): void {
    this.#socket.send(message, port, '127.0.0.1');
  }

  /** Asks, and gives the next datagram as text. */
  async ask(question: string, port: number, options: QuestionOptions = {}): Promise<Printed> {
    const before = this.received.length;
    this.send(question, port, options);
    await this.receive(before + 1);
    return printResponse(this.received[before].bytes);
  }

  /** Resolves with all datagrams once there are `count`. */
  async receive(count: number): Promise<readonly Datagram[]> {
    await until(`${count} datagrams`, () => this.received.length >= count);
    return this.received;
  }

  close(): void {
    this.#socket.close();
  }
}
