/** Which processor the server and which the client is pinned to, so that neither takes time from the other. */
import { readFileSync } from 'node:fs';

export interface Processors {
  /** As `taskset -c` takes them. */
  readonly server: string;
  readonly client: string;
  readonly both: string;
  /** Only one processor: server and client share it, and figures mean little. */
  readonly isShared: boolean;
  /** Two threads of one core: each slows the other down. */
  readonly isSameCore: boolean;
}

/** Chooses the first two processors that this process may use: 0 and 1 unless it is confined. */
export function chooseProcessors(): Processors {
  const status = readFileSync('/proc/self/status', 'utf8');
  const allowed = parseCpuList(/^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? '0');
  const server = allowed[0];
  const client = allowed[1] ?? server;
  return {
    server: String(server),
    client: String(client),
    both: [...new Set([server, client])].join(','),
    isShared: server === client,
    isSameCore: server !== client && siblingsOf(server).includes(client),
  };
}

/** Parses a list as the kernel prints it, such as `0-2,5`. */
export function parseCpuList(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

function siblingsOf(processor: number): number[] {
  const file = `/sys/devices/system/cpu/cpu${processor}/topology/thread_siblings_list`;
  try {
    return parseCpuList(readFileSync(file, 'utf8').trim());
  } catch {
    return [];
  }
}
