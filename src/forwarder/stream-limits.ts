/** What one upstream may take up over TCP or TLS, and what is counted of it. */

export interface StreamLimits {
  readonly maxConnections: number;
  /** Queries of one connection that wait for a response. */
  readonly maxOutstanding: number;
  /** Until queries can be sent, TLS included. */
  readonly connectTimeoutMs: number;
  /** A connection on which nothing has come for so long while queries wait gets no more of them if another can. */
  readonly stalledMs: number;
  /** A connection on which nothing has come for so long while queries wait is given up. */
  readonly silenceTimeoutMs: number;
  /** A connection without queries is closed after this time (RFC 7766 section 6.2.3: a few seconds). */
  readonly idleTimeoutMs: number;
}

export const DEFAULT_STREAM_LIMITS: StreamLimits = {
  maxConnections: 2,
  maxOutstanding: 256,
  connectTimeoutMs: 2000,
  stalledMs: 1000,
  silenceTimeoutMs: 5000,
  idleTimeoutMs: 10_000,
};

/** What happens to connections, as metrics call it. */
export const STREAM_EVENTS = [
  /** A connection was begun. */
  'connect',
  /** It was there, and could not be used. */
  'connect_failed',
  /** Without a look at the certificate, which was looked at when the session began (RFC 8446 section 2.2). */
  'session_resumed',
  /** A query went over a connection that was open already. */
  'connection_reused',
  /** A query was sent once more because its connection had ended. */
  'retry',
  /** A message that answers no query that waits: forged, or late. */
  'ignored_response',
  'malformed',
  /** A connection was given up because nothing came. */
  'silent',
  'idle_closed',
  /** A query was not sent because as many wait as may. */
  'busy',
] as const;

export type StreamEvent = (typeof STREAM_EVENTS)[number];

export interface StreamEvents {
  count(event: StreamEvent): void;
}
