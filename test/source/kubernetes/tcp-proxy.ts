/** Stands between a reflector and an API server, and does to their connections what networks do. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export class TcpProxy {
  readonly #targetPort: () => number;
  readonly #connections = new Map<Socket, Socket>();
  readonly #server = createServer((client) => this.#accept(client));
  #port = 0;
  /** When each connection came, as of `performance.now()`. */
  readonly acceptedAt: number[] = [];
  /** Clients for whom nothing is passed on any more. */
  readonly #silenced = new WeakSet<Socket>();

  readonly #address: string;

  constructor(targetPort: () => number, address = '127.0.0.1') {
    this.#targetPort = targetPort;
    this.#address = address;
  }

  async listen(): Promise<void> {
    await once(this.#server.listen(this.#port, this.#address), 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  get port(): number {
    return this.#port;
  }

  /** Breaks every connection. */
  reset(): void {
    for (const [client, target] of this.#connections) {
      client.resetAndDestroy();
      target.destroy();
    }
  }

  /** Breaks every connection and takes no new one. */
  async refuse(): Promise<void> {
    this.#server.close();
    this.reset();
    await once(this.#server, 'close');
  }

  /** Passes nothing on, for ever, on the connections that are open; they stay open, and new ones are as ever. */
  silence(): void {
    for (const client of this.#connections.keys()) this.#silenced.add(client);
  }

  #accept(client: Socket): void {
    this.acceptedAt.push(performance.now());
    const target = connect(this.#targetPort(), '127.0.0.1');
    this.#connections.set(client, target);
    client.on('close', () => this.#connections.delete(client));
    for (const [from, to] of [
      [client, target],
      [target, client],
    ]) {
      from.on('data', (bytes) => {
        if (!this.#silenced.has(client)) to.write(bytes);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  }
}
