/**
 * TableReader.find() at two sizes of the table, hit and miss; TableWriter.set() and delete(); memory of a record.
 * Keys are asked in an order unlike that of their records, so that the larger table does not sit in the
 * processor's cache. A find includes putting 40 bytes of key where it looks.
 */
import { createTable } from '../../../src/table/table.ts';
import { TableReader } from '../../../src/table/table-reader.ts';
import { TableWriter } from '../../../src/table/table-writer.ts';
import { measure, printMeasured } from '../measure.ts';

const KEY_BYTES = 40;
const KEY_WORDS = KEY_BYTES / 4;
const VALUE_BYTES = 40;
/** Odd and no multiple of 5, hence a walk through all of 1,000 or 100,000 keys. */
const STRIDE = 61_803;

/** Keys that differ in their first bytes, as names do. */
function buildKeys(first: number, count: number, length = KEY_BYTES): Uint8Array[] {
  return Array.from({ length: count }, (_, i) =>
    Buffer.from(`svc-${first + i}`.padEnd(length, '.default.svc.cluster.local'), 'latin1'),
  );
}

function fill(keys: readonly Uint8Array[]): { writer: TableWriter; reader: TableReader } {
  const table = createTable();
  const writer = new TableWriter(table);
  for (const key of keys) writer.set(key, new Uint8Array(VALUE_BYTES).fill(1));
  return { writer, reader: new TableReader(table, 0) };
}

function benchFind(name: string, reader: TableReader, keys: readonly Uint8Array[]): void {
  const words = new Int32Array(keys.length * KEY_WORDS);
  const bytes = new Uint8Array(words.buffer);
  keys.forEach((key, i) => {
    bytes.set(key, i * KEY_BYTES);
  });
  const keyWords = new Int32Array(reader.key.buffer, reader.key.byteOffset, KEY_WORDS);
  let found = 0;
  const measured = measure((count) => {
    let next = 0;
    let hits = 0;
    reader.enter();
    for (let i = 0; i < count; i++) {
      next = (next + STRIDE) % keys.length;
      for (let j = 0; j < KEY_WORDS; j++) keyWords[j] = words[next * KEY_WORDS + j];
      if (reader.find(KEY_BYTES) !== 0) hits++;
    }
    reader.leave();
    found += hits;
  });
  printMeasured(`find ${name}, ${found > 0 ? 'hit' : 'miss'}`, measured);
}

function benchWriter(name: string, writer: TableWriter, keys: readonly Uint8Array[]): void {
  const values = [1, 2].map((byte) => new Uint8Array(VALUE_BYTES).fill(byte));
  const bench = (what: string, change: (key: Uint8Array) => void) => {
    let next = 0;
    const measured = measure((count) => {
      for (let i = 0; i < count; i++) {
        next = (next + STRIDE) % keys.length;
        change(keys[next]);
      }
    });
    printMeasured(`${what} ${name}`, measured);
  };
  bench('set equal value,', (key) => writer.set(key, values[0]));
  bench('set other value and back,', (key) => {
    writer.set(key, values[1]);
    writer.set(key, values[0]);
  });
  bench('delete and set,', (key) => {
    writer.delete(key);
    writer.set(key, values[0]);
  });
}

/** What a record takes beside its own bytes: header, padding, slots larger than it, slabs not filled. */
function printMemory(): void {
  const keys = buildKeys(0, 100_000, 45);
  const { records, usedBytes, reservedBytes } = fill(keys).writer.stats();
  const each = [usedBytes, reservedBytes].map((bytes) => (bytes / records).toFixed(1));
  console.log(`45-byte key, 40-byte value: ${each[0]} bytes a record, ${each[1]} reserved`);
}

for (const count of [1000, 100_000]) {
  const keys = buildKeys(0, count);
  const { writer, reader } = fill(keys);
  benchFind(`${count} keys`, reader, keys);
  benchFind(`${count} keys`, reader, buildKeys(count, count));
  benchWriter(`${count} keys`, writer, keys);
}
printMemory();
