/**
 * Settings of the JavaScript engine for a process that is to be small; threads take them over, so they are set
 * before the first one starts. What each saves and costs: DECISIONS.md 23.
 */
import { setFlagsFromString } from 'node:v8';

/** Sets what `vipdns serve` runs with. */
export function saveMemory(): void {
  // One compilation at a time: every thread of the compiler keeps what its largest one took.
  setFlagsFromString('--concurrent-turbofan-max-threads=1');
  // Built-in functions stay where they are, rather than near the code of each thread as well.
  setFlagsFromString('--no-short-builtin-calls');
}
