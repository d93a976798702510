/**
 * What stands between the transports and the answers: one synchronous function, and the quiet points around it.
 * A transport moves bytes and keeps limits; it never looks into a message.
 */

/** What carried a query. One object for each socket or listener, never one for each query. */
export interface Transport {
  readonly protocol: 'udp' | 'tcp';
  readonly family: 4 | 6;
  /** Time in milliseconds for which an idle connection is kept, for edns-tcp-keepalive (RFC 7828); TCP only. */
  readonly keepaliveMs?: number;
  /**
   * Hands the query that is being answered on to whoever can answer what no zone of ours holds; false where there
   * is no room. Absent where there is nobody.
   */
  readonly handOn?: (query: Uint8Array, queryLength: number) => boolean;
}

/**
 * Answers the query in `query[0, queryLength)` into `response`, which is as long as the transport can send, and
 * gives the response's length in bytes; 0 where nothing is sent now: silence, or a query that was handed on.
 * Synchronous, allocates nothing, never throws, keeps neither buffer.
 */
export type Respond = (
  query: Uint8Array,
  queryLength: number,
  response: Uint8Array,
  transport: Transport,
) => number;

/** How a transport has its queries answered. */
export interface Responding {
  readonly respond: Respond;
  /** Called before a batch of queries is answered: the table may be read from here on. */
  readonly enter: () => void;
  /** Called when the batch is done, within the same turn of the event loop. */
  readonly leave: () => void;
}
