/** What a reader may hold is not freed; all else is. In one thread, so that each step comes when it is told to. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { readerWord, WORD } from '../../src/table/layout.ts';
import { clearReader, createTable } from '../../src/table/table.ts';
import { TableReader } from '../../src/table/table-reader.ts';
import { TableWriter } from '../../src/table/table-writer.ts';
import { buildValue, isWhole, keyBytes, versionOf } from './self-describing.ts';

const VALUE_BYTES = 1000;
const KEY = keyBytes(1);
const OTHER = keyBytes(2);

/** A table of one chain, of 1 MiB, whose epoch begins where it is told to. */
function open({ epoch = 1, poisonFreed = false } = {}) {
  const buffer = createTable({ maxBytes: 1 << 20, buckets: 1, readers: 3 });
  const words = new Int32Array(buffer);
  words[WORD.epoch] = epoch;
  const writer = new TableWriter(buffer, { poisonFreed });
  const readers = [0, 1, 2].map((index) => new TableReader(buffer, index));
  return { buffer, words, writer, readers };
}

function put(writer: TableWriter, version: number, key = KEY): boolean {
  return writer.set(key, buildValue(key, version, VALUE_BYTES)) !== 0;
}

/** Finds a key and tells, as often as it is asked, whether what was found is still there, in the same version. */
function hold(reader: TableReader, key = KEY): () => boolean {
  reader.key.set(key);
  const { bytes } = reader;
  const start = reader.valueStart(reader.find(key.length));
  const version = versionOf(bytes, start);
  return () =>
    isWhole(bytes, { start, length: VALUE_BYTES, key }) && versionOf(bytes, start) === version;
}

suite('quiet points', () => {
  test('a reader that never leaves keeps its record whole; memory ends, and comes back when it leaves', () => {
    const { writer, readers } = open({ poisonFreed: true });
    put(writer, 1);
    readers[0].enter();
    const isHeld = hold(readers[0]);
    let version = 2;
    for (; put(writer, version); version++) assert.ok(isHeld());
    assert.ok(version > 500 && version < 1100, `${version}`);
    assert.equal(writer.stats().rejected, 1);
    assert.ok(!put(writer, version) && isHeld());
    assert.ok(writer.stats().retiredBytes > 500 * VALUE_BYTES);
    readers[0].leave();
    assert.ok(put(writer, version));
    writer.reclaim();
    assert.equal(writer.stats().retiredBytes, 0);
    assert.ok(!isHeld());
  });

  test('where a reader that holds a record is taken for dead, it is found out: the tests can fail', () => {
    for (const poisonFreed of [false, true]) {
      const { buffer, writer, readers } = open({ poisonFreed });
      put(writer, 1);
      readers[0].enter();
      const isHeld = hold(readers[0]);
      clearReader(buffer, 0);
      for (let version = 2; version < 10; version++) put(writer, version);
      assert.ok(!isHeld());
    }
  });

  test('clearReader() lets go of what a dead reader held, and of nothing else', () => {
    const { buffer, writer, readers } = open();
    put(writer, 1);
    readers[0].enter();
    readers[1].enter();
    put(writer, 2);
    clearReader(buffer, 0);
    assert.equal(writer.reclaim(), 0);
    clearReader(buffer, 1);
    assert.equal(writer.reclaim(), 1);
  });

  test('each reader counts, and one that enters after a change holds nothing up', () => {
    for (let index = 0; index < 3; index++) {
      const { writer, readers } = open();
      put(writer, 1);
      readers[index].enter();
      put(writer, 2);
      readers[(index + 1) % 3].enter();
      assert.equal(writer.reclaim(), 0);
      put(writer, 3);
      readers[index].leave();
      // The other one may hold version 2, not version 1.
      assert.equal(writer.reclaim(), 1);
      readers[(index + 1) % 3].leave();
      assert.equal(writer.reclaim(), 1);
    }
  });

  test('a record reached by the link of one that was deleted before is kept, too', () => {
    const { writer, readers, words } = open({ poisonFreed: true });
    put(writer, 1, KEY);
    put(writer, 1, OTHER);
    readers[0].enter();
    const first = Atomics.load(words, words[WORD.bucketsAt]);
    writer.delete(KEY);
    writer.delete(OTHER);
    writer.reclaim();
    const second = Atomics.load(words, first >> 2);
    assert.deepEqual(writer.keyAt(second), Uint8Array.from(OTHER));
    const start = readers[0].valueStart(second);
    assert.ok(isWhole(readers[0].bytes, { start, length: VALUE_BYTES, key: OTHER }));
    readers[0].leave();
    assert.equal(writer.reclaim(), 2);
  });

  test('an epoch that is loaded early and stored late keeps memory longer, and loses nothing', () => {
    const { words, writer, readers } = open({ poisonFreed: true });
    put(writer, 1);
    const epoch = Atomics.load(words, WORD.epoch);
    put(writer, 2);
    assert.equal(writer.reclaim(), 1);
    Atomics.store(words, readerWord(0), epoch);
    const isHeld = hold(readers[0]);
    put(writer, 3);
    assert.equal(writer.reclaim(), 0);
    assert.ok(isHeld());
    readers[0].leave();
    assert.equal(writer.reclaim(), 1);
  });

  test('enter() ends with the epoch that is current, though the writer raises it meanwhile', (t) => {
    const { words, writer, readers } = open();
    put(writer, 1);
    const store = Atomics.store;
    let raises = 3;
    t.mock.method(Atomics, 'store', (array: Int32Array, index: number, value: number) => {
      // Between the reader's load and its store.
      if (index === readerWord(0) && raises-- > 0) put(writer, 10 + raises);
      return store(array, index, value);
    });
    readers[0].enter();
    assert.ok(raises < 0);
    assert.equal(words[readerWord(0)], words[WORD.epoch]);
  });

  test('epochs wrap, at either end, without freeing early or never', () => {
    for (const epoch of [0x7fffffff - 3, -3]) {
      const { words, writer, readers } = open({ epoch, poisonFreed: true });
      for (let round = 0; round < 8; round++) {
        put(writer, round * 100);
        readers[0].enter();
        const isHeld = hold(readers[0]);
        for (let change = 1; change <= round; change++) put(writer, round * 100 + change);
        writer.reclaim();
        assert.ok(isHeld());
        assert.notEqual(words[readerWord(0)], 0);
        readers[0].leave();
        writer.reclaim();
        assert.equal(writer.stats().retiredBytes, 0);
      }
    }
  });

  test('changes free what others left, little by little, without being told to', () => {
    const { writer, readers } = open();
    readers[0].enter();
    for (let version = 0; version < 300; version++) put(writer, version);
    readers[0].leave();
    for (let i = 0; i < 150; i++) {
      put(writer, i);
      writer.delete(KEY);
    }
    assert.ok(writer.stats().retiredBytes <= 2 * 1100, `${writer.stats().retiredBytes}`);
  });

  test('set() frees all that can be before it refuses', () => {
    const { writer, readers } = open();
    readers[0].enter();
    for (let version = 0; put(writer, version); version++);
    readers[0].leave();
    assert.notEqual(writer.set(OTHER, new Uint8Array(700_000)), 0);
    assert.equal(writer.stats().retiredBytes, 0);
  });

  test('reclaim() frees no more than it is told to', () => {
    const { writer, readers } = open();
    readers[0].enter();
    for (let version = 0; version <= 10; version++) put(writer, version);
    readers[0].leave();
    assert.deepEqual([writer.reclaim(4), writer.reclaim(), writer.reclaim()], [4, 6, 0]);
  });
});
