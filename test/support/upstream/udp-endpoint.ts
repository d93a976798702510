/** The UDP side of an upstream. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Delivery } from './faults.ts';
import type { Client } from './query.ts';

/** As much as the system gives: a thousand queries at once must not be lost by accident. */
const RECEIVE_BUFFER_BYTES = 4 << 20;

export type Receive = (message: Buffer, client: Client, reply: Send) => void;

/** Sends a response back to where the query came from. */
export type Send = (delivery: Delivery) => void;

export class UdpEndpoint {
  readonly #socket: Socket;
  /** Sockets that forgeries are sent from. */
  readonly #strangers = new Map<Delivery['source'], Promise<Socket>>();

  private constructor(socket: Socket, receive: Receive) {
    this.#socket = socket;
    socket.on('message', (message, { address, port }) => {
      const client = { transport: 'udp', address, port } as const;
      receive(message, client, (delivery) => void this.#send(delivery, client));
    });
  }

  /** Binds a port, 0 for any. */
  static async open(address: string, port: number, receive: Receive): Promise<UdpEndpoint> {
    return new UdpEndpoint(await bindSocket(address, port), receive);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  async close(): Promise<void> {
    const strangers = await Promise.all(this.#strangers.values());
    for (const socket of [this.#socket, ...strangers]) {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    }
  }

  async #send({ message, source }: Delivery, { address, port }: Client): Promise<void> {
    const socket = source === 'upstream' ? this.#socket : await this.#stranger(source);
    socket.send(message, port, address, () => {
      // A client that is gone is no error of the upstream.
    });
  }

  /** Opens a socket at another port, or at the same port of another address. */
  #stranger(source: Delivery['source']): Promise<Socket> {
    const { address, port } = this.#socket.address();
    const opened =
      this.#strangers.get(source) ??
      (source === 'other port' ? bindSocket(address, 0) : bindSocket(otherThan(address), port));
    this.#strangers.set(source, opened);
    return opened;
  }
}

async function bindSocket(address: string, port: number): Promise<Socket> {
  const type = address.includes(':') ? 'udp6' : 'udp4';
  const socket = createSocket({ type, recvBufferSize: RECEIVE_BUFFER_BYTES });
  socket.bind(port, address);
  await once(socket, 'listening');
  return socket;
}

/** Gives another loopback address; of IPv6 there is only one. */
function otherThan(address: string): string {
  if (address.includes(':')) throw new Error(`Cannot forge: no other loopback than ${address}`);
  return address === '127.0.0.1' ? '127.0.0.2' : '127.0.0.1';
}
