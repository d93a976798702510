/**
 * Gives back to the system what a large intake leaves behind. V8 and the C library keep it for more of the same, which
 * does not come: 25 of 190 MB with 10,000 Services and slices (test/bench/cluster).
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: ((options?: GarbageCollection) => void) | undefined;

/** What V8's `gc()` takes. */
interface GarbageCollection {
  readonly type: 'major';
  readonly execution: 'sync';
  /** Until nothing more is found, with all free room given back. */
  readonly flavor: 'last-resort';
}

/** Collects the garbage of this thread at once, which takes it some ten milliseconds with a large cluster. */
export function collectGarbage(): void {
  garbageCollector()();
}

/**
 * As `collectGarbage()`, and gives the room back that young objects and gaps between old ones have: 19 MB of a large
 * cluster. Takes a tenth of a second or two, in which this thread does nothing else.
 */
export function compactHeap(): void {
  garbageCollector()({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

function garbageCollector() {
  if (collect === undefined) {
    // A context has the function if the flag is set when it is made.
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as NonNullable<typeof collect>;
  }
  return collect;
}

/**
 * Leaves the room of young objects as large as it is, in every thread that has no limit of its own. Under misses V8 would
 * make it 48 MB in the main thread, where 1 MB serves as well: what a query leaves is garbage when it is answered.
 */
export function keepYoungGeneration(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** Returns what all threads have freed, where the C library can (glibc); elsewhere nothing happens. */
export async function trimMalloc(): Promise<void> {
  if (process.platform !== 'linux') return;
  try {
    const { default: koffi } = await import('koffi');
    koffi.load(null).func('malloc_trim', 'int', ['size_t'])(0);
  } catch {
    // No koffi, or no such function: the memory stays with the process.
  }
}
