/** A reader in a second thread while the writer replaces and deletes what it reads. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { createTable } from '../../src/table/table.ts';
import { TableWriter } from '../../src/table/table-writer.ts';
import { createRandom } from './seeded-random.ts';
import { buildValue, keyBytes, WORD } from './self-describing.ts';

const KEYS = 50;
const CHANGES = 300_000;
/** How long a reader may take to end that runs in circles in freed memory. */
const END_LIMIT_MS = 10_000;

interface Outcome {
  readonly found: number;
  readonly broken: number;
  readonly changes: number;
}

/** Changes the table all the time, in little memory, so that what is freed is soon written over. */
async function race(options: {
  ignoresQuietPoints: boolean;
  poisonFreed: boolean;
}): Promise<Outcome> {
  const table = createTable({ maxBytes: 2 << 20, buckets: 8, readers: 2 });
  const control = new SharedArrayBuffer(12);
  const words = new Int32Array(control);
  const writer = new TableWriter(table, options);
  const keys = Array.from({ length: KEYS }, (_, i) => keyBytes(i));
  writer.set(keys[0], buildValue(keys[0], 0, 12));
  const worker = new Worker(new URL('./reader-thread.ts', import.meta.url), {
    workerData: { ...options, table, control, keys: KEYS },
  });
  const started = once(worker, 'message');
  // Freed memory may as well be an address out of bounds, or a chain without an end.
  worker.on('error', () => Atomics.add(words, WORD.broken, 1));
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  await started;
  changeAll(writer, keys);
  Atomics.store(words, WORD.stop, 1);
  const limit = new AbortController();
  const hung = sleep(END_LIMIT_MS, 'hung', { signal: limit.signal }).catch(() => undefined);
  if ((await Promise.race([ended, hung])) === 'hung') Atomics.add(words, WORD.broken, 1);
  limit.abort();
  await worker.terminate();
  return { found: words[WORD.found], broken: words[WORD.broken], changes: writer.changes };
}

function changeAll(writer: TableWriter, keys: readonly Uint8Array[]): void {
  const random = createRandom(1);
  for (let change = 1; change <= CHANGES; change++) {
    const number = random(KEYS);
    // Now and then one that takes slabs of its own.
    const length = change % 2000 === 0 ? 70_000 : 12 + random(600);
    if (change % 5 === 0 && number !== 0) writer.delete(keys[number]);
    else if (writer.set(keys[number], buildValue(keys[number], change, length)) === 0) pause();
  }
}

/** Nothing is freed while a busy machine lets the reader stand in the middle of a query: it may need this processor. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}

for (const poisonFreed of [false, true]) {
  const how = poisonFreed ? 'poisoned' : 'reused';
  test(`a reader never sees half a record, a freed one (${how}) or an older one than before`, async () => {
    const { found, broken, changes } = await race({ ignoresQuietPoints: false, poisonFreed });
    assert.ok(found > 10_000, `${found}`);
    assert.ok(changes > CHANGES / 2, `${changes}`);
    assert.equal(broken, 0);
  });
}

test('a reader that does not say when it reads is found out: the tests above can fail', async () => {
  const { broken } = await race({ ignoresQuietPoints: true, poisonFreed: true });
  assert.ok(broken > 0);
});
