/** Processor time and memory of a process group, from /proc: every thread of every process that belongs to it. */
import { readdirSync, readFileSync } from 'node:fs';

/** Linux gives times in hundredths of a second, whatever its own clock is (proc(5), USER_HZ). */
const MICROSECONDS_PER_TICK = 10_000;

export interface ProcessorTime {
  readonly userMicroseconds: number;
  readonly systemMicroseconds: number;
}

export interface Memory {
  readonly residentBytes: number;
  /** The most that was ever resident. */
  readonly peakBytes: number;
}

/** Gives the time that a group has used, children that have ended and were waited for included. */
export function readProcessorTime(group: number): ProcessorTime {
  let userMicroseconds = 0;
  let systemMicroseconds = 0;
  for (const stat of membersOf(group)) {
    userMicroseconds += stat.userTicks * MICROSECONDS_PER_TICK;
    systemMicroseconds += stat.systemTicks * MICROSECONDS_PER_TICK;
  }
  return { userMicroseconds, systemMicroseconds };
}

/** Gives the memory of a group; pages that its processes share count for each of them. */
export function readMemory(group: number): Memory {
  let residentBytes = 0;
  let peakBytes = 0;
  for (const { pid } of membersOf(group)) {
    const status = readProcess(pid, 'status');
    residentBytes += kilobytesOf(status, 'VmRSS') * 1024;
    peakBytes += kilobytesOf(status, 'VmHWM') * 1024;
  }
  return { residentBytes, peakBytes };
}

export interface ProcessStat {
  readonly pid: number;
  readonly group: number;
  readonly userTicks: number;
  readonly systemTicks: number;
}

/** Parses /proc/PID/stat (proc(5)); undefined where the process is gone. */
export function parseStat(text: string): ProcessStat | undefined {
  // A program's name may hold blanks and brackets; the last bracket ends it.
  const nameEnd = text.lastIndexOf(')');
  if (nameEnd === -1) return undefined;
  const fields = text.slice(nameEnd + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]);
  return {
    pid: Number.parseInt(text, 10),
    group: field(5),
    userTicks: field(14) + field(16),
    systemTicks: field(15) + field(17),
  };
}

/** Parses a line such as `VmRSS:  1234 kB` of /proc/PID/status; 0 where there is none. */
export function kilobytesOf(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
}

function membersOf(group: number): ProcessStat[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => parseStat(readProcess(Number(pid), 'stat')))
    .filter((stat) => stat !== undefined && stat.group === group) as ProcessStat[];
}

function readProcess(pid: number, file: 'stat' | 'status'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
