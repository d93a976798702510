/**
 * Looks for manifest files in folders. In: folders; out: the files in path order, each with a stamp that is
 * another one when the file was written or replaced.
 *
 * Hidden names are passed over, links are followed: a ConfigMap volume shows each file once, as a link into
 * `..data`, itself a link to a hidden folder that is exchanged as a whole.
 */
import { type Dirent, readdirSync, type Stats, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { Problem } from './problem.ts';

/** What was found in the folders at one moment. */
export interface FoundFiles {
  /** Stamps by path, in path order within each configured folder. */
  readonly files: ReadonlyMap<string, string>;
  /** Every folder that was walked, with a stamp that is another one when it was replaced. */
  readonly folders: ReadonlyMap<string, string>;
  readonly problems: readonly Problem[];
}

export const NO_FILES: FoundFiles = { files: new Map(), folders: new Map(), problems: [] };

const MANIFEST_NAME = /\.(?:yaml|yml|json)$/;

/**
 * Walks the folders; one of them may also be a single file. What cannot be looked into is a problem, and
 * then what `before` knew below it is taken to be there still.
 */
export function findFiles(roots: readonly string[], before: FoundFiles = NO_FILES): FoundFiles {
  const walk = new Walk(before);
  for (const root of roots) walk.visit(root, { isRoot: true, isExpected: true });
  return walk;
}

class Walk implements FoundFiles {
  readonly files = new Map<string, string>();
  readonly folders = new Map<string, string>();
  readonly problems: Problem[] = [];
  /** By device and inode, so that links in a circle end, and a folder counts once. */
  readonly #visited = new Set<string>();
  readonly #before: FoundFiles;

  constructor(before: FoundFiles) {
    this.#before = before;
  }

  /** Takes what a path leads to; `isExpected` where it is a mistake that there is nothing. */
  visit(path: string, { isRoot, isExpected }: { isRoot: boolean; isExpected: boolean }): void {
    try {
      const stats = statSync(path);
      if (stats.isDirectory()) this.#walkFolder(path, stats);
      else if (stats.isFile() && (isRoot || MANIFEST_NAME.test(path))) {
        this.files.set(path, stampOf(stats));
      } else if (isRoot) this.#keep(path, 'neither');
    } catch (error) {
      // What stood in its folder a moment ago may be gone by now.
      if (isExpected || !isNotFound(error)) this.#keep(path, messageOf(error));
    }
  }

  #walkFolder(path: string, stats: Stats): void {
    const inode = `${stats.dev}:${stats.ino}`;
    if (this.#visited.has(inode)) return;
    this.#visited.add(inode);
    const entries = readdirSync(path, { withFileTypes: true });
    this.folders.set(path, inode);
    for (const entry of entries.sort(byName)) {
      const isManifest = MANIFEST_NAME.test(entry.name);
      const isLink = entry.isSymbolicLink();
      if (entry.name.startsWith('.') || !(isManifest || isLink || entry.isDirectory())) continue;
      this.visit(join(path, entry.name), { isRoot: false, isExpected: isManifest && isLink });
    }
  }

  #keep(path: string, received: string): void {
    this.problems.push({
      file: path,
      document: 0,
      path: '',
      expected: 'a readable file or folder',
      received,
    });
    // Files in the working directory have no folder before their name.
    const below = path === '.' ? '' : join(path, sep);
    for (const [file, stamp] of this.#before.files) {
      if (file === path || file.startsWith(below)) this.files.set(file, stamp);
    }
  }
}

/** Changes with every write, replacement and change of permissions. */
function stampOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string {
  return `${dev}:${ino}:${size}:${mtimeMs}:${ctimeMs}`;
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : 1;
}

/** Tells whether a fault of the file system is that there is nothing of that name. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Says in words what the system said: `no such file or directory`. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /^[A-Z0-9_]+: (.*?), /.exec(message)?.[1] ?? message;
}
