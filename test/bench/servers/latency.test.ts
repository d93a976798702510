import assert from 'node:assert/strict';
import { test } from 'node:test';
import { percentilesOf } from './latency.ts';

test('percentilesOf() gives latencies that were seen, in whatever order they came', () => {
  const latencies = Array.from({ length: 1000 }, (_, i) => 1000 - i);
  assert.deepEqual(percentilesOf(latencies), {
    p50: 500,
    p90: 900,
    p99: 990,
    p999: 999,
    max: 1000,
  });
});

test('percentilesOf() gives the only one there is for each', () => {
  assert.deepEqual(percentilesOf([7]), { p50: 7, p90: 7, p99: 7, p999: 7, max: 7 });
});

test('percentilesOf() gives nothing of nothing', () => {
  assert.equal(percentilesOf([]), undefined);
});
