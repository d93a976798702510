import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildBenchZone } from './bench-zone.ts';
import { endpointSlicesOf, servicesOf } from './objects.ts';
import { QUESTION_KINDS } from './questions.ts';
import { recordsOf } from './zone-records.ts';

const zone = buildBenchZone(1000);

test('buildBenchZone() gives no address twice', () => {
  const addresses = [
    ...zone.services.map(({ clusterIp }) => clusterIp),
    ...zone.headless.flatMap((set) => set.addresses),
  ];
  assert.equal(new Set(addresses).size, addresses.length);
  assert.equal(zone.services.length, 1000);
});

test('recordsOf() has the records that the questions expect', () => {
  const counts = new Map<string, number>();
  for (const { owner, type } of recordsOf(zone)) {
    counts.set(`${owner} ${type}`, (counts.get(`${owner} ${type}`) ?? 0) + 1);
  }
  for (const { questions, expected } of QUESTION_KINDS) {
    for (const question of questions(zone)) {
      assert.equal(counts.get(question) ?? 0, expected.answers, question);
    }
  }
});

test('servicesOf() and endpointSlicesOf() have an object for everything of the zone', () => {
  assert.equal(servicesOf(zone).length, 1120);
  assert.equal(endpointSlicesOf(zone).length, 120);
});
