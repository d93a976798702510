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
  /** Bytes of it that are resident, and how many of them are no longer the file's. */
  residentBytes: number;
  anonymousBytes: number;
}

/** Unmaps them, and gives how many bytes that were; 0 where the system does not let it. */
export async function releaseProgramPages(): Promise<number> {
  if (process.platform !== 'linux') return 0;
  try {
    const clean = programMappings(await readFile('/proc/self/smaps', 'latin1')).filter(
      ({ permissions, anonymousBytes }) => !permissions.includes('w') && anonymousBytes === 0,
    );
    const { default: koffi } = await import('koffi');
    const madvise = koffi.load(null).func('madvise', 'int', ['size_t', 'size_t', 'int']);
    let bytes = 0;
    for (const { start, end, residentBytes } of clean) {
      if (madvise(start, end - start, MADV_DONTNEED) === 0) bytes += residentBytes;
    }
    return bytes;
  } catch {
    // No koffi, or no such file: the pages stay as long as the system likes.
    return 0;
  }
}

/**
 * Finds the program's segments: a row that begins with the start of the file. They stay where they are for as long as
 * the process lives, unlike what V8 maps of the same file elsewhere, for each thread.
 */
function programMappings(smaps: string): Mapping[] {
  const mappings = parseMappings(smaps);
  const isProgram = ({ path }: Mapping) => path === process.execPath;
  const first = mappings.findIndex((mapping) => isProgram(mapping) && mapping.offset === 0);
  if (first < 0) return [];
  const after = mappings.findIndex((mapping, i) => i > first && !isProgram(mapping));
  return mappings.slice(first, after);
}

/** proc_pid_smaps(5) */
function parseMappings(smaps: string): Mapping[] {
  const mappings: Mapping[] = [];
  for (const line of smaps.split('\n')) {
    const head = /^([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) \S+ \S+ *(.*)$/.exec(line);
    const [, start, end, permissions, offset, path] = head ?? [];
    if (start !== undefined) {
      mappings.push({
        start: Number.parseInt(start, 16),
        end: Number.parseInt(end, 16),
        permissions,
        offset: Number.parseInt(offset, 16),
        path,
        residentBytes: 0,
        anonymousBytes: 0,
      });
    }
    const [, name, kilobytes] = /^(Rss|Anonymous): +(\d+) kB$/.exec(line) ?? [];
    const mapping = mappings.at(-1);
    if (mapping === undefined || kilobytes === undefined) continue;
    if (name === 'Rss') mapping.residentBytes = Number(kilobytes) * 1024;
    else mapping.anonymousBytes = Number(kilobytes) * 1024;
  }
  return mappings;
}
