import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeName, type WireName } from '../../src/dns/name.ts';
import { REGION_BYTES } from '../../src/table/layout.ts';
import { createTable } from '../../src/table/table.ts';
import { TableWriter } from '../../src/table/table-writer.ts';
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

test('parents do not count what an earlier run has left in a table that is full', () => {
  const address = Uint8Array.of(10, 8, 4, 1);
  const targets = [encodeName('one.example'), encodeName('two.example')];
  const addTo = (reverse: ReverseZone, target: WireName) =>
    reverse.add(address, 0, address.length, target, target.length, 0);
  const earlier = new TableWriter(createTable(SIZE));
  const before = createReverseZone(earlier);
  for (const target of targets) addTo(before, target);

  const table = adopt(earlier);
  const empty = fill(table);
  const reverse = createReverseZone(table);
  const { rejected } = table.stats();
  for (const target of targets) addTo(reverse, target);
  assert.equal(table.stats().rejected, rejected + targets.length);
  empty();
  for (const target of targets) reverse.remove({ address, target });
  addTo(reverse, targets[0]);
  table.sweep();
  const isHeld = (name: string) => table.has(encodeName(`${name}.in-addr.arpa`));
  assert.deepEqual(['1.4.8.10', '4.8.10', '8.10'].map(isHeld), [true, true, true]);
});
