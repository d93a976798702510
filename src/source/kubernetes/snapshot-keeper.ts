/** When the snapshot is written: while what is held changes, twice a minute, and at the end. */
import type { Resource } from '../resources.ts';
import type { Clock } from './clock.ts';
import type { SourceEvent } from './reflector-log.ts';
import { type Snapshot, SnapshotError, type SnapshotFile } from './snapshot-file.ts';

const PAUSE_MS = 30_000;

export interface SnapshotKeeperOptions {
  readonly file: SnapshotFile;
  readonly clock: Clock;
  /** Everything that is held; undefined as long as that is not everything there is. */
  readonly resources: () => Iterable<Resource> | undefined;
  readonly onEvent: (event: SourceEvent) => void;
}

export class SnapshotKeeper {
  readonly #options: SnapshotKeeperOptions;
  #cancel: (() => void) | undefined;
  #writing: Promise<void> = Promise.resolve();
  #hasFailed = false;

  constructor(options: SnapshotKeeperOptions) {
    this.#options = options;
  }

  /** Reads what an earlier run has held; undefined where there is nothing of use. */
  read(): Snapshot | undefined {
    try {
      return this.#options.file.read();
    } catch (error) {
      this.#report(error);
      return undefined;
    }
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
    const { file, clock, resources } = this.#options;
    const held = resources();
    if (held === undefined) return;
    try {
      await file.write({ takenAt: clock.now(), resources: held });
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) this.#report(error);
      this.#hasFailed = true;
    }
  }

  #report(error: unknown): void {
    if (!(error instanceof SnapshotError)) throw error;
    const fields = { code: error.code, reason: error.message };
    this.#options.onEvent({ level: 'error', message: 'snapshot not usable', fields });
  }
}
