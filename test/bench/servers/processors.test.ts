import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCpuList } from './processors.ts';

test('parseCpuList() reads numbers and ranges', () => {
  assert.deepEqual(parseCpuList('0'), [0]);
  assert.deepEqual(parseCpuList('0-2,5,8-9'), [0, 1, 2, 5, 8, 9]);
});
