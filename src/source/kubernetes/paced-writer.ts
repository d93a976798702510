/** When a state file is written: while what it holds changes, twice a minute, and at the end. */
import type { Clock } from './clock.ts';

const PAUSE_MS = 30_000;

export interface PacedWriterOptions {
  readonly clock: Clock;
  readonly write: () => Promise<void>;
  /** Called at the first of several failures. */
  readonly onError: (error: unknown) => void;
}

export class PacedWriter {
  readonly #options: PacedWriterOptions;
  #cancel: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();
  #hasFailed = false;

  constructor(options: PacedWriterOptions) {
    this.#options = options;
  }

  /** Says that something has changed. */
  noteChange(): void {
    this.#cancel ??= this.#options.clock.after(PAUSE_MS, () => {
      this.#cancel = undefined;
      this.#write();
    });
  }

  /** Writes what was not written yet, and resolves when that is done. */
  async close(): Promise<void> {
    const isBehind = this.#cancel !== undefined;
    this.#cancel?.();
    this.#cancel = undefined;
    if (isBehind) this.#write();
    await this.#writing;
  }

  /** One after the other: both would write to the same file. */
  #write(): void {
    this.#writing = this.#writing.then(() => this.#writeNow());
  }

  async #writeNow(): Promise<void> {
    try {
      await this.#options.write();
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) this.#options.onError(error);
      this.#hasFailed = true;
    }
  }
}
