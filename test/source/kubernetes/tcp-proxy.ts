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
  /** Takes connections and passes nothing on. */
  isSilent = false;

  constructor(targetPort: () => number) {
    this.#targetPort = targetPort;
  }

  async listen(): Promise<void> {
    await once(this.#server.listen(this.#port, '127.0.0.1'), 'listening');
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

  /** Holds back what comes on the connections that are open. */
  silence(): void {
    this.isSilent = true;
    for (const connection of this.#connections.keys()) connection.pause();
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
        if (!this.isSilent) to.write(bytes);
      });
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  }
}
