/** An image of a table with 350,000 records, the names of 10,000 Services of 15 endpoints: written, and read back. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peekKey } from '../../../src/table/peek-key.ts';
import { readImage } from '../../../src/table/read-image.ts';
import { createTable } from '../../../src/table/table.ts';
import { TableWriter } from '../../../src/table/table-writer.ts';
import { writeImage } from '../../../src/table/write-image.ts';

const RECORDS = 350_000;
const KEY_BYTES = 45;
const VALUE_BYTES = 50;
const ROUNDS = 5;

const folder = mkdtempSync(join(tmpdir(), 'vipdns-image-bench-'));
const path = join(folder, 'image');
const writer = new TableWriter(createTable());
for (let i = 0; i < RECORDS; i++) {
  const key = Buffer.from(`svc-${i}`.padEnd(KEY_BYTES, '.default.svc.cluster.local'));
  writer.set(key, new Uint8Array(VALUE_BYTES).fill(i));
}

const writes: number[] = [];
const reads: number[] = [];
const settles: number[] = [];
const sweeps: number[] = [];
const turns: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const file = await open(path, 'w');
  const watch = watchTurns();
  writes.push(await timeOf(() => writeImage(file, writer, () => ({}))));
  turns.push(watch.longestMs());
  await file.close();
  const table = new TableWriter(createTable({ key: peekKey(path) }));
  reads.push(await timeOf(() => readImage(path, table, () => {})));
  settles.push(await timeOf(() => table.settle()));
  sweeps.push(await timeOf(() => table.sweep()));
}
console.log(`${RECORDS} records, ${(statSync(path).size / 1e6).toFixed(1)} MB`);
console.log(`write: median ${median(writes)} ms; its longest turn: median ${median(turns)} ms`);
console.log(`read: median ${median(reads)} ms, and until it may change ${median(settles)} ms more`);
console.log(`sweep of all: median ${median(sweeps)} ms`);
rmSync(folder, { recursive: true });

/** Measures how long others have to wait for their turn. */
function watchTurns(): { longestMs: () => number } {
  let longestMs = 0;
  let isOver = false;
  const look = (before: number) => {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - before);
    if (!isOver) setImmediate(look, now);
  };
  setImmediate(look, performance.now());
  return {
    longestMs() {
      isOver = true;
      return longestMs;
    },
  };
}

async function timeOf(work: () => unknown): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

function median(numbers: number[]): string {
  return numbers.sort((a, b) => a - b)[numbers.length >> 1].toFixed(1);
}
