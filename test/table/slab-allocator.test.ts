import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { SLAB_BYTES, SLOT_BYTES, SlabAllocator } from '../../src/table/slab-allocator.ts';
import { createRandom } from './seeded-random.ts';

const ARENA_AT = 4096;

function open(slabs: number): { words: Int32Array; allocator: SlabAllocator } {
  const words = new Int32Array((ARENA_AT + slabs * SLAB_BYTES) / 4);
  return { words, allocator: new SlabAllocator({ words, arenaAt: ARENA_AT }) };
}

/** Allocates so many bytes until there is no more. */
function fill(allocator: SlabAllocator, bytes: number): number[] {
  const offsets: number[] = [];
  for (;;) {
    const offset = allocator.allocate(bytes);
    if (offset === 0) return offsets;
    offsets.push(offset);
  }
}

suite('SlabAllocator', () => {
  test("gives memory that is aligned, within the arena and nobody else's, in any order", () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(4, 40), (seed, slabs) => {
        const { words, allocator } = open(slabs);
        const random = createRandom(seed);
        const held: { offset: number; bytes: number; mark: number }[] = [];
        const release = (at: number) => {
          const { offset, bytes, mark } = held[at];
          held[at] = held[held.length - 1];
          held.pop();
          const own = words.subarray(offset >> 2, (offset + bytes) >> 2);
          assert.ok(own.every((word) => word === mark));
          allocator.free(offset);
        };
        for (let i = 1; i <= 20_000; i++) {
          if (held.length > 0 && random(5) < 2) release(random(held.length));
          // All sizes up to 4 KiB, some up to a slot's largest, few up to five slabs.
          const most = [4096, 4096, 4096, 32_768][random(4)] * (random(50) === 0 ? 10 : 1);
          const bytes = 20 + random(most / 4 - 4) * 4;
          const offset = allocator.allocate(bytes);
          if (offset === 0) {
            if (held.length > 0) release(random(held.length));
            continue;
          }
          assert.equal(offset % 8, 0);
          assert.ok(offset >= ARENA_AT && offset + bytes <= words.byteLength);
          words.fill(i, offset >> 2, (offset + bytes) >> 2);
          held.push({ offset, bytes, mark: i });
          assert.ok(allocator.reservedBytes <= allocator.limitBytes);
        }
        while (held.length > 0) release(held.length - 1);
        assert.equal(allocator.reservedBytes, 0);
        // Nothing is lost on the way: the whole arena can be had as one.
        assert.equal(allocator.allocate(slabs * SLAB_BYTES), ARENA_AT);
      }),
      { numRuns: 10 },
    );
  });

  test('fills at least half of full slabs with records, of whatever size', () => {
    const worst = [32, ...SLOT_BYTES.map((bytes) => bytes + 4), SLAB_BYTES, SLAB_BYTES + 4];
    for (const bytes of worst) {
      const { allocator } = open(4);
      const used = fill(allocator, bytes).length * bytes;
      assert.ok(used * 2 > allocator.limitBytes, `${bytes}`);
    }
  });

  test('has slots less than 8 bytes or an eighth larger than what they hold', () => {
    SLOT_BYTES.slice(1).forEach((bytes, i) => {
      const least = SLOT_BYTES[i] + 4;
      assert.ok(bytes - least < Math.max(8, least / 8), `${least} in ${bytes}`);
    });
  });

  test('serves any size again with what another size gave back', () => {
    const { allocator } = open(8);
    for (const bytes of [32, 1000, 32_768, 100_000, 48, 8 * SLAB_BYTES, 32]) {
      const offsets = fill(allocator, bytes);
      assert.ok(offsets.length * bytes > allocator.limitBytes / 2, `${bytes}`);
      for (const offset of offsets) allocator.free(offset);
      assert.equal(allocator.reservedBytes, 0);
    }
  });

  test('keeps a slab for as long as one slot of it is in use', () => {
    const { allocator } = open(1);
    const offsets = fill(allocator, 64);
    for (const offset of offsets.slice(1)) allocator.free(offset);
    assert.equal(allocator.reservedBytes, SLAB_BYTES);
    assert.equal(allocator.allocate(128), 0);
    assert.notEqual(allocator.allocate(64), 0);
  });

  test('refuses more than there is, and goes on', () => {
    const { allocator } = open(2);
    assert.equal(allocator.allocate(3 * SLAB_BYTES), 0);
    assert.equal(allocator.reservedBytes, 0);
    assert.equal(allocator.allocate(2 * SLAB_BYTES), ARENA_AT);
    assert.equal(allocator.allocate(32), 0);
  });
});
