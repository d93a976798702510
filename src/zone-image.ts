/**
 * The state file `zone.image`: the table as it stands, so that a restart answers from the whole zone before the first
 * object has come. Only where the same vipdns has the same configuration: another one makes other records of the same
 * objects, of which there is a snapshot besides.
 */
import { createHash } from 'node:crypto';
import { renameSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import type { Configuration } from './config/configuration.ts';
import type { LogEvent } from './monitoring/log-event.ts';
import { SYSTEM_CLOCK } from './source/kubernetes/clock.ts';
import { PacedWriter } from './source/kubernetes/paced-writer.ts';
import { makeFolder } from './source/manifests/vip-file.ts';
import { ImageError, OtherImageError } from './table/image-error.ts';
import { readImage } from './table/read-image.ts';
import type { TableWriter } from './table/table-writer.ts';
import { writeImage } from './table/write-image.ts';
import type { ZoneSummary } from './threads.ts';
import { VERSION } from './version.ts';
import { zoneImagePath } from './zone-image-path.ts';

/** What is known of the zone in an image without its objects. */
export interface ZoneImageContent {
  readonly summary: ZoneSummary;
  readonly endpoints: number;
  readonly names: number;
  /** Of the SOA records. */
  readonly serial: number;
}

/** As it stands in the file. */
export interface ZoneImageAbout extends ZoneImageContent {
  readonly subject: string;
  /** In milliseconds since the epoch. */
  readonly takenAt: number;
}

export interface ZoneImageOptions {
  readonly configuration: Configuration;
  readonly table: TableWriter;
  /** What the table holds at this moment; undefined as long as that is not everything there is. */
  readonly content: () => ZoneImageContent | undefined;
  readonly onLog: (event: LogEvent) => void;
}

export class ZoneImage {
  readonly #options: ZoneImageOptions;
  readonly #path: string;
  readonly #subject: string;
  readonly #writer: PacedWriter;

  constructor(options: ZoneImageOptions) {
    this.#options = options;
    this.#path = zoneImagePath(options.configuration.stateDir);
    this.#subject = subjectOf(options.configuration);
    this.#writer = new PacedWriter({
      clock: SYSTEM_CLOCK,
      write: () => this.#write(),
      onError: (error) => this.#report('error', `Cannot write zone image: ${error}`),
    });
  }

  /** Fills the empty table with what an earlier run has served, to be read at once; undefined where there is nothing of use. */
  read(): ZoneImageAbout | undefined {
    try {
      return readImage<ZoneImageAbout>(this.#path, this.#options.table, ({ subject }) => {
        if (subject !== this.#subject) {
          throw new OtherImageError('it is of another version or configuration');
        }
      });
    } catch (error) {
      this.#explain(error);
      return undefined;
    }
  }

  /** Makes the table ready for changes. Throws ImageError where what was read is no table after all. */
  settle(): void {
    try {
      this.#options.table.settle();
    } catch (error) {
      this.#explain(error);
      throw error;
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
    const { configuration, content, table } = this.#options;
    const temporary = `${this.#path}.new`;
    if (content() === undefined) return;
    makeFolder(configuration.stateDir);
    const file = await open(temporary, 'w', 0o600);
    let isWhole = false;
    try {
      isWhole = await writeImage(file, table, () => {
        return { ...content(), subject: this.#subject, takenAt: Date.now() };
      });
      await file.sync();
    } finally {
      await file.close();
    }
    if (isWhole) await rename(temporary, this.#path);
    else this.noteChange();
  }

  #explain(error: unknown): void {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    const aside = `${this.#path}.damaged`;
    const isDamaged = error instanceof ImageError;
    if (isDamaged) renameSync(this.#path, aside);
    const reason = error instanceof Error ? error.message : String(error);
    const place = isDamaged ? `"${this.#path}", now in "${aside}"` : `"${this.#path}"`;
    const level = error instanceof OtherImageError ? 'info' : 'error';
    this.#report(level, `Cannot use zone image ${place}: ${reason}`);
  }

  #report(level: 'info' | 'error', reason: string): void {
    const fields = { code: 'ERR_ZONE_IMAGE', reason };
    this.#options.onLog({ level, message: 'zone image not usable', fields });
  }
}

/** Everything that shapes the records, beside the objects. */
function subjectOf(configuration: Configuration): string {
  const { source, namespaces, namespaceLabels, labels, pods } = configuration;
  const { zones, serviceCidr, reverseZones, hosts, ttl } = configuration;
  const { endpointPodNames, noEndpoints, ignoreEmptyService } = configuration;
  const objects = { source, namespaces, namespaceLabels, labels, pods };
  const names = { zones, serviceCidr, reverseZones, hosts, ttl };
  const choices = { endpointPodNames, noEndpoints, ignoreEmptyService };
  const text = JSON.stringify({ VERSION, ...objects, ...names, ...choices });
  return createHash('sha256').update(text).digest('hex');
}
