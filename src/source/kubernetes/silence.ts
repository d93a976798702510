/**
 * Bounds the time in which nothing happens. What happens costs one assignment and no timer, since it may be a list that
 * comes in tens of thousands of pieces. Nor is the time of day asked for, which may jump: the silence is counted in
 * ticks, so that a thread which was busy with something else has not heard nothing meanwhile.
 */
import type { Clock } from './clock.ts';

/** Ticks in the longest silence, which is found up to one of them late: when the first one began is not known. */
const TICKS = 8;

export interface SilenceOptions {
  readonly clock: Clock;
  /** Longest silence in milliseconds, asked for at each tick. */
  readonly limitMs: () => number;
  /** Called once, with the limit that was passed. */
  readonly onTooLong: (limitMs: number) => void;
}

export class Silence {
  readonly #options: SilenceOptions;
  #quietTicks = 0;
  #cancel: () => void = () => {};

  /** Begins to listen. */
  constructor(options: SilenceOptions) {
    this.#options = options;
    this.#awaitTick(options.limitMs());
  }

  /** Notes that something has happened. */
  interrupt(): void {
    this.#quietTicks = 0;
  }

  /** Ends it for good. */
  end(): void {
    this.#cancel();
  }

  #awaitTick(limitMs: number): void {
    this.#cancel = this.#options.clock.after(limitMs / TICKS, () => this.#tick());
  }

  #tick(): void {
    const { limitMs, onTooLong } = this.#options;
    const limit = limitMs();
    this.#quietTicks++;
    if (this.#quietTicks > TICKS) onTooLong(limit);
    else this.#awaitTick(limit);
  }
}
