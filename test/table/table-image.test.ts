import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ImageError } from '../../src/table/image-error.ts';
import { peekKey } from '../../src/table/peek-key.ts';
import { readImage } from '../../src/table/read-image.ts';
import { createTable } from '../../src/table/table.ts';
import { formatHeader, IMAGE_VERSION, parseHeader } from '../../src/table/table-image.ts';
import { TableReader } from '../../src/table/table-reader.ts';
import { TableWriter } from '../../src/table/table-writer.ts';
import { writeImage } from '../../src/table/write-image.ts';
import { createRandom } from './seeded-random.ts';

const SIZE = { maxBytes: 8 << 20, buckets: 256, readers: 2 };
const ABOUT = { of: 'a test' };

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}

function createPath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'vipdns-image-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return join(folder, 'image');
}

async function write(path: string, writer: TableWriter): Promise<boolean> {
  const file = await open(path, 'w');
  try {
    return await writeImage(file, writer, () => ABOUT);
  } finally {
    await file.close();
  }
}

function restore(path: string): { writer: TableWriter; buffer: SharedArrayBuffer } {
  const buffer = createTable({ ...SIZE, key: peekKey(path) });
  const writer = new TableWriter(buffer);
  readImage(path, writer, (about) => assert.deepEqual(about, ABOUT));
  writer.settle();
  return { writer, buffer };
}

/** A table with a life behind it, and what it holds: small values, some of many slabs, and holes between them. */
function createLived(seed: number): { writer: TableWriter; held: Map<string, string> } {
  const writer = new TableWriter(createTable(SIZE));
  const held = new Map<string, string>();
  for (let i = 0, random = createRandom(seed); i < 8000; i++) {
    live(writer, held, random);
  }
  return { writer, held };
}

function live(writer: TableWriter, held: Map<string, string>, random: (n: number) => number): void {
  const key = `key-${random(3000)}`;
  if (random(3) === 0) {
    writer.delete(bytes(key));
    held.delete(key);
    return;
  }
  const value = `${random(1000)}`.repeat(random(200) === 0 ? 40_000 : random(30));
  if (writer.set(bytes(key), bytes(value)) !== 0) held.set(key, value);
}

function assertHolds(writer: TableWriter, held: ReadonlyMap<string, string>): void {
  assert.equal(writer.stats().records, held.size);
  for (const [key, value] of held) assert.deepEqual(writer.get(bytes(key)), bytes(value));
}

test('an image gives back what was in the table, to go on with', async (t) => {
  const path = createPath(t);
  const { writer, held } = createLived(1);
  assert.equal(await write(path, writer), true);
  const { writer: next } = restore(path);
  assertHolds(next, held);
  const [a, b] = [writer.stats(), next.stats()];
  assert.deepEqual([b.keyBytes, b.usedBytes], [a.keyBytes, a.usedBytes]);
  assert.ok(b.reservedBytes <= a.reservedBytes);
  for (let i = 0, random = createRandom(2); i < 8000; i++) live(next, held, random);
  assertHolds(next, held);
});

test('a reader that was there before finds what an image brought', async (t) => {
  const path = createPath(t);
  const { writer } = createLived(3);
  writer.set(bytes('here'), bytes('it is'));
  await write(path, writer);
  const buffer = createTable({ ...SIZE, key: peekKey(path) });
  const reader = new TableReader(buffer, 0);
  readImage(path, new TableWriter(buffer), () => {});
  reader.enter();
  reader.key.set(bytes('here'));
  assert.notEqual(reader.find(4), 0);
  reader.leave();
});

