/**
 * The pages of Node.js's own file. A start reads most of them once, to load modules and compile them, and the system
 * leaves them mapped until it runs short of memory: 54 of the 186 MB of a large cluster (test/bench/cluster). What is
 * used again is mapped again, from the file's pages that the system has anyway.
 *
 * Only what was never written may go, since it comes back as the file has it.
 */
import { readFile } from 'node:fs/promises';

/** madvise(2), as Linux has it on every processor that Node.js runs on. */
const MADV_DONTNEED = 4;

interface Mapping {
  readonly start: number;
  readonly end: number;
  readonly permissions: string;
  readonly offset: number;
  readonly path: string;
  /** What of it is resident. */
  readonly residentBytes: number;
  /** What of it is no longer the file's, resident or swapped out. */
  readonly writtenBytes: number;
}

/** Unmaps them, and gives how many bytes that were; 0 where the system does not let it. */
export async function releaseProgramPages(): Promise<number> {
  if (process.platform !== 'linux') return 0;
  try {
    const { default: koffi } = await import('koffi');
    const madvise = koffi.load(null).func('madvise', 'int', ['size_t', 'size_t', 'int']);
    const smaps = await readFile('/proc/self/smaps', 'utf8');
    let bytes = 0;
    for (const { start, end, residentBytes } of findCleanMappings(smaps, process.execPath)) {
      if (madvise(start, end - start, MADV_DONTNEED) === 0) bytes += residentBytes;
    }
    return bytes;
  } catch {
    // No koffi, or no such file: the pages stay as long as the system likes.
    return 0;
  }
}

/**
 * Finds the program's segments that hold nothing but what its file has. What is read-only may have been written once:
 * the dynamic linker's relocations are, and without them the process would crash.
 */
export function findCleanMappings(smaps: string, program: string): Mapping[] {
  const mappings = smaps.split(/^(?=[0-9a-f]+-)/m).map(parseMapping);
  return findSegments(mappings, program).filter(({ writtenBytes }) => writtenBytes === 0);
}

/**
 * The program's segments before its variables: a row that begins with the start of the file. They stay where they are
 * for as long as the process lives, unlike what V8 maps of the same file elsewhere, for each thread.
 */
function findSegments(mappings: readonly Mapping[], program: string): Mapping[] {
  const isProgram = ({ path }: Mapping) => path === program;
  const first = mappings.findIndex((mapping) => isProgram(mapping) && mapping.offset === 0);
  if (first < 0) return [];
  const isAfter = (mapping: Mapping) => !isProgram(mapping) || mapping.permissions.includes('w');
  const after = mappings.findIndex((mapping, i) => i >= first && isAfter(mapping));
  return mappings.slice(first, after);
}

/** Parses a mapping as proc_pid_smaps(5) has it: its line, and its sizes in lines below. */
function parseMapping(text: string): Mapping {
  const [, start = '', end = '', permissions = '', offset = '', path = ''] =
    /^([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) \S+ \S+ *(.*)$/m.exec(text) ?? [];
  return {
    start: Number.parseInt(start, 16),
    end: Number.parseInt(end, 16),
    permissions,
    offset: Number.parseInt(offset, 16),
    path,
    residentBytes: sizeOf(text, 'Rss'),
    // A page that was swapped out is no anonymous one any more, and lost all the same.
    writtenBytes: sizeOf(text, 'Anonymous') + sizeOf(text, 'Swap'),
  };
}

/** In bytes; NaN where it is not told. */
function sizeOf(text: string, name: string): number {
  const [, kilobytes] = new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text) ?? [];
  return Number(kilobytes) * 1024;
}
