/** Keeps the snapshot of the objects: reads what an earlier run has held, and writes what is held. */
import type { Resource } from '../resources.ts';
import type { Clock } from './clock.ts';
import { PacedWriter } from './paced-writer.ts';
import type { SourceEvent } from './reflector-log.ts';
import { type Snapshot, SnapshotError, type SnapshotFile } from './snapshot-file.ts';

export interface SnapshotKeeperOptions {
  readonly file: SnapshotFile;
  readonly clock: Clock;
  /** Everything that is held; undefined as long as that is not everything there is. */
  readonly resources: () => Iterable<Resource> | undefined;
  readonly onEvent: (event: SourceEvent) => void;
}

export class SnapshotKeeper {
  readonly #options: SnapshotKeeperOptions;
  readonly #writer: PacedWriter;

  constructor(options: SnapshotKeeperOptions) {
    this.#options = options;
    this.#writer = new PacedWriter({
      clock: options.clock,
      write: () => this.#write(),
      onError: (error) => this.#report(error),
    });
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
    this.#writer.noteChange();
  }

  /** Writes what was not written yet, and resolves when that is done. */
  close(): Promise<void> {
    return this.#writer.close();
  }

  async #write(): Promise<void> {
    const { file, clock, resources } = this.#options;
    const held = resources();
    if (held !== undefined) await file.write({ takenAt: clock.now(), resources: held });
  }

  #report(error: unknown): void {
    if (!(error instanceof SnapshotError)) throw error;
    const fields = { code: error.code, reason: error.message };
    this.#options.onEvent({ level: 'error', message: 'snapshot not usable', fields });
  }
}