test('an image is of one moment, however the table changes while it is written', async (t) => {
  for (let seed = 0; seed < 5; seed++) {
    const path = createPath(t);
    const { writer, held } = createLived(seed);
    const random = createRandom(seed);
    let isWritten = false;
    const changing = (async () => {
      while (!isWritten) {
        for (let i = 0; i < 3; i++) live(writer, held, random);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const file = await open(path, 'w');
    let then = new Map<string, string>();
    const isWhole = await writeImage(file, writer, () => {
      then = new Map(held);
      return ABOUT;
    });
    isWritten = true;
    await Promise.all([changing, file.close()]);
    assert.equal(isWhole, true);
    assertHolds(restore(path).writer, then);
  }
});

test('an image that is damaged anywhere is refused, and the table stays empty and of use', async (t) => {
  const path = createPath(t);
  const { writer } = createLived(4);
  await write(path, writer);
  const whole = readFileSync(path);
  const places = [0, 50, 4096 + 2000, 4096 + 100_000, whole.length - 3];
  for (const place of places) {
    const damaged = Buffer.from(whole);
    damaged[place] ^= 1;
    writeFileSync(path, damaged);
    const table = new TableWriter(createTable({ ...SIZE, key: peekKey(path) }));
    assert.throws(() => readImage(path, table, () => {}), ImageError, `byte ${place}`);
    assert.equal(table.stats().records, 0);
    table.set(bytes('a'), bytes('b'));
    assert.deepEqual(table.get(bytes('a')), bytes('b'));
  }
  for (const length of [0, 100, 5000, whole.length - 1]) {
    writeFileSync(path, whole.subarray(0, length));
    const table = new TableWriter(createTable({ ...SIZE, key: peekKey(path) }));
    assert.throws(() => readImage(path, table, () => {}), ImageError, `${length} bytes`);
  }
});

test('an image does not fit a table of another key or size', async (t) => {
  const path = createPath(t);
  await write(path, createLived(5).writer);
  for (const options of [SIZE, { ...SIZE, buckets: 512, key: peekKey(path) }]) {
    const table = new TableWriter(createTable(options));
    assert.throws(() => readImage(path, table, () => {}), {
      name: 'OtherImageError',
      message: 'its layout is another',
    });
  }
});

test('links that lead nowhere, or round, are an error and no endless walk', () => {
  const writer = new TableWriter(createTable(SIZE));
  writer.set(bytes('a'), bytes('1'));
  const { arenaAt, bucketsAt } = writer.view;
  const region = new Uint8Array(1 << 16);
  const words = new Int32Array(region.buffer);
  writer.copyRegion(0, region);
  const bucket = words.findIndex((word, i) => i >= bucketsAt && word !== 0);
  const record = words[bucket] >> 2;
  const damages: [string, () => void][] = [
    ['a circle', () => (words[record] = words[bucket])],
    ['outside', () => (words[bucket] = 1 << 30)],
    ['before the arena', () => (words[bucket] = arenaAt - 8)],
    ['between slots', () => (words[bucket] += 8)],
    ['no key', () => (words[record + 1] &= ~0xff)],
    ['a value too long', () => (words[record + 1] |= 0x1f_ffff << 8)],
  ];
  for (const [name, damage] of damages) {
    writer.copyRegion(0, region);
    damage();
    const table = new TableWriter(createTable(SIZE));
    const adoption = table.adopt();
    adoption.take(0, region);
    adoption.publish(1 << 16);
    assert.throws(() => table.settle(), ImageError, name);
    assert.equal(table.stats().records, 0);
  }
});

test('an image of another version is refused, whatever else it is', async (t) => {
  const path = createPath(t);
  await write(path, createLived(6).writer);
  const bytes = readFileSync(path);
  const header = parseHeader(bytes);
  for (const version of [IMAGE_VERSION - 1, IMAGE_VERSION + 1]) {
    formatHeader({ ...header, version }).copy(bytes);
    writeFileSync(path, bytes);
    const table = new TableWriter(createTable({ ...SIZE, key: peekKey(path) }));
    const message = `its version is ${version}`;
    assert.throws(() => readImage(path, table, () => {}), { name: 'OtherImageError', message });
    assert.equal(table.stats().records, 0);
  }
});

test('a record in a chain that is not its own is found by nobody, and swept', () => {
  const writer = new TableWriter(createTable(SIZE));
  writer.set(bytes('a'), bytes('1'));
  const region = new Uint8Array(1 << 16);
  writer.copyRegion(0, region);
  const { bucketsAt, key0, key1 } = writer.view;
  const words = new Int32Array(region.buffer);
  const bucket = words.findIndex((word, i) => i >= bucketsAt && word !== 0);
  const other = bucket === bucketsAt ? bucket + 1 : bucket - 1;
  [words[other], words[bucket]] = [words[bucket], 0];
  const next = new TableWriter(createTable({ ...SIZE, key: Int32Array.of(key0, key1) }));
  const adoption = next.adopt();
  adoption.take(0, region);
  adoption.publish(1 << 16);
  next.settle();
  assert.equal(next.has(bytes('a')), false);
  next.set(bytes('a'), bytes('2'));
  assert.equal(next.sweep(), 1);
  assertHolds(next, new Map([['a', '2']]));
});

test('sweep() leaves what was put since the image was read', async (t) => {
  const path = createPath(t);
  const writer = new TableWriter(createTable(SIZE));
  for (const key of ['same', 'other', 'gone']) writer.set(bytes(key), bytes('1'));
  await write(path, writer);
  const { writer: next } = restore(path);
  next.set(bytes('same'), bytes('1'));
  next.set(bytes('other'), bytes('2'));
  next.set(bytes('new'), bytes('3'));
  assert.equal(next.sweep(), 1);
  assertHolds(
    next,
    new Map([
      ['same', '1'],
      ['other', '2'],
      ['new', '3'],
    ]),
  );
  assert.equal(next.sweep(), 0);
});
