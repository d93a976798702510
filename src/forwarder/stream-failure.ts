/**
 * What becomes of a query that a connection carries, where it is no response. In: errors of Node's sockets; out: one
 * of a closed set of codes, with a line for the log.
 */

export type StreamErrorCode =
  /** Nobody listens there. */
  | 'refused'
  /** There is no way there, or no socket to be had. */
  | 'unreachable'
  /** No connection, or nothing on it, for too long. */
  | 'timeout'
  /** No agreement on TLS, or a certificate that is not to be trusted. */
  | 'tls'
  /** The connection was ended, by the other side or by `close()`. */
  | 'closed'
  | 'reset'
  /** What came is no DNS message. */
  | 'malformed'
  /** As many queries wait as may. */
  | 'busy';

export interface StreamFailure {
  readonly error: StreamErrorCode;
  /** One line; parts of it may come from the upstream. */
  readonly detail: string;
}

/** A response has the ID of its query, and is memory of its own. */
export type StreamOutcome = Uint8Array | StreamFailure;

/** How far a connection has come. */
export type StreamPhase = 'connecting' | 'securing' | 'open';

/** Part of a detail that a certificate can make as long as it wants. */
const MAX_DETAIL_CHARACTERS = 300;

/** Gives what an error of a socket means to the queries that it carries. */
export function failureOf(error: NodeJS.ErrnoException, phase: StreamPhase): StreamFailure {
  return { error: codeOf(error, phase), detail: detailOf(error) };
}

function codeOf({ code }: NodeJS.ErrnoException, phase: StreamPhase): StreamErrorCode {
  if (code === 'ETIMEDOUT') return 'timeout';
  if (phase === 'connecting') return code === 'ECONNREFUSED' ? 'refused' : 'unreachable';
  if (phase === 'securing') return 'tls';
  // Of what OpenSSL finds wrong with an open connection, and of what the system does.
  return code?.startsWith('ERR_SSL') ? 'tls' : 'reset';
}

function detailOf(error: NodeJS.ErrnoException): string {
  // OpenSSL puts its reason between its places in memory and in its source; Node adds advice behind a semicolon.
  const { reason } = error as { reason?: unknown };
  const text = typeof reason === 'string' ? reason : error.message.split(';')[0];
  return text.replace(/[^ -~]+/g, ' ').slice(0, MAX_DETAIL_CHARACTERS);
}
