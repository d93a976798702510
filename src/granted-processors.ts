/**
 * How many processors this process may use at a time: those that it may be scheduled on, and no more than the CPU
 * quota of its control group and of every group above that. cgroups(7); "cpu.max" in the kernel's cgroup-v2, and
 * "cfs_quota_us" in its sched-bwc documentation. Node.js knows of the former alone.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

export interface GrantedProcessorsOptions {
  /** Where `proc` and `sys` are; `/` by default. */
  readonly root?: string;
  /** Processors that the process may be scheduled on; by default the system is asked. */
  readonly schedulable?: number;
}

/** Gives a whole number, at least 1: a part of a processor makes no further thread worth while. */
export function grantedProcessors(options: GrantedProcessorsOptions = {}): number {
  const { root = '/', schedulable = availableParallelism() } = options;
  const quotas = readLines(join(root, 'proc/self/cgroup')).flatMap((line) => quotasOf(line, root));
  return Math.max(Math.floor(Math.min(schedulable, ...quotas)), 1);
}

/** Gives the quotas, in processors, of the group that a line `hierarchy:controllers:path` names, and of those above. */
function quotasOf(line: string, root: string): number[] {
  const [hierarchy, controllers = '', path = '/'] = line.split(':');
  const groups = groupsUpFrom(path);
  const mounts = join(root, 'sys/fs/cgroup');
  if (hierarchy === '0') {
    const folders = [mounts, join(mounts, 'unified')];
    return folders.flatMap((mount) => groups.flatMap((group) => readMax(join(mount, group))));
  }
  if (!controllers.split(',').includes('cpu')) return [];
  return groups.flatMap((group) => readQuota(join(mounts, controllers, group)));
}

/** Where the path is the host's, and the group it names the root of what is mounted here, the last one is found. */
function groupsUpFrom(path: string): string[] {
  return path === '/' || path === '.' ? ['/'] : [path, ...groupsUpFrom(dirname(path))];
}

/** `QUOTA PERIOD` or `max PERIOD`, in microseconds. */
function readMax(folder: string): number[] {
  const [quota, period] = (readLines(join(folder, 'cpu.max'))[0] ?? 'max').split(' ').map(Number);
  return quota > 0 && period > 0 ? [quota / period] : [];
}

/** The quota is -1 where there is none. */
function readQuota(folder: string): number[] {
  const [quota, period] = ['cpu.cfs_quota_us', 'cpu.cfs_period_us'].map((file) =>
    Number(readLines(join(folder, file))[0]),
  );
  return quota > 0 && period > 0 ? [quota / period] : [];
}

/** Gives no lines of a file that is not there. */
function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n');
  } catch {
    return [];
  }
}
