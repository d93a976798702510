/** What goes wrong between this process and the API server; whoever asked tries again. */
import type { ApiStatus } from './watch-event.ts';

/** The API server cannot be reached, or the connection broke. */
export class ApiConnectionError extends Error {
  override readonly name = 'ApiConnectionError';
  readonly code: 'ERR_API_CONNECTION' | 'ERR_API_TIMEOUT' | 'ERR_API_ACCESS';

  constructor(
    message: string,
    {
      code = 'ERR_API_CONNECTION',
      cause,
    }: { code?: ApiConnectionError['code']; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.code = code;
  }
}

/** The API server answered, and the answer is no. */
export class ApiStatusError extends Error {
  override readonly name = 'ApiStatusError';
  readonly code: string;
  /** As of HTTP. */
  readonly status: number;
  /** 0 where the server says nothing of it. */
  readonly retryAfterMs: number;

  /** `advice` follows where the caller may not do what it asks for. */
  constructor(action: string, status: ApiStatus, advice = '') {
    const reason = [status.code, status.reason, status.message].filter(Boolean).join(' ');
    const isAdvised = advice !== '' && ACCESS_CODES.includes(status.code);
    super(`${action}: ${reason}${isAdvised ? `: ${advice}` : ''}`);
    this.code = CODES[status.code] ?? 'ERR_API_STATUS';
    this.status = status.code;
    this.retryAfterMs = status.retryAfterSeconds * 1000;
  }

  /** Who asks is not known, may not do that, or asks for what is not there: somebody has to change that. */
  get isAboutAccess(): boolean {
    return ACCESS_CODES.includes(this.status);
  }

  /** The resource version, or the place in a list, is older than what the server remembers. */
  get isExpired(): boolean {
    return this.status === 410;
  }
}

const ACCESS_CODES: readonly number[] = [401, 403, 404];
const CODES: Readonly<Record<number, string>> = {
  401: 'ERR_API_UNAUTHORIZED',
  403: 'ERR_API_FORBIDDEN',
  404: 'ERR_API_NOT_FOUND',
  410: 'ERR_API_EXPIRED',
  429: 'ERR_API_BUSY',
};

/** The last message of a chain of causes, which is the one that says what happened. */
export function reasonOf(error: unknown): string {
  let reason = error;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  return reason instanceof Error ? reason.message || String(reason) : String(reason);
}
