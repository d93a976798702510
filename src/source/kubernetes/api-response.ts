/** The body of an answer as it comes, with a bound on the time without a byte. */
import type { IncomingMessage } from 'node:http';
import { ApiConnectionError, reasonOf } from './api-error.ts';
import type { Clock } from './clock.ts';
import type { Codec } from './codec.ts';
import { Silence } from './silence.ts';

/** Of an answer that only says what went wrong. */
const MAX_STATUS_BYTES = 64 * 1024;

export interface ApiResponse {
  /** Reads the body. */
  readonly codec: Codec;
  /**
   * Hands on the body's bytes as they come, and resolves at its end; to be called, since the connection waits for it.
   * Rejects with ApiConnectionError where the body breaks off, or is silent for too long, and with what `take` throws,
   * which ends the connection.
   */
  readonly readBody: (take: (chunk: Buffer) => void) => Promise<void>;
}

export interface ReadOptions {
  readonly action: string;
  readonly silenceMs: () => number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * As `ApiResponse.readBody()`. Calls `take` from within the event, without a promise for each chunk: a list of a large
 * cluster comes in tens of thousands of them, since the server sends each object by itself.
 */
export function readBody(
  message: IncomingMessage,
  take: (chunk: Buffer) => void,
  { action, silenceMs, clock, signal }: ReadOptions,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const silence = new Silence({
      clock,
      limitMs: silenceMs,
      onTooLong: (limitMs) =>
        fail(
          new ApiConnectionError(`${action}: no byte in ${limitMs / 1000} s`, {
            code: 'ERR_API_TIMEOUT',
          }),
        ),
    });
    const settle = () => {
      silence.end();
      message.off('data', read);
      signal.removeEventListener('abort', abort);
    };
    const fail = (error: unknown) => {
      settle();
      reject(error);
      message.destroy();
    };
    const breakOff = (error: Error) =>
      fail(new ApiConnectionError(`${action}: ${reasonOf(error)}`, { cause: error }));
    const abort = () => breakOff(new Error('stopped'));
    const read = (chunk: Buffer) => {
      silence.interrupt();
      try {
        take(chunk);
      } catch (error) {
        fail(error);
      }
    };
    message.on('end', () => {
      settle();
      resolve();
    });
    message.on('error', breakOff);
    message.on('close', () => breakOff(new Error('closed')));
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    else message.on('data', read);
  });
}

/** Reads the beginning of a body that says what went wrong; as far as it goes where it breaks off. */
export async function readStatusBody(
  message: IncomingMessage,
  options: ReadOptions,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const take = (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_STATUS_BYTES) throw new ApiConnectionError(`${options.action}: too long`);
  };
  try {
    await readBody(message, take, options);
  } catch (error) {
    if (!(error instanceof ApiConnectionError)) throw error;
  }
  return Buffer.concat(chunks);
}
