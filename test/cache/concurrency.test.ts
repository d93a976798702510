/** A reader in a second thread while answers come and go. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createCacheClock } from '../../src/cache/cache-clock.ts';
import { question, TestCache } from '../support/cache.ts';
import { createRandom } from '../table/seeded-random.ts';

const NAMES = 200;
const CHANGES = 60_000;

test('a reader finds whole answers to its own question, while others are put and evicted', async () => {
  // Fewer entries than names, and little memory: what goes is soon written over.
  const cache = new TestCache({ entries: 60, bytes: 1 << 20 });
  const control = new SharedArrayBuffer(12);
  const words = new Int32Array(control);
  const clock = createCacheClock();
  const worker = new Worker(new URL('./cache-reader-thread.ts', import.meta.url), {
    workerData: { memory: cache.memory, control, names: NAMES },
  });
  const ended = once(worker, 'exit');
  await once(worker, 'message');
  const questions = Array.from({ length: NAMES }, (_, i) => question(`name${i}.example`));
  const random = createRandom(5);
  for (let change = 0; change < CHANGES; change++) {
    const number = random(NAMES);
    cache.now = clock();
    const kind = random(2) === 0 ? 'positive' : 'negative';
    cache.put(questions[number], { kind, content: number, length: 16 + random(3000) });
    if (change % 500 === 0) cache.cache.sweep();
  }
  Atomics.store(words, 0, 1);
  await ended;
  const [, found, broken] = words;
  assert.ok(found > 1000, `${found}`);
  assert.equal(broken, 0);
});
