/** How many descriptors this process may have: proc_pid_limits(5). */
import { readFileSync } from 'node:fs';

/** Where the system does not tell. */
const USUAL_LIMIT = 1024;

/** Gives the soft limit, which Node.js raises to the hard one at its start. */
export function openFilesLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1');
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
    return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft ?? USUAL_LIMIT);
  } catch {
    return USUAL_LIMIT;
  }
}
