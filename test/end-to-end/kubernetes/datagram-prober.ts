/** Asks over UDP as fast as answers come, from several ports in turn, so that every responder is asked. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { buildQuery } from '../../support/records.ts';

const PORTS = 4;
const TIMEOUT_MS = 1000;
const HOST = '127.0.0.1';

export class DatagramProber {
  readonly #sockets: readonly Socket[];
  readonly #waiting = new Map<number, (response: Buffer) => void>();
  #id = 0;

  private constructor(sockets: readonly Socket[]) {
    this.#sockets = sockets;
    for (const socket of sockets) socket.on('message', (response) => this.#receive(response));
  }

  static async open(port: number): Promise<DatagramProber> {
    const sockets = Array.from({ length: PORTS }, () => createSocket('udp4'));
    for (const socket of sockets) {
      socket.connect(port, HOST);
      await once(socket, 'connect');
    }
    return new DatagramProber(sockets);
  }

  /** Asks for the A record of a name that has one; gives its address, or an empty text where there is none. */
  async ask(name: string): Promise<string> {
    const id = this.#id++ & 0xffff;
    const response = await new Promise<Buffer>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`No answer for ${name}`)), TIMEOUT_MS);
      this.#waiting.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.#sockets[id % PORTS].send(buildQuery(`${name} A`, { id }));
    });
    const hasAnswer = response.readUInt16BE(6) > 0;
    // Without EDNS a single A record is the end of the message.
    return hasAnswer ? response.subarray(-4).join('.') : '';
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }

  #receive(response: Buffer): void {
    const id = response.readUInt16BE(0);
    this.#waiting.get(id)?.(response);
    this.#waiting.delete(id);
  }
}
