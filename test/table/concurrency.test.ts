/** A reader in a second thread while the writer replaces and deletes what it reads. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { createTable } from '../../src/table/table.ts';
import { TableWriter } from '../../src/table/table-writer.ts';
import { buildValue, keyBytes, WORD } from './self-describing.ts';

const KEYS = 50;
const CHANGES = 400_000;
const END_LIMIT_MS = 3000;

/** Changes the table all the time, in little memory, so that what is freed is soon written over. */
async function race(ignoresQuietPoints: boolean): Promise<{ found: number; broken: number }> {
  const table = createTable({ maxBytes: 1 << 20, buckets: 8, readers: 2 });
  const control = new SharedArrayBuffer(12);
  const words = new Int32Array(control);
  const writer = new TableWriter(table);
  const worker = new Worker(new URL('./reader-thread.ts', import.meta.url), {
    workerData: { table, control, keys: KEYS, ignoresQuietPoints },
  });
  const started = once(worker, 'message');
  // Freed memory may as well be an address out of bounds, or a chain without an end.
  worker.on('error', () => Atomics.add(words, WORD.broken, 1));
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  await started;
  const keys = Array.from({ length: KEYS }, (_, i) => keyBytes(i));
  for (let change = 0; change < CHANGES; change++) {
    const key = keys[Math.floor(Math.random() * KEYS)];
    const length = 12 + Math.floor(Math.random() * 600);
    if (change % 5 === 0) writer.delete(key);
    else writer.set(key, buildValue(key, change, length));
  }
  Atomics.store(words, WORD.stop, 1);
  const limit = new AbortController();
  const hung = sleep(END_LIMIT_MS, 'hung', { signal: limit.signal }).catch(() => undefined);
  if ((await Promise.race([ended, hung])) === 'hung') Atomics.add(words, WORD.broken, 1);
  limit.abort();
  await worker.terminate();
  return { found: words[WORD.found], broken: words[WORD.broken] };
}

test('a reader never sees half a record or a freed one', async () => {
  const { found, broken } = await race(false);
  assert.ok(found > 10_000, `${found}`);
  assert.equal(broken, 0);
});

test('a reader that does not say when it reads is found out: the test above can fail', async () => {
  const { broken } = await race(true);
  assert.ok(broken > 0);
});
