/**
 * Tells when files in folders changed. Looking at every file from time to time is what counts, since it
 * misses nothing, on any file system; the system's own notices only make it look sooner.
 *
 * A change counts once two looks agree on it: so a file that is being written is not read half, one that is
 * replaced is not taken for gone, and two writes within one tick of the file system's clock are not taken
 * for one. A file that never comes to rest stays what it was; others do not wait for it.
 */
import { type FSWatcher, watch } from 'node:fs';
import { type FoundFiles, findFiles } from './find-files.ts';

const MIN_PERIOD_MS = 500;
/** A look costs 5 us for a file (20,000 files: 100 ms): with large folders it keeps a core busy for 4 %. */
const PERIOD_FOR_COST = 25;
/** Notices may come without end; of a large folder they make it look as often as leaves a second in all. */
const MIN_NOTICE_DELAY_MS = 20;
const NOTICE_DELAY_FOR_COST = 2;
const MIN_SETTLE_MS = 100;

export interface FolderWatcherOptions {
  readonly folders: readonly string[];
  /** What is known already. */
  readonly found: FoundFiles;
  /** Called with what is there now, where it is not what was known. */
  readonly onChange: (found: FoundFiles) => void;
}

/** Watches from its construction until `stop()`. */
export class FolderWatcher {
  readonly #folders: readonly string[];
  readonly #onChange: (found: FoundFiles) => void;
  /** By the stamp of the folder: one that was replaced under its name needs a new one. */
  readonly #notices = new Map<string, FSWatcher>();
  /** What `onChange` was told last. */
  #known: FoundFiles;
  /** What the last look saw. */
  #seen: FoundFiles;
  #timer: NodeJS.Timeout | undefined;
  /** What the last look took. */
  #costMs = 0;
  #dueAt = Number.POSITIVE_INFINITY;
  #isStopped = false;

  constructor({ folders, found, onChange }: FolderWatcherOptions) {
    this.#folders = folders;
    this.#onChange = onChange;
    this.#known = found;
    this.#seen = found;
    this.#listen(found.folders);
    this.#lookIn(MIN_PERIOD_MS);
  }

  /** Ends everything at once; `onChange` is not called again. */
  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    for (const notice of this.#notices.values()) notice.close();
    this.#notices.clear();
  }

  #lookIn(delayMs: number): void {
    const dueAt = performance.now() + delayMs;
    if (this.#isStopped || dueAt >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => this.#look(), delayMs);
  }

  #takeNotice(): void {
    this.#lookIn(Math.max(MIN_NOTICE_DELAY_MS, this.#costMs * NOTICE_DELAY_FOR_COST));
  }

  #look(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
    const startedAt = performance.now();
    const seen = findFiles(this.#folders, this.#known);
    this.#costMs = performance.now() - startedAt;
    const isSettled = isSame(seen, this.#seen);
    const found = isSettled ? seen : { ...seen, files: this.#settledFiles(seen.files) };
    const hasJustVanished = isAnyMissing(this.#seen.files, seen.files);
    this.#seen = seen;
    this.#listen(seen.folders);
    if (!hasJustVanished && !isSame(found, this.#known)) {
      this.#known = found;
      this.#onChange(found);
    }
    this.#lookIn(
      isSettled
        ? Math.max(MIN_PERIOD_MS, this.#costMs * PERIOD_FOR_COST)
        : Math.max(MIN_SETTLE_MS, this.#costMs),
    );
  }

  /** Gives what two looks agree on, and else what is known. */
  #settledFiles(files: ReadonlyMap<string, string>): Map<string, string> {
    const settled = new Map<string, string>();
    for (const [path, stamp] of files) {
      const isAgreed = this.#seen.files.get(path) === stamp;
      const agreed = isAgreed ? stamp : this.#known.files.get(path);
      if (agreed !== undefined) settled.set(path, agreed);
    }
    return settled;
  }

  /** Follows the folders with the system's notices, as far as it grants them. */
  #listen(folders: ReadonlyMap<string, string>): void {
    const stamps = new Set(folders.values());
    for (const [stamp, notice] of this.#notices) {
      if (stamps.has(stamp)) continue;
      notice.close();
      this.#notices.delete(stamp);
    }
    for (const [path, stamp] of folders) {
      if (this.#isStopped || this.#notices.has(stamp)) continue;
      const notice = listen(path, () => this.#takeNotice());
      if (notice !== undefined) this.#notices.set(stamp, notice);
    }
  }
}

/** Gives undefined where there are no notices to be had: too many already, or a folder that just went. */
function listen(path: string, onNotice: () => void): FSWatcher | undefined {
  try {
    const notice = watch(path, { persistent: false }, onNotice);
    notice.on('error', onNotice);
    return notice;
  } catch {
    return undefined;
  }
}

function isSame(a: FoundFiles, b: FoundFiles): boolean {
  return (
    isSameMap(a.files, b.files) &&
    isSameMap(a.folders, b.folders) &&
    a.problems.length === b.problems.length
  );
}

function isSameMap(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  if (a.size !== b.size) return false;
  for (const [path, stamp] of a) if (b.get(path) !== stamp) return false;
  return true;
}

function isAnyMissing(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): boolean {
  for (const path of before.keys()) if (!after.has(path)) return true;
  return false;
}
