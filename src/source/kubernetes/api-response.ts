/** The body of an answer as it comes, with a bound on the time without a byte. */
import type { IncomingMessage } from 'node:http';
import { ApiConnectionError, reasonOf } from './api-error.ts';
import type { Clock } from './clock.ts';
import type { Codec } from './codec.ts';
import { Deadline } from './deadline.ts';

/** Of an answer that only says what went wrong. */
const MAX_STATUS_BYTES = 64 * 1024;

export interface ApiResponseOptions {
  readonly action: string;
  readonly silenceMs: number;
  readonly clock: Clock;
}

export class ApiResponse {
  readonly #message: IncomingMessage;
  readonly #options: ApiResponseOptions;
  /** Reads the body; there as soon as the answer is known to be a good one. */
  codec!: Codec;

  constructor(message: IncomingMessage, options: ApiResponseOptions) {
    this.#message = message;
    this.#options = options;
  }

  /** Gives the body's bytes; throws ApiConnectionError where it breaks off, or is silent for too long. */
  async *chunks(signal: AbortSignal): AsyncGenerator<Buffer> {
    const message = this.#message;
    const { action, silenceMs, clock } = this.#options;
    const what = `no byte in ${Math.round(silenceMs / 1000)} s`;
    const deadline = new Deadline(clock, () =>
      message.destroy(new ApiConnectionError(`${action}: ${what}`, { code: 'ERR_API_TIMEOUT' })),
    );
    const abort = () => message.destroy(new Error('stopped'));
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    deadline.set(silenceMs, what);
    try {
      for await (const chunk of message) {
        yield chunk as Buffer;
        deadline.set(silenceMs, what);
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
}

/** Reads the beginning of a body that says what went wrong; nothing where it breaks off. */
export async function readBody(response: ApiResponse): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.chunks(new AbortController().signal)) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > MAX_STATUS_BYTES) break;
    }
  } catch (error) {
    if (!(error instanceof ApiConnectionError)) throw error;
  }
  return Buffer.concat(chunks);
}
