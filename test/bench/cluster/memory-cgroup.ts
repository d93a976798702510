/** A memory cgroup below this process's own, of version 1 or 2, with a limit as a container's is. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';

export class MemoryCgroup {
  readonly folder: string;
  readonly #isVersion2: boolean;

  /** Throws where this process may not make one. */
  constructor(limitBytes: number) {
    const { path, isVersion2 } = findOwn();
    this.#isVersion2 = isVersion2;
    this.folder = join(path, `vipdns-bench-${process.pid}`);
    mkdirSync(this.folder);
    const limit = isVersion2 ? 'memory.max' : 'memory.limit_in_bytes';
    writeFileSync(join(this.folder, limit), String(limitBytes));
  }

  /** The most that was ever charged, in bytes, page cache included. */
  get peakBytes(): number {
    return Number(this.#read(this.#isVersion2 ? 'memory.peak' : 'memory.max_usage_in_bytes'));
  }

  /** How often the limit was hit and something had to be given back. */
  get reclaims(): number {
    if (!this.#isVersion2) return Number(this.#read('memory.failcnt'));
    return fieldOf(this.#read('memory.events'), 'max');
  }

  /** How many processes were killed for it. */
  get kills(): number {
    return fieldOf(
      this.#read(this.#isVersion2 ? 'memory.events' : 'memory.oom_control'),
      'oom_kill',
    );
  }

  /** Removes it; nothing may run in it any more. */
  remove(): void {
    rmdirSync(this.folder);
  }

  #read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8');
  }
}

function findOwn(): { path: string; isVersion2: boolean } {
  for (const line of readFileSync('/proc/self/cgroup', 'utf8').split('\n')) {
    const [, controllers, path] = line.split(':');
    if (controllers === 'memory') return { path: join(ROOT, 'memory', path), isVersion2: false };
    const unified = join(ROOT, path ?? '');
    const isUsable = controllers === '' && existsSync(join(unified, 'cgroup.subtree_control'));
    if (isUsable) return { path: unified, isVersion2: true };
  }
  throw new Error('Cannot limit memory: there is no memory cgroup');
}

function fieldOf(text: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1] ?? 0);
}
