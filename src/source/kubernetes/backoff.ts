/**
 * How long to wait before the next attempt: a random time up to a bound that doubles (full jitter), so that many
 * servers that lost the same API server do not come back to it at once.
 *
 * An attempt to connect costs the other side next to nothing, and who waits for long learns late that it is back:
 * its bound is low. What the API server answers costs it work, so there the bound rises, and what it asks for counts.
 */
import { ApiConnectionError, ApiStatusError } from './api-error.ts';
import type { Clock } from './clock.ts';

const FIRST_BOUND_MS = 800;
const MAX_CONNECTION_BOUND_MS = 2000;
const MAX_BOUND_MS = 30_000;
/** A server that asks for more is asked again after this all the same. */
const MAX_RETRY_AFTER_MS = 60_000;
/** After this long without a failure the bound begins anew. */
const RESET_MS = 120_000;

export class Backoff {
  readonly #clock: Clock;
  readonly #random: () => number;
  #connectionBoundMs = FIRST_BOUND_MS;
  #answerBoundMs = FIRST_BOUND_MS;
  #lastFailureAt = 0;

  constructor({ clock, random }: { clock: Clock; random: () => number }) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Gives the time to wait after a failure. */
  delayAfter(error: unknown): number {
    const now = this.#clock.now();
    if (now - this.#lastFailureAt > RESET_MS) {
      this.#connectionBoundMs = FIRST_BOUND_MS;
      this.#answerBoundMs = FIRST_BOUND_MS;
    }
    this.#lastFailureAt = now;
    // Credentials that cannot be had may take a process to find out.
    if (error instanceof ApiConnectionError && error.code !== 'ERR_API_ACCESS') {
      const boundMs = this.#connectionBoundMs;
      this.#connectionBoundMs = Math.min(boundMs * 2, MAX_CONNECTION_BOUND_MS);
      return this.#random() * boundMs;
    }
    const boundMs = this.#answerBoundMs;
    this.#answerBoundMs = Math.min(boundMs * 2, MAX_BOUND_MS);
    const askedForMs = error instanceof ApiStatusError ? error.retryAfterMs : 0;
    return Math.min(askedForMs, MAX_RETRY_AFTER_MS) + this.#random() * boundMs;
  }
}
