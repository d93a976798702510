import type { Clock } from './clock.ts';

/** A time by which something has to have happened; it can be moved, and called off. */
export class Deadline {
  readonly #clock: Clock;
  readonly #onMissed: (what: string) => void;
  #cancel: () => void = () => {};

  constructor(clock: Clock, onMissed: (what: string) => void) {
    this.#clock = clock;
    this.#onMissed = onMissed;
  }

  /** Moves the deadline; `what` says what has not happened by then. */
  set(delayMs: number, what: string): void {
    this.#cancel();
    this.#cancel = this.#clock.after(delayMs, () => this.#onMissed(what));
  }

  cancel(): void {
    this.#cancel();
    this.#cancel = () => {};
  }
}
