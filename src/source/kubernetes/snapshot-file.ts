/**
 * The state file `cluster.snapshot`: what was held, so that a start without the API server has something to serve.
 * Lines of JSON, one an object, between one that says what it is and the checksum of all before it:
 *
 *   {"version": 1, "takenAt": 1767225600000, "subject": "..."}
 *   {"kind": "Service", "namespace": "shop", ...}
 *   {"sha256": "..."}
 *
 * What cannot be read, or is about something else, is set aside and reported, never taken for good.
 */
import { createHash } from 'node:crypto';
import { readFileSync, renameSync } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { makeFolder } from '../manifests/vip-file.ts';
import { PackedEndpointSlice, type PackedSlice } from '../packed-endpoint-slice.ts';
import type { Resource } from '../resources.ts';

const NAME = 'cluster.snapshot';
const VERSION = 1;
/** Lines that are written in one go; between two of them changes have their turn. */
const LINES_A_TURN = 200;
const LINE_FEED = 0x0a;

export interface Snapshot {
  /** In milliseconds since the epoch. */
  readonly takenAt: number;
  readonly resources: Iterable<Resource>;
}

/** A state file that is of no use. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
  readonly code = 'ERR_SNAPSHOT';
}

export class SnapshotFile {
  readonly #folder: string;
  readonly #path: string;
  /** What the objects are of: another configuration is to have others. */
  readonly #subject: string;

  constructor(folder: string, subject: string) {
    this.#folder = folder;
    this.#path = join(folder, NAME);
    this.#subject = subject;
  }

  /** Reads what was written last; undefined where nothing was. Throws SnapshotError, the file set aside. */
  read(): Snapshot | undefined {
    let bytes: Buffer;
    try {
      bytes = readFileSync(this.#path);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new SnapshotError(`Cannot read snapshot "${this.#path}"`, { cause });
    }
    try {
      return parseSnapshot(bytes, this.#subject);
    } catch (cause) {
      const aside = `${this.#path}.damaged`;
      renameSync(this.#path, aside);
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `Cannot use snapshot "${this.#path}", now in "${aside}": ${reason}`;
      throw new SnapshotError(message, { cause });
    }
  }

  /** Writes objects as they are when their turn comes; readers, and the next run, see the old file or the new one. */
  async write({ takenAt, resources }: Snapshot): Promise<void> {
    const temporary = `${this.#path}.new`;
    try {
      makeFolder(this.#folder);
      const file = await open(temporary, 'w');
      try {
        const header = { version: VERSION, takenAt, subject: this.#subject };
        await writeLines(file, { header, resources });
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, this.#path);
    } catch (cause) {
      throw new SnapshotError(`Cannot write snapshot "${this.#path}": ${cause}`, { cause });
    }
  }
}

async function writeLines(
  file: FileHandle,
  { header, resources }: { header: object; resources: Iterable<Resource> },
): Promise<void> {
  const hash = createHash('sha256');
  let lines = [`${JSON.stringify(header)}\n`];
  const flush = async () => {
    const bytes = Buffer.from(lines.join(''));
    lines = [];
    hash.update(bytes);
    await file.write(bytes);
    await setImmediate();
  };
  for (const resource of resources) {
    lines.push(`${JSON.stringify(resource)}\n`);
    if (lines.length >= LINES_A_TURN) await flush();
  }
  await flush();
  await file.write(`${JSON.stringify({ sha256: hash.digest('hex') })}\n`);
}

function parseSnapshot(bytes: Buffer, subject: string): Snapshot {
  const end = bytes.lastIndexOf(LINE_FEED, -2) + 1;
  const { sha256 } = parseLine(bytes, end) as { sha256?: string };
  const found = createHash('sha256').update(bytes.subarray(0, end)).digest('hex');
  if (sha256 !== found) throw new Error('its checksum is another');
  const header = parseLine(bytes, 0) as { version: number; takenAt: number; subject: string };
  if (header.version !== VERSION) throw new Error(`its version is ${header.version}`);
  if (header.subject !== subject) throw new Error('it is of another cluster or configuration');
  const start = bytes.indexOf(LINE_FEED) + 1;
  return { takenAt: header.takenAt, resources: parseResources(bytes.subarray(start, end)) };
}

/** One by one, so that there are never two copies. */
function* parseResources(bytes: Buffer): Iterable<Resource> {
  for (let at = 0; at < bytes.length; at = bytes.indexOf(LINE_FEED, at) + 1) {
    const resource = parseLine(bytes, at) as Resource | PackedSlice;
    yield resource.kind === 'EndpointSlice' ? new PackedEndpointSlice(resource) : resource;
  }
}

function parseLine(bytes: Buffer, start: number): unknown {
  const end = bytes.indexOf(LINE_FEED, start);
  return JSON.parse(bytes.toString('utf8', start, end < 0 ? bytes.length : end));
}
