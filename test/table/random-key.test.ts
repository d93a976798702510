import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomKey } from '../../src/table/random-key.ts';

test('randomKey() gives another key each time', () => {
  const keys = Array.from({ length: 100 }, () => randomKey().join(' '));
  assert.equal(new Set(keys).size, keys.length);
});
