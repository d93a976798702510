/**
 * DNS over TCP through node:net. In: connections; out: a response to each query, in order. RFC 7766.
 * What a connection does is in `tcp-connection.ts`, what is granted to it in `tcp-limits.ts`.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net';
import { parseAddress } from '../dns/address.ts';
import { MAX_MESSAGE_BYTES } from '../dns/constants.ts';
import { putSockaddr } from '../socket/sockaddr.ts';
import { ListenError } from './listen-error.ts';
import {
  CLOSE_LIMIT_MS,
  type CloseOptions,
  type Listener,
  type ListenerOptions,
  type Misses,
  type Reply,
} from './listener.ts';
import { waitForQuietTurn } from './quiet-turn.ts';
import type { Transport } from './respond-function.ts';
import { TcpConnection, type TcpShared } from './tcp-connection.ts';
import { TcpConnections } from './tcp-connections.ts';
import { DEFAULT_TCP_LIMITS, type TcpLimits } from './tcp-limits.ts';
import { TcpOutput } from './tcp-output.ts';
import { TurnBudget } from './turn-budget.ts';

/** Connections that the kernel holds for us to accept; it grants at most `net.core.somaxconn`. */
const BACKLOG = 4096;
const SWEEP_MS = 1000;
/** Largest part by which an idle timeout or a lifetime is lengthened, so that connections do not end together. */
const JITTER = 0.1;
/** Tickets have 32 bits, and 0 stands for none. */
const MAX_TICKET = 2 ** 32;

export interface TcpOptions extends ListenerOptions {
  /** What is missing is taken from DEFAULT_TCP_LIMITS. */
  readonly limits?: Partial<TcpLimits>;
  /** Where the connections are counted together with those of other listeners; by default alone. */
  readonly connections?: TcpConnections;
  /** Shared with the other listeners of the thread; by default one of its own. */
  readonly budget?: TurnBudget;
  /** Uniform from 0 to 1; default Math.random. */
  readonly random?: () => number;
}

/** Listens on a TCP address and answers what comes. Rejects with ListenError. */
export async function listenTcp(options: TcpOptions): Promise<TcpListener> {
  const { address, port, reusePort = false } = options;
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  try {
    server.listen({ host: address, port, ipv6Only: isIPv6(address), reusePort, backlog: BACKLOG });
    await once(server, 'listening');
  } catch (cause) {
    throw new ListenError({ address, port, protocol: 'TCP' }, { cause });
  }
  return new TcpListener(server, options);
}

