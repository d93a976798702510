import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { clearReader, createTable, type TableOptions } from '../../src/table/table.ts';
import { TableReader } from '../../src/table/table-reader.ts';
import { TableWriter } from '../../src/table/table-writer.ts';

const MIB = 1 << 20;

function open(options: TableOptions = {}) {
  const buffer = createTable({ maxBytes: 4 * MIB, buckets: 1 << 8, readers: 2, ...options });
  return { buffer, writer: new TableWriter(buffer), reader: new TableReader(buffer, 0) };
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** What a reader finds for a key; undefined where it finds nothing. */
function read(reader: TableReader, key: Uint8Array): Uint8Array | undefined {
  reader.enter();
  reader.key.set(key);
  const record = reader.find(key.length);
  const start = record === 0 ? 0 : reader.valueStart(record);
  const value =
    record === 0 ? undefined : reader.bytes.slice(start, start + reader.valueLength(record));
  reader.leave();
  return value;
}

/** Numbers from a seed: the model test makes millions of choices, too many for an arbitrary each. */
function createRandom(seed: number): (below: number) => number {
  let state = seed | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

function keyOf(random: (below: number) => number): Uint8Array {
  const key = new Uint8Array(1 + random(random(8) === 0 ? 255 : 12));
  for (let i = 0; i < key.length; i++) key[i] = random(4);
  return key;
}

function valueOf(random: (below: number) => number): Uint8Array {
  const sizes = [0, 40, 400, 4000, 40_000, 200_000];
  const size = sizes[Math.min(random(3) + random(2) + (random(2000) === 0 ? 3 : 0), 5)];
  return new Uint8Array(random(size + 1)).fill(random(256));
}

test('TableWriter and TableReader hold what a Map holds, through 2,000,000 random changes', () => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(4, 64, 4096), (seed, buckets) => {
      const { writer, reader } = open({ maxBytes: 64 * MIB, buckets });
      const model = new Map<string, Uint8Array>();
      const random = createRandom(seed);
      for (let change = 0; change < 100_000; change++) {
        const key = keyOf(random);
        const name = Buffer.from(key).latin1Slice();
        if (random(3) === 0) {
          assert.equal(writer.delete(key), model.delete(name));
        } else {
          const value = valueOf(random);
          assert.ok(writer.set(key, value));
          model.set(name, value);
        }
        if (change % 7 === 0) {
          const asked = keyOf(random);
          const expected = model.get(Buffer.from(asked).latin1Slice());
          assert.deepEqual(read(reader, asked), expected);
          assert.deepEqual(writer.get(asked), expected && new Uint8Array(expected));
        }
        if (model.size > 600) {
          for (const each of model.keys()) assert.ok(writer.delete(bytes(each)));
          model.clear();
          assert.equal(writer.stats().usedBytes, 0);
        }
      }
      assert.equal(writer.stats().records, model.size);
      for (const [key, value] of model)
        assert.deepEqual(read(reader, bytes(key)), new Uint8Array(value));
      for (const key of model.keys()) writer.delete(bytes(key));
      writer.reclaim();
      const { records, usedBytes, retiredBytes, reservedBytes } = writer.stats();
      assert.deepEqual(
        { records, usedBytes, retiredBytes, reservedBytes },
        {
          records: 0,
          usedBytes: 0,
          retiredBytes: 0,
          reservedBytes: 0,
        },
      );
    }),
    { numRuns: 20 },
  );
});

