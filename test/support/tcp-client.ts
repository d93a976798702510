/** A DNS client over TCP that does what it is told, good or bad. */
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { waitUntil } from './transport.ts';

/** Puts the two bytes of length before a message. */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.alloc(2 + message.length);
  framed.writeUInt16BE(message.length);
  framed.set(message, 2);
  return framed;
}

export class TcpClient {
  readonly socket: Socket;
  /** Responses so far, without their lengths. */
  readonly responses: Buffer[] = [];
  /** The server has closed its side, or reset the connection. */
  hasEnded = false;
  #rest = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('end', () => {
      this.hasEnded = true;
    });
    socket.on('error', () => {
      this.hasEnded = true;
    });
  }

  static async connect({ address, port }: AddressInfo, localAddress?: string): Promise<TcpClient> {
    const socket = connect({
      host: address,
      port,
      allowHalfOpen: true,
      noDelay: true,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    await once(socket, 'connect');
    return new TcpClient(socket);
  }

  send(...messages: Uint8Array[]): void {
    this.socket.write(Buffer.concat(messages.map(frame)));
  }

  /** Resolves with all responses once there are `count`. */
  async receive(count: number): Promise<Buffer[]> {
    await waitUntil(() => this.responses.length >= count);
    return this.responses;
  }

  async waitForEnd(): Promise<void> {
    await waitUntil(() => this.hasEnded);
  }

  #read(chunk: Buffer): void {
    let bytes = Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE()) {
      const end = 2 + bytes.readUInt16BE();
      this.responses.push(bytes.subarray(2, end));
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
  }
}
