/** The TCP side of an upstream, plain or in TLS. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import { frame } from '../tcp-client.ts';
import type { Certificate } from './certificate.ts';
import type { Delivery } from './faults.ts';
import type { Client } from './query.ts';
import type { Receive } from './udp-endpoint.ts';

export interface StreamOptions {
  readonly receive: Receive;
  /** Makes it TLS. */
  readonly certificate?: Certificate;
}

export class StreamEndpoint {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Connections so far that could carry queries: accepted, in TLS after the handshake. */
  accepted = 0;

  private constructor({ receive, certificate }: StreamOptions) {
    this.#server = certificate ? createTlsServer(certificate) : createServer();
    // Held before the handshake, so that none outlives the upstream.
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    });
    this.#server.on(certificate ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.accepted++;
      readQueries(socket, receive);
    });
  }

  /** Listens on a port, 0 for any. */
  static async open(
    address: string,
    port: number,
    options: StreamOptions,
  ): Promise<StreamEndpoint> {
    const endpoint = new StreamEndpoint(options);
    endpoint.#server.listen(port, address);
    await once(endpoint.#server, 'listening');
    return endpoint;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends all connections, as a server does with those that idle. */
  disconnect(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.disconnect();
    await closed;
  }
}

function readQueries(socket: Socket, receive: Receive): void {
  const client = clientOf(socket);
  let rest = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE()) {
      const message = Buffer.from(rest.subarray(2, 2 + rest.readUInt16BE()));
      rest = rest.subarray(2 + message.length);
      receive(message, client, (delivery) => send(socket, delivery));
    }
  });
}

function clientOf(socket: Socket): Client {
  const { remoteAddress: address = '', remotePort: port = 0 } = socket;
  if (!(socket instanceof TLSSocket)) return { transport: 'tcp', address, port };
  const { servername } = socket as TLSSocket & { servername: string | false };
  const client = { transport: 'tls', address, port } as const;
  return servername ? { ...client, serverName: servername } : client;
}

function send(socket: Socket, { message, connection }: Delivery): void {
  if (!socket.writable) return;
  const framed = frame(message);
  switch (connection) {
    case 'open':
      socket.write(framed);
      return;
    case 'closed':
      socket.end(framed);
      return;
    case 'cut':
      socket.end(framed.subarray(0, framed.length / 2));
      return;
    case 'closed without answer':
      socket.end();
      return;
  }
}
