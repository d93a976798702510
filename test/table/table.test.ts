import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { getHeapStatistics } from 'node:v8';
import fc from 'fast-check';
import { KEY_TAG_MASK, MAX_TABLE_BYTES, RECORD_WORD, WORD } from '../../src/table/layout.ts';
import { clearReader, createTable, type TableOptions } from '../../src/table/table.ts';
import { TableReader } from '../../src/table/table-reader.ts';
import { TableWriter } from '../../src/table/table-writer.ts';
import { createRandom, type Random } from './seeded-random.ts';

const MIB = 1 << 20;
const SLAB_BYTES = 1 << 16;

function open(options: TableOptions = {}) {
  const buffer = createTable({ maxBytes: 4 * MIB, buckets: 1 << 8, readers: 2, ...options });
  return { buffer, writer: new TableWriter(buffer), reader: new TableReader(buffer, 0) };
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

function textOf(key: Uint8Array): string {
  return Buffer.from(key).toString('latin1');
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

function pickKey(random: Random): Uint8Array {
  const key = new Uint8Array(1 + random(random(8) === 0 ? 255 : 12));
  for (let i = 0; i < key.length; i++) key[i] = random(4);
  return key;
}

function pickValue(random: Random): Uint8Array {
  const sizes = [0, 40, 400, 4000, 40_000, 200_000];
  const size = sizes[Math.min(random(3) + random(2) + (random(2000) === 0 ? 3 : 0), 5)];
  return new Uint8Array(random(size + 1)).fill(random(256));
}

test('TableWriter and TableReader hold what a Map holds, through 2,000,000 random changes', () => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom(1, 64, 4096), (seed, buckets) => {
      const { writer, reader } = open({ maxBytes: 64 * MIB, buckets });
      const model = new Map<string, { value: Uint8Array; record: number }>();
      const random = createRandom(seed);
      for (let change = 0; change < 100_000; change++) {
        const key = pickKey(random);
        const name = textOf(key);
        const before = model.get(name);
        if (random(3) === 0) {
          assert.equal(writer.delete(key), model.delete(name));
        } else {
          const value = random(8) === 0 ? (before?.value ?? new Uint8Array(0)) : pickValue(random);
          const record = writer.set(key, value);
          assert.notEqual(record, 0);
          const isEqual = before !== undefined && Buffer.compare(before.value, value) === 0;
          assert.equal(record === before?.record, isEqual);
          model.set(name, { value, record });
        }
        if (change % 7 === 0) {
          const asked = pickKey(random);
          const expected = model.get(textOf(asked));
          assert.deepEqual(read(reader, asked), expected?.value);
          assert.deepEqual(writer.get(asked), expected?.value);
          assert.equal(writer.has(asked), expected !== undefined);
          if (expected) assert.deepEqual(writer.keyAt(expected.record), asked);
        }
        if (model.size > 600) {
          for (const each of model.keys()) assert.ok(writer.delete(bytes(each)));
          model.clear();
          assert.equal(writer.stats().usedBytes, 0);
        }
      }
      const { records, keyBytes } = writer.stats();
      assert.equal(records, model.size);
      assert.equal(
        keyBytes,
        [...model.keys()].reduce((sum, key) => sum + key.length, 0),
      );
      for (const [key, { value, record }] of model) {
        assert.deepEqual(read(reader, bytes(key)), value);
        assert.deepEqual(writer.keyAt(record), bytes(key));
      }
      for (const key of model.keys()) writer.delete(bytes(key));
      writer.reclaim();
      const { limitBytes, ...rest } = writer.stats();
      assert.ok(limitBytes > 63 * MIB);
      assert.deepEqual(rest, {
        records: 0,
        keyBytes: 0,
        usedBytes: 0,
        retiredBytes: 0,
        reservedBytes: 0,
        rejected: 0,
      });
    }),
    { numRuns: 20 },
  );
});

