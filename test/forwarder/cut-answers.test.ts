/** How soon an answer that was cut is had by TCP, where nothing else makes the event loop turn. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { IMPLEMENTATIONS, REAL_TIME, TestForwarder } from '../support/test-forwarder.ts';

const THREAD = new URL('./cut-upstream-thread.ts', import.meta.url);
const COUNT = 21;
/** It takes 2 ms; 10 to 100 where the event loop waits for something else first. */
const MOST_MS = 8;

for (const { name, skip, open } of IMPLEMENTATIONS) {
  test(`what is cut is asked for by TCP at once, by ${name}`, { skip }, async (t) => {
    const upstream = new Worker(THREAD);
    const [port] = await once(upstream, 'message');
    const udp = open();
    const address = { transport: 'udp', address: '127.0.0.1', port, serverName: '' } as const;
    const tested = new TestForwarder(udp, [address], { now: REAL_TIME });
    t.after(async () => {
      tested.forwarder.close();
      tested.set.close();
      udp.close();
      await upstream.terminate();
    });
    const durations: number[] = [];
    for (let i = 0; i < COUNT; i++) {
      const startedAt = performance.now();
      assert.equal((await tested.ask(`name${i}.example A`)).last, 1);
      durations.push(performance.now() - startedAt);
    }
    const median = durations.toSorted((a, b) => a - b)[COUNT >> 1];
    assert.ok(median < MOST_MS, `${median} ms`);
  });
}
