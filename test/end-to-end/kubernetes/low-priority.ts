/** Has programs run only where nobody else wants to: what in a cluster has processors of its own is beside us here. */
import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';

const LOWEST = 19;

/** Gives the lowest priority to every thread of a process; those that it starts from now on have it, too. */
export function lowerPriority(pid: number): void {
  for (const thread of readdirSync(`/proc/${pid}/task`)) setPriority(Number(thread), LOWEST);
}