suite('TableWriter', () => {
  test('set() of an equal value changes nothing', () => {
    const { writer } = open();
    writer.set(bytes('a'), bytes('1'));
    const { changes } = writer;
    writer.set(bytes('a'), bytes('1'));
    assert.equal(writer.changes, changes);
    writer.set(bytes('a'), bytes('2'));
    assert.equal(writer.changes, changes + 1);
  });

  test('set() refuses what does not fit, keeps the old value, counts, and takes again after deletes', () => {
    const { writer, reader } = open({ maxBytes: MIB });
    const value = new Uint8Array(1000);
    let held = 0;
    while (writer.set(bytes(`key-${held}`), value)) held++;
    assert.ok(held > 500 && held < 1050, `${held}`);
    assert.equal(writer.stats().rejected, 1);
    assert.equal(writer.set(bytes('key-7'), new Uint8Array(200_000)), false);
    assert.deepEqual(read(reader, bytes('key-7')), value);
    assert.ok(writer.stats().reservedBytes <= writer.stats().limitBytes);
    for (let i = 0; i < held; i++) assert.ok(writer.delete(bytes(`key-${i}`)));
    // The memory of one size serves any other.
    assert.ok(writer.set(bytes('large'), new Uint8Array(800_000).fill(7)));
    assert.equal(read(reader, bytes('large'))?.[799_999], 7);
  });

  test('set() reuses memory: endless replacement takes no more of it', () => {
    const { writer } = open({ maxBytes: MIB });
    const random = createRandom(7);
    let reserved = 0;
    for (let round = 0; round < 20_000; round++) {
      for (let i = 0; i < 10; i++) {
        assert.ok(writer.set(bytes(`key-${i}`), new Uint8Array(random(3000)).fill(round)));
      }
      if (round === 10_000) reserved = writer.stats().reservedBytes;
    }
    assert.ok(writer.stats().reservedBytes <= reserved * 1.5);
  });

  test('it throws RangeError for keys of no or more than 255 bytes and values over 1 MiB', () => {
    const { writer } = open();
    for (const length of [0, 256]) {
      assert.throws(() => writer.set(new Uint8Array(length), bytes('')), RangeError);
    }
    assert.throws(() => writer.set(bytes('a'), new Uint8Array(MIB + 1)), RangeError);
    assert.ok(writer.set(new Uint8Array(255), new Uint8Array(MIB)));
  });

  test('it tells keys apart that differ in zeros at their end', () => {
    const { writer, reader } = open();
    for (let length = 1; length <= 9; length++)
      writer.set(new Uint8Array(length), Uint8Array.of(length));
    for (let length = 1; length <= 9; length++) {
      assert.deepEqual(read(reader, new Uint8Array(length)), Uint8Array.of(length));
    }
  });
});

suite('quiet points', () => {
  test('what a reader may hold is not freed, and all of it is when the reader leaves', () => {
    const { writer, reader } = open({ maxBytes: MIB });
    writer.set(bytes('a'), new Uint8Array(1000).fill(1));
    reader.enter();
    reader.key.set(bytes('a'));
    const start = reader.valueStart(reader.find(1));
    let refused = false;
    for (let i = 2; i < 5000 && !refused; i++) {
      refused = !writer.set(bytes('a'), new Uint8Array(1000).fill(i));
      assert.ok(reader.bytes.subarray(start, start + 1000).every((byte) => byte === 1));
    }
    // Memory is bounded even while a reader holds on to it.
    assert.ok(refused);
    reader.leave();
    assert.ok(writer.set(bytes('a'), new Uint8Array(1000).fill(2)));
    writer.reclaim();
    assert.equal(writer.stats().retiredBytes, 0);
  });

  test('clearReader() lets go of what a dead reader held', () => {
    const { buffer, writer, reader } = open({ maxBytes: MIB });
    reader.enter();
    writer.set(bytes('a'), bytes('1'));
    writer.set(bytes('a'), bytes('2'));
    assert.equal(writer.reclaim(), 0);
    clearReader(buffer, 0);
    assert.equal(writer.reclaim(), 1);
  });

  test('a reader that enters after a change holds nothing up', () => {
    const { writer, reader } = open();
    writer.set(bytes('a'), bytes('1'));
    writer.set(bytes('a'), bytes('2'));
    reader.enter();
    assert.equal(writer.reclaim(), 1);
    writer.delete(bytes('a'));
    assert.equal(writer.reclaim(), 0);
    reader.leave();
    assert.equal(writer.reclaim(), 1);
  });
});

test('createTable() and TableReader refuse what cannot be', () => {
  assert.throws(() => createTable({ buckets: 1000 }), RangeError);
  assert.throws(() => createTable({ maxBytes: 1000 }), RangeError);
  assert.throws(() => new TableReader(createTable({ readers: 2 }), 2), RangeError);
  assert.throws(() => new TableReader(new SharedArrayBuffer(1024), 0), TypeError);
});