suite('TableWriter', () => {
  test('set() of an equal value changes nothing and gives the same record', () => {
    const { writer } = open();
    const record = writer.set(bytes('a'), bytes('1'));
    const { changes } = writer;
    assert.equal(writer.set(bytes('a'), bytes('1')), record);
    assert.equal(writer.changes, changes);
    assert.equal(writer.stats().retiredBytes, 0);
    assert.notEqual(writer.set(bytes('a'), bytes('2')), record);
    assert.equal(writer.changes, changes + 1);
  });

  test('set() refuses what does not fit, keeps the old value, counts, and takes again after deletes', () => {
    const { writer, reader } = open({ maxBytes: MIB });
    const value = new Uint8Array(1000);
    let held = 0;
    while (writer.set(bytes(`key-${held}`), value) !== 0) held++;
    assert.ok(held > 500 && held < 1050, `${held}`);
    assert.equal(writer.stats().rejected, 1);
    const { changes } = writer;
    assert.equal(writer.set(bytes('key-7'), new Uint8Array(200_000)), 0);
    assert.deepEqual([writer.changes, writer.stats().rejected], [changes, 2]);
    assert.deepEqual(read(reader, bytes('key-7')), value);
    assert.equal(read(reader, bytes(`key-${held}`)), undefined);
    assert.ok(writer.stats().reservedBytes <= writer.stats().limitBytes);
    for (let i = 0; i < held; i++) assert.ok(writer.delete(bytes(`key-${i}`)));
    // The memory of one size serves any other.
    assert.ok(writer.set(bytes('large'), new Uint8Array(800_000).fill(7)));
    assert.equal(read(reader, bytes('large'))?.[799_999], 7);
  });

  test('set() reuses memory: endless replacement takes no more of it', () => {
    const { writer } = open({ maxBytes: 2 * MIB });
    const random = createRandom(7);
    for (let round = 0; round < 20_000; round++) {
      for (let i = 0; i < 10; i++) {
        assert.ok(writer.set(bytes(`key-${i}`), new Uint8Array(random(3000)).fill(round)));
      }
      // At most two records wait to be freed, and each that is there keeps one slab at most.
      assert.ok(writer.stats().reservedBytes <= 12 * SLAB_BYTES);
    }
  });

  test('it throws RangeError for keys of no or more than 255 bytes and values over 1 MiB', () => {
    const { writer } = open();
    for (const key of [new Uint8Array(0), new Uint8Array(256)]) {
      assert.throws(() => writer.set(key, bytes('')), RangeError);
      assert.throws(() => writer.delete(key), RangeError);
      assert.throws(() => writer.get(key), RangeError);
      assert.throws(() => writer.has(key), RangeError);
    }
    assert.throws(() => writer.set(bytes('a'), new Uint8Array(MIB + 1)), RangeError);
    assert.ok(writer.set(new Uint8Array(255), new Uint8Array(MIB)));
    assert.throws(() => writer.keyAt(0), RangeError);
  });

  test('it is the only one of its table', () => {
    const { buffer } = open();
    assert.throws(() => new TableWriter(buffer), /Cannot open table for writing/);
  });
});

