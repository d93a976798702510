import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getHeapSpaceStatistics } from 'node:v8';
import { compactHeap } from '../src/return-memory.ts';

test('compactHeap() gives back the room of objects that are gone, young and old', () => {
  let objects: object[] | undefined = Array.from({ length: 500_000 }, (_, i) => ({
    i,
    text: `${i}`,
  }));
  const before = roomOf(['new_space', 'old_space']);
  assert.equal(objects.length, 500_000);
  objects = undefined;
  compactHeap();
  const after = roomOf(['new_space', 'old_space']);
  assert.ok(before - after > 20e6, `${before} bytes, then ${after}`);
  assert.ok(roomOf(['new_space']) < 2 ** 20);
});

/** Resident bytes. */
function roomOf(spaces: readonly string[]): number {
  const chosen = getHeapSpaceStatistics().filter(({ space_name }) => spaces.includes(space_name));
  return chosen.reduce((sum, { physical_space_size }) => sum + physical_space_size, 0);
}
