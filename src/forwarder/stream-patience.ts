/** How long a connection is waited for, and what for. */
import type { StreamLimits } from './stream-limits.ts';

/** Until it is open; until something comes for the queries on it; until there is a query. */
export type WaitingFor = 'connection' | 'response' | 'query';

export class StreamPatience {
  readonly #limits: StreamLimits;
  readonly #onOver: (waitedFor: WaitingFor, limitMs: number) => void;
  #waitingFor: WaitingFor = 'connection';
  /** By `performance.now()`. */
  #since = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `onOver` is called when the last thing that was waited for has not come in time. */
  constructor(limits: StreamLimits, onOver: (waitedFor: WaitingFor, limitMs: number) => void) {
    this.#limits = limits;
    this.#onOver = onOver;
  }

  get waitingFor(): WaitingFor {
    return this.#waitingFor;
  }

  /** Tells whether a response has been waited for so long that another connection is better. */
  get isStalled(): boolean {
    return (
      this.#waitingFor === 'response' && performance.now() - this.#since >= this.#limits.stalledMs
    );
  }

  /** Begins to wait, and waits for nothing else any more. */
  waitFor(waitingFor: WaitingFor): void {
    const limitMs = this.#limitOf(waitingFor);
    this.#waitingFor = waitingFor;
    this.#since = performance.now();
    this.stop();
    this.#timer = setTimeout(() => this.#onOver(waitingFor, limitMs), limitMs).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #limitOf(waitingFor: WaitingFor): number {
    switch (waitingFor) {
      case 'connection':
        return this.#limits.connectTimeoutMs;
      case 'response':
        return this.#limits.silenceTimeoutMs;
      case 'query':
        return this.#limits.idleTimeoutMs;
    }
  }
}
