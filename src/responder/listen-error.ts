/** A socket that could not be had: the operator's or the system's fault, told in one line. */
import { isIPv6 } from 'node:net';
import { getSystemErrorMessage } from 'node:util';

export interface ListenErrorSubject {
  readonly address: string;
  readonly port: number;
  readonly protocol: 'UDP' | 'TCP';
}

/** An address that cannot be listened on; `cause` is the system's error. */
export class ListenError extends Error {
  readonly code = 'ERR_LISTEN';
  override readonly name = 'ListenError';

  constructor({ address, port, protocol }: ListenErrorSubject, options: { cause: unknown }) {
    const where = isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
    super(`Cannot listen on "${where}" (${protocol}): ${describe(options.cause)}`, options);
  }
}

/** Gives the system's words for an error number: "address already in use", "permission denied". */
function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const { errno } = cause as NodeJS.ErrnoException;
  return errno === undefined ? cause.message : getSystemErrorMessage(errno);
}
