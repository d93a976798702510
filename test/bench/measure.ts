/**
 * Measures a function that is called very often: the time of a call, and what it leaves on the heap.
 * The fastest of several rounds counts: these machines are shared, and noise only ever adds.
 */
import { getHeapStatistics } from 'node:v8';

export interface Measured {
  readonly nanoseconds: number;
  /** Bytes of JavaScript heap that one call allocates, garbage collected since included. */
  readonly heapBytes: number;
}

const WARM_UP_MS = 300;
const ROUNDS = 5;
const ROUND_MS = 300;

/** Calls `run(count)`, which is to make that many calls. */
export function measure(run: (count: number) => void): Measured {
  let count = 1000;
  for (const end = performance.now() + WARM_UP_MS; performance.now() < end; ) run(count);
  const start = performance.now();
  run(count);
  count = Math.ceil((count * ROUND_MS) / Math.max(performance.now() - start, 0.01));
  let nanoseconds = Number.POSITIVE_INFINITY;
  let heapBytes = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = allocatedBytes();
    const from = performance.now();
    run(count);
    nanoseconds = Math.min(nanoseconds, ((performance.now() - from) * 1e6) / count);
    heapBytes = Math.min(heapBytes, (allocatedBytes() - before) / count);
  }
  return { nanoseconds, heapBytes };
}

export function printMeasured(name: string, { nanoseconds, heapBytes }: Measured): void {
  const columns = [`${nanoseconds.toFixed(0)} ns`, `${heapBytes.toFixed(2)} bytes of heap`];
  console.log(`${name.padEnd(48)} ${columns[0].padStart(9)} ${columns[1].padStart(22)}`);
}

/** Every byte that was ever allocated by this thread, whatever became of it. */
function allocatedBytes(): number {
  const statistics: { total_allocated_bytes?: number } = getHeapStatistics();
  if (statistics.total_allocated_bytes === undefined) {
    throw new Error('Cannot measure allocation: this Node.js does not count it');
  }
  return statistics.total_allocated_bytes;
}