suite('TableReader', () => {
  test('find() tells keys apart that differ in zeros at their end, and takes any rest of an older key', () => {
    const { writer, reader } = open();
    for (let length = 1; length <= 9; length++) {
      writer.set(new Uint8Array(length), Uint8Array.of(length));
    }
    for (let length = 1; length <= 9; length++) {
      reader.key.fill(0xff);
      assert.deepEqual(read(reader, new Uint8Array(length)), Uint8Array.of(length));
    }
    assert.equal(reader.find(0), 0);
  });

  test('find() is not confused by keys of one hash', () => {
    const pairs = [
      [bytes('kind'), bytes('name')],
      [Uint8Array.of(0), Uint8Array.of(0, 0)],
    ];
    for (const [first, second] of pairs) {
      const { buffer, writer, reader } = open({ buckets: 1 });
      const words = new Int32Array(buffer);
      const records = [first, second].map((key) => writer.set(key, key) >> 2);
      // The first in the chain gets what the second's key has of a hash: only length and bytes now tell them apart.
      const [tag, other] = records.map((at) => words[at + RECORD_WORD.lengths] & KEY_TAG_MASK);
      words[records[0] + RECORD_WORD.lengths] ^= (tag ^ other) & ~0xff;
      assert.deepEqual(read(reader, second), second);
      assert.deepEqual(writer.get(second), second);
    }
  });

  test('valueStart() is a multiple of 4, whatever the length of the key', () => {
    const { writer, reader } = open();
    for (let length = 1; length <= 255; length++) {
      const key = new Uint8Array(length).fill(1);
      writer.set(key, Uint8Array.of(length));
      reader.key.set(key);
      const start = reader.valueStart(reader.find(length));
      assert.deepEqual([start % 4, reader.bytes[start]], [0, length]);
    }
  });

  test('enter(), find() and leave() allocate nothing', (t) => {
    const allocatedBytes = (): number | undefined => {
      const statistics: { total_allocated_bytes?: number } = getHeapStatistics();
      return statistics.total_allocated_bytes;
    };
    if (allocatedBytes() === undefined) return t.skip('not counted by this Node.js');
    const { writer, reader } = open();
    writer.set(bytes('web.shop.svc.cluster.local'), bytes('192.0.2.1'));
    reader.key.set(bytes('web.shop.svc.cluster.local'));
    const look = (times: number) => {
      for (let i = 0; i < times; i++) {
        reader.enter();
        reader.valueStart(reader.find(26 - (i & 1)));
        reader.leave();
      }
    };
    look(1_000_000);
    const before = allocatedBytes() ?? 0;
    look(1_000_000);
    // The least that can be allocated is 8 bytes; what is left is compiling and this measurement.
    assert.ok((allocatedBytes() ?? 0) - before < 1_000_000);
  });
});

suite('createTable()', () => {
  test('refuses what cannot be', () => {
    const impossible: TableOptions[] = [
      { buckets: 1000 },
      { buckets: 0 },
      { buckets: 0.5 },
      { buckets: -2 },
      { readers: 0 },
      { readers: 1.5 },
      { maxBytes: 1000 },
      { maxBytes: Number.NaN },
      { maxBytes: MAX_TABLE_BYTES + 1 },
      { maxBytes: 2 * MIB, buckets: MIB },
    ];
    for (const options of impossible) assert.throws(() => createTable(options), RangeError);
    const buffer = createTable({ maxBytes: MIB, buckets: 1, readers: 2 });
    assert.ok(buffer.byteLength <= MIB);
    for (const reader of [2, -1, 0.5, Number.NaN]) {
      assert.throws(() => new TableReader(buffer, reader), RangeError);
      assert.throws(() => clearReader(buffer, reader), RangeError);
    }
    assert.throws(() => new TableReader(new SharedArrayBuffer(1024), 0), TypeError);
  });

  test('says so where the system refuses the memory', (t) => {
    t.mock.method(globalThis, 'SharedArrayBuffer', () => {
      throw new RangeError('Array buffer allocation failed');
    });
    assert.throws(() => createTable(), /^RangeError: Cannot reserve table of \d+ bytes/);
  });

  test('makes a table of 2 GiB that serves where addresses are largest', () => {
    const buffer = createTable({ maxBytes: MAX_TABLE_BYTES });
    // As if all before were taken, without touching it.
    new Int32Array(buffer)[WORD.arenaAt] = buffer.byteLength - MIB;
    const writer = new TableWriter(buffer);
    const reader = new TableReader(buffer, 0);
    const keyOf = (i: number) => bytes(`${i}`.padStart(8));
    let held = 0;
    while (writer.set(keyOf(held), keyOf(held)) !== 0) held++;
    // Header, key and value of the least size there is.
    assert.equal(held, MIB / 32);
    for (let i = 0; i < held; i++) {
      assert.deepEqual(read(reader, keyOf(i)), keyOf(i));
      assert.ok(writer.delete(keyOf(i)));
    }
    assert.ok(writer.set(bytes('large'), new Uint8Array(MIB - 100).fill(9)));
    assert.equal(read(reader, bytes('large'))?.at(-1), 9);
  });
});
