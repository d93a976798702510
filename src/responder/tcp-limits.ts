/**
 * What is granted to TCP clients, by all responders together where it is about connections, by each where it is about
 * memory; each limit has a counter among the transport events.
 * RFC 7766 section 6.2 (connection handling) leaves the numbers to the server.
 */

export interface TcpLimits {
  /** Open connections; the one that has been idle longest makes room for the next. */
  readonly maxConnections: number;
  /** Open connections of one client address; its own longest idle one makes room for the next. */
  readonly maxConnectionsPerClient: number;
  /** Time between messages; the value for edns-tcp-keepalive (RFC 7828). Jitter only ever lengthens it. */
  readonly idleTimeoutMs: number;
  /** Time from the first byte of a message to its last, and from the connection's start to its first message. */
  readonly messageTimeoutMs: number;
  /** Age at which we close our side, so that clients spread over responders anew. Jitter lengthens it. */
  readonly lifetimeMs: number;
  /** Queries of one connection that were handed on; above it nothing more is read from that client. */
  readonly maxQueriesInFlight: number;
  /**
   * Responses waiting for one slow reader; above it nothing more is read from that client. Answers to what it had
   * handed on before come on top.
   */
  readonly maxWaitingBytes: number;
  /** Time a client has to read what is above `maxWaitingBytes`, and to close its side when we have closed ours. */
  readonly readerTimeoutMs: number;
  /**
   * Memory for unfinished messages and unread responses of all connections of one responder. Above it, a connection that holds more
   * than its share (this divided by `maxConnections`) and wants still more is dropped: never a modest one.
   */
  readonly maxHeldBytes: number;
}

export const DEFAULT_TCP_LIMITS: TcpLimits = {
  maxConnections: 10_000,
  maxConnectionsPerClient: 1000,
  idleTimeoutMs: 20_000,
  messageTimeoutMs: 5000,
  lifetimeMs: 300_000,
  maxQueriesInFlight: 128,
  maxWaitingBytes: 1024 * 1024,
  readerTimeoutMs: 10_000,
  maxHeldBytes: 64 * 1024 * 1024,
};
