/** The body of an answer as it comes, with a bound on the time without a byte. */
import type { IncomingMessage } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { ApiConnectionError, reasonOf } from './api-error.ts';
import type { Clock } from './clock.ts';
import type { Codec } from './codec.ts';
import { Deadline } from './deadline.ts';

/** Of an answer that only says what went wrong. */
const MAX_STATUS_BYTES = 64 * 1024;

export interface ApiResponse {
  /** Reads the body. */
  readonly codec: Codec;
  /** The body's bytes; to be read to the end, or left with `return()`. */
  readonly chunks: AsyncGenerator<Buffer>;
}

export interface ReadOptions {
  readonly action: string;
  readonly silenceMs: () => number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Gives a body's bytes; throws ApiConnectionError where it breaks off, or is silent for too long. */
export async function* readChunks(
  message: IncomingMessage,
  { action, silenceMs, clock, signal }: ReadOptions,
): AsyncGenerator<Buffer> {
  const deadline = new Deadline(clock, (what) =>
    message.destroy(new ApiConnectionError(`${action}: ${what}`, { code: 'ERR_API_TIMEOUT' })),
  );
  const abort = () => message.destroy(new Error('stopped'));
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  const awaitByte = () => {
    const delayMs = silenceMs();
    deadline.set(delayMs, `no byte in ${delayMs / 1000} s`);
  };
  awaitByte();
  try {
    for await (const chunk of message) {
      yield chunk as Buffer;
      awaitByte();
      // A list comes in thousands of small pieces: all that come in one turn are one chunk.
      await setImmediate();
    }
  } catch (error) {
    if (error instanceof ApiConnectionError) throw error;
    throw new ApiConnectionError(`${action}: ${reasonOf(error)}`, { cause: error });
  } finally {
    deadline.cancel();
    signal.removeEventListener('abort', abort);
    message.destroy();
  }
}

/** Reads the beginning of a body that says what went wrong; as far as it goes where it breaks off. */
export async function readStatusBody(
  message: IncomingMessage,
  options: ReadOptions,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of readChunks(message, options)) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_STATUS_BYTES) break;
    }
  } catch (error) {
    if (!(error instanceof ApiConnectionError)) throw error;
  }
  return Buffer.concat(chunks);
}
