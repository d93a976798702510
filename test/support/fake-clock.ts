/** A clock that stands still until a test moves it. */
import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../../src/source/kubernetes/clock.ts';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

export class FakeClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now = 1_000_000;

  now(): number {
    return this.#now;
  }

  after(delayMs: number, callback: () => void): () => void {
    // What does not wait does not need a test to move time.
    if (delayMs === 0) {
      const immediate = setImmediate(callback);
      return () => clearImmediate(immediate);
    }
    const timer = { at: this.#now + delayMs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves time, and lets happen what is due by then, in its order; what follows from it gets its turn between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#timers].sort((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.callback();
      await turn();
    }
    this.#now = end;
    await turn();
  }
}

/** Waits until whatever is ready has had its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const MAX_WAIT_MS = 10_000;
/** What takes longer than this many turns waits for another process, which needs the processor, too. */
const BUSY_TURNS = 500;

/** Waits for something that real input and output bring about. */
export async function until(
  what: string,
  isTrue: () => boolean,
  maxWaitMs = MAX_WAIT_MS,
): Promise<void> {
  const end = performance.now() + maxWaitMs;
  for (let turns = 0; !isTrue(); turns++) {
    if (performance.now() > end) throw new Error(`Waited in vain: ${what}`);
    await (turns < BUSY_TURNS ? turn() : setTimeout(1));
  }
}