/** A listening TCP socket and its connections. */
export class TcpListener implements Listener {
  readonly #server: Server;
  readonly #address: AddressInfo;
  readonly #shared: TcpShared;
  readonly #random: () => number;
  readonly #open = new Map<number, TcpConnection>();
  readonly #sweep: NodeJS.Timeout;
  #received = 0;
  /** Begins anywhere: answers to queries of a predecessor's connections must not find those of its successor. */
  #nextTicket = Math.floor(Math.random() * MAX_TICKET);
  #onAllClosed: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(server: Server, options: TcpOptions) {
    const limits = { ...DEFAULT_TCP_LIMITS, ...options.limits };
    this.#server = server;
    // Only a server on a path, which this is not, has a string for an address.
    this.#address = server.address() as AddressInfo;
    this.#random = options.random ?? Math.random;
    const { misses } = options;
    const transport: Transport = {
      protocol: 'tcp',
      family: isIPv6(options.address) ? 6 : 4,
      keepaliveMs: limits.idleTimeoutMs,
      ...(misses && { handOn: (query, length) => this.#handOn(misses, query, length) }),
    };
    this.#shared = {
      respond: options.respond,
      // Each chunk that comes is a batch, so the batches tell whether anything came.
      enter: () => {
        this.#received++;
        options.enter();
      },
      leave: options.leave,
      count: options.count,
      observe: options.observe,
      clock: options.clock,
      transport,
      lastTransport: { ...transport, keepaliveMs: 0 },
      limits,
      connections: options.connections ?? new TcpConnections(limits),
      budget: options.budget ?? new TurnBudget(),
      asking: undefined,
      query: Buffer.alloc(MAX_MESSAGE_BYTES),
      response: Buffer.alloc(MAX_MESSAGE_BYTES),
      output: new TcpOutput(),
    };
    server.on('connection', (socket) => this.#accept(socket));
    server.on('error', () => options.count('tcpAcceptError'));
    this.#sweep = setInterval(() => this.checkLimits(), SWEEP_MS).unref();
  }

  /** The shortest time for which an idle connection is kept, for edns-tcp-keepalive (RFC 7828 section 3.3.2). */
  get idleTimeoutMs(): number {
    return this.#shared.limits.idleTimeoutMs;
  }

  get connectionCount(): number {
    return this.#shared.connections.size;
  }

  /** Memory that unfinished messages and unread responses hold, in bytes. */
  get heldBytes(): number {
    return this.#shared.connections.heldBytes;
  }

  address(): AddressInfo {
    return this.#address;
  }

  /**
   * Closes every connection whose limits are passed; called each second. One pass over all of them instead of
   * timers or a wheel: there is nothing to keep in order when a deadline moves, as it does with each message.
   */
  checkLimits(): void {
    const now = this.#shared.clock();
    for (const connection of this.#open.values()) connection.checkLimits(now);
    this.#shared.connections.makeRoomForOthers();
  }

  answer({ ticket, response }: Reply): void {
    this.#open.get(ticket)?.answer(response);
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.#closed ??= this.#close(options);
    return this.#closed;
  }

  async #close({ graceful = false, limitMs = CLOSE_LIMIT_MS }: CloseOptions): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    if (graceful) await this.#finishConnections(limitMs);
    for (const connection of this.#open.values()) connection.destroy();
    clearInterval(this.#sweep);
    await closed;
  }

  /** Resolves when all connections are closed, or the time for it is over. */
  async #finishConnections(limitMs: number): Promise<void> {
    const endsAt = performance.now() + limitMs;
    await waitForQuietTurn(() => this.#received, limitMs);
    for (const connection of this.#open.values()) connection.finish();
    if (this.#open.size === 0) return;
    const limit = Promise.withResolvers<void>();
    const timer = setTimeout(limit.resolve, endsAt - performance.now());
    this.#onAllClosed = limit.resolve;
    await limit.promise;
    clearTimeout(timer);
  }

  #accept(socket: Socket): void {
    const client = socket.remoteAddress;
    if (client === undefined || !this.#shared.connections.makeRoom(client)) {
      this.#shared.count('tcpRefused');
      socket.on('error', () => this.#shared.count('tcpReset'));
      socket.destroy();
      return;
    }
    const connection = new TcpConnection(socket, this.#shared, {
      client,
      ticket: this.#takeTicket(),
      stretch: 1 + JITTER * this.#random(),
      onClosed: () => this.#forget(connection),
    });
    this.#open.set(connection.ticket, connection);
  }

  #takeTicket(): number {
    do this.#nextTicket = (this.#nextTicket + 1) % MAX_TICKET;
    while (this.#open.has(this.#nextTicket));
    return this.#nextTicket;
  }

  #handOn({ ring, listener }: Misses, query: Uint8Array, length: number): boolean {
    const { asking, count } = this.#shared;
    const client = asking?.client;
    // Where it is link-local it has a scope, which says nothing about who it is.
    const address = client && parseAddress(client.address.split('%')[0]);
    const at = ring.reserve(length);
    if (asking === undefined || client === undefined || address === undefined || at === -1) {
      count('missRefused');
      return false;
    }
    putSockaddr(ring.bytes, at, { address, port: client.port });
    ring.commit(query, length, { listener, ticket: asking.ticket });
    asking.noteHandedOn();
    count('missHandedOn');
    return true;
  }

  #forget(connection: TcpConnection): void {
    this.#open.delete(connection.ticket);
    if (this.#open.size === 0) this.#onAllClosed?.();
  }
}
