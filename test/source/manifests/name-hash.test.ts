import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashName } from '../../../src/source/manifests/name-hash.ts';

test('hashName() gives the same for the same name, on every machine', () => {
  assert.equal(hashName(''), 2_872_998_923);
  assert.equal(hashName('IPv4 shop/cart'), 2_192_919_642);
});

test('hashName() spreads names that differ in their last character', () => {
  const SLOTS = 256;
  const counts = new Uint32Array(SLOTS);
  for (let i = 0; i < 100 * SLOTS; i++) counts[hashName(`IPv4 shop/web-${i}`) % SLOTS]++;
  // 100 on average; 6 standard deviations, which one name in a billion would pass by chance.
  for (const count of counts) assert.ok(count > 40 && count < 160, `${count} in a slot`);
});
