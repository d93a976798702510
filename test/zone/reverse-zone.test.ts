import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeName, formatName, type WireName } from '../../src/dns/name.ts';
import { reverseName } from '../../src/dns/reverse-name.ts';
import { REGION_BYTES } from '../../src/table/layout.ts';
import { createTable } from '../../src/table/table.ts';
import { TableWriter } from '../../src/table/table-writer.ts';
import { decodeRdatas } from '../../src/zone/encode-node.ts';
import { ReverseZone } from '../../src/zone/reverse-zone.ts';
import { ZoneRecords } from '../../src/zone/zone-records.ts';
import { buildZoneSet } from '../../src/zone/zone-set.ts';

const SIZE = { maxBytes: 1 << 20, buckets: 256, readers: 2, key: new Int32Array(2) };

function createReverseZone(table: TableWriter): ReverseZone {
  const zones = buildZoneSet({
    zones: ['cluster.local'],
    serviceCidr: [],
    reverseZones: ['10.in-addr.arpa'],
  });
  return new ReverseZone({ records: new ZoneRecords(table), zones, ttl: 5 });
}

/** A table that holds what an earlier one held, none of which has been put again. */
function adopt(earlier: TableWriter): TableWriter {
  const table = new TableWriter(createTable(SIZE));
  const adoption = table.adopt();
  const bytes = new Uint8Array(REGION_BYTES);
  for (let region = 0; region < earlier.usedRegions; region++) {
    earlier.copyRegion(region, bytes);
    adoption.take(region, bytes);
  }
  adoption.publish(earlier.usedRegions * REGION_BYTES);
  table.settle();
  return table;
}

/** Fills a table; gives a function that empties it again of what that brought. */
function fill(table: TableWriter): () => void {
  const keys: Uint8Array[] = [];
  for (const size of [30_000, 0]) {
    do keys.push(Buffer.from(`filling ${keys.length}`));
    while (table.set(keys[keys.length - 1], new Uint8Array(size)) !== 0);
  }
  return () => {
    for (const key of keys) table.delete(key);
  };
}

const ADDRESS = Uint8Array.of(10, 8, 4, 1);
const PARENTS = ['4.8.10', '8.10'];
const [one, two, three, four] = ['one', 'two', 'three', 'four'].map((label) =>
  encodeName(`${label}.example`),
);

function addTo(reverse: ReverseZone, target: WireName): void {
  reverse.add(ADDRESS, 0, ADDRESS.length, target, target.length, 0);
}

/** What an earlier run has left where an address had these names. */
function leftOf(targets: readonly WireName[]): TableWriter {
  const earlier = new TableWriter(createTable(SIZE));
  const reverse = createReverseZone(earlier);
  for (const target of targets) addTo(reverse, target);
  return earlier;
}

/** The names that the address points to. */
function pointers(table: TableWriter): string {
  const value = table.get(reverseName(ADDRESS));
  return value === undefined ? 'none' : decodeRdatas(value).map(formatName).join(' ');
}

function heldParents(table: TableWriter): string[] {
  return PARENTS.filter((name) => table.has(encodeName(`${name}.in-addr.arpa`)));
}

test('parents do not count what an earlier run has left in a table that is full', () => {
  const table = adopt(leftOf([one, two]));
  const empty = fill(table);
  const reverse = createReverseZone(table);
  const { rejected } = table.stats();
  for (const target of [three, four]) addTo(reverse, target);
  assert.equal(table.stats().rejected, rejected + 2);
  empty();
  for (const target of [three, four]) reverse.remove({ address: ADDRESS, target });
  addTo(reverse, one);
  reverse.dropRestored();
  table.sweep();
  assert.equal(pointers(table), 'one.example.');
  assert.deepEqual(heldParents(table), PARENTS);
});

test('names that an earlier run has left stay until all are known', () => {
  const table = adopt(leftOf([one, two, three]));
  const reverse = createReverseZone(table);
  addTo(reverse, two);
  assert.equal(pointers(table), 'one.example. two.example. three.example.');
  addTo(reverse, four);
  addTo(reverse, three);
  assert.equal(pointers(table), 'one.example. two.example. four.example. three.example.');
  reverse.dropRestored();
  table.sweep();
  assert.equal(pointers(table), 'two.example. four.example. three.example.');
  for (const target of [two, three, four]) reverse.remove({ address: ADDRESS, target });
  assert.equal(pointers(table), 'none');
  assert.deepEqual(heldParents(table), []);
});

test('a name that an earlier run has left and that is added last of all is not taken back', () => {
  const table = adopt(leftOf([one]));
  const reverse = createReverseZone(table);
  addTo(reverse, two);
  reverse.remove({ address: ADDRESS, target: two });
  assert.equal(pointers(table), 'one.example.');
  addTo(reverse, one);
  reverse.dropRestored();
  assert.equal(pointers(table), 'one.example.');
});

test('what an earlier run alone has left goes with its parents, where all else was taken back', () => {
  const table = adopt(leftOf([one]));
  const reverse = createReverseZone(table);
  addTo(reverse, two);
  reverse.remove({ address: ADDRESS, target: two });
  reverse.dropRestored();
  table.sweep();
  assert.equal(pointers(table), 'none');
  assert.deepEqual(heldParents(table), []);
});
