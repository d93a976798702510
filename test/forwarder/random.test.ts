import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomUint16 } from '../../src/forwarder/random.ts';

test('randomUint16() gives every number about as often as the others', () => {
  const each = 16;
  const counts = new Uint32Array(65_536);
  for (let i = 0; i < each * counts.length; i++) counts[randomUint16()]++;
  // Chi-squared with 65,535 degrees of freedom: mean 65,535, standard deviation 362. Ten of them, once in 10^22 runs.
  const chiSquared = counts.reduce((sum, count) => sum + (count - each) ** 2 / each, 0);
  assert.ok(Math.abs(chiSquared - 65_535) < 3620, `chi-squared ${chiSquared}`);
});

test('randomUint16() does not repeat a stretch of its numbers', () => {
  const take = () => Array.from({ length: 2048 }, randomUint16).join(' ');
  assert.equal(new Set([take(), take(), take(), take()]).size, 4);
});
