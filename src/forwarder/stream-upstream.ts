/**
 * Carries queries to one upstream over TCP (RFC 7766) or TLS (RFC 7858). In: whole queries; out: for each its response
 * or what became of it. Connections are kept while there are queries, so that few queries pay for one.
 *
 * A query that was sent is sent once more where its connection ends and had been of use before: servers close those
 * that idle at any moment. A connection that cannot be had fails all who wait for it, and is tried again for the next
 * query only. Whether an upstream is asked at all is not decided here.
 */
import { StreamConnection } from './stream-connection.ts';
import type { StreamErrorCode, StreamFailure } from './stream-failure.ts';
import { DEFAULT_STREAM_LIMITS, type StreamEvents, type StreamLimits } from './stream-limits.ts';
import { type StreamDone, StreamQuery } from './stream-query.ts';
import { createOpenSocket, type OpenSocket } from './stream-socket.ts';
import type { UpstreamAddress } from './upstream-address.ts';

export interface StreamUpstreamOptions {
  readonly events: StreamEvents;
  /** What is missing is taken from DEFAULT_STREAM_LIMITS. */
  readonly limits?: Partial<StreamLimits>;
  /** Authorities, PEM, in place of those that Node knows, which are its own and those of NODE_EXTRA_CA_CERTS. */
  readonly ca?: string;
}

/** How a connection ends that says nothing of the queries on it, had it been of use before. */
const RETRIED: readonly StreamErrorCode[] = ['closed', 'reset', 'timeout'];

const BUSY: StreamFailure = { error: 'busy', detail: 'too many queries wait for responses' };
const CLOSED: StreamFailure = { error: 'closed', detail: 'connections ended by this server' };

export class StreamUpstream {
  readonly #openSocket: OpenSocket;
  readonly #events: StreamEvents;
  readonly #limits: StreamLimits;
  readonly #connections = new Set<StreamConnection>();
  #isClosed = false;

  /** Connects when there is a query, not before. An upstream over udp is asked over TCP here. */
  constructor(upstream: UpstreamAddress, options: StreamUpstreamOptions) {
    this.#openSocket = createOpenSocket(upstream, options);
    this.#events = options.events;
    this.#limits = { ...DEFAULT_STREAM_LIMITS, ...options.limits };
  }

  /**
   * Asks a whole query, of which a copy is sent with an ID of its own. `done` is called once, later; not where the
   * function that is given back was called before. There is no deadline but those of the connection.
   */
  ask(message: Uint8Array, done: StreamDone): () => void {
    const query = new StreamQuery(message, done);
    const connection = this.#isClosed ? undefined : this.#connectionWithRoom();
    if (connection) {
      if (connection.isOpen) this.#events.count('connection_reused');
      connection.ask(query);
    } else {
      if (!this.#isClosed) this.#events.count('busy');
      const failure = this.#isClosed ? CLOSED : BUSY;
      queueMicrotask(() => query.settle(failure));
    }
    return () => query.cancel();
  }

  /** Ends all connections; what is outstanding fails at once. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#connections) connection.close(CLOSED);
  }

  #connectionWithRoom(): StreamConnection | undefined {
    const free = [...this.#connections].filter(({ hasRoom }) => hasRoom);
    return free.find(({ isStalled }) => !isStalled) ?? this.#connect() ?? free[0];
  }

  /** Begins a connection, if there may be one more. */
  #connect(): StreamConnection | undefined {
    if (this.#connections.size >= this.#limits.maxConnections) return undefined;
    const connection = new StreamConnection(this.#openSocket, {
      limits: this.#limits,
      events: this.#events,
      onEnded: (failure, unanswered) => this.#leave(connection, { failure, unanswered }),
    });
    this.#connections.add(connection);
    return connection;
  }

  #leave(connection: StreamConnection, { failure, unanswered }: Ended): void {
    this.#connections.delete(connection);
    const mayRetry = connection.hasAnswered && RETRIED.includes(failure.error);
    for (const query of unanswered) {
      // Some may have been cancelled by those who were told of others.
      if (query.isSettled) continue;
      const next = mayRetry && !query.isRetried ? this.#newConnection() : undefined;
      if (next) this.#askAgain(query, next);
      else query.settle(failure);
    }
  }

  /** Gives a connection that has not answered yet, which is none that the upstream may be about to close as well. */
  #newConnection(): StreamConnection | undefined {
    if (this.#isClosed) return undefined;
    const fresh = [...this.#connections].find((each) => !each.hasAnswered && each.hasRoom);
    return fresh ?? this.#connect();
  }

  #askAgain(query: StreamQuery, connection: StreamConnection): void {
    query.isRetried = true;
    this.#events.count('retry');
    connection.ask(query);
  }
}

interface Ended {
  readonly failure: StreamFailure;
  readonly unanswered: readonly StreamQuery[];
}
