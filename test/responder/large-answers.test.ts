/** Answers too large for their transport: RFC 2181 section 9; every address is as likely as any other. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Transport } from '../../src/responder/respond-function.ts';
import { endpoint, endpointPort, service, slice } from '../support/resources.ts';
import { TCP, TestZone, UDP } from '../support/zone.ts';

const NAME = 'db.shop.svc.cluster.local';

function addressOf(i: number): string {
  return `10.244.${i >> 8}.${i & 255}`;
}

/** A headless Service of `count` endpoints with hostnames `db-0` and so on. */
function headless(count: number, seed = 20_261_123): TestZone {
  const zone = new TestZone({ seed });
  const endpoints = Array.from({ length: count }, (_, i) =>
    endpoint(addressOf(i), { hostname: `db-${i}` }),
  );
  zone.zone.setService('shop/db', {
    service: service('shop/db', { headless: true }),
    groups: [slice('shop/db', endpoints, { ports: [endpointPort('pg/TCP/5432')] })],
  });
  return zone;
}

/** Pearson's statistic of counts that should all be `expected`, each of a variance of its own. */
function chiSquare(counts: readonly number[], expected: number, variance: number): number {
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / variance, 0);
}

/** Five standard deviations above the mean of a chi-square distribution. */
function limitOf(degrees: number): number {
  return degrees + 5 * Math.sqrt(2 * degrees);
}

suite('Responder.respond() favours no address of a headless Service', () => {
  for (const count of [2, 15, 73, 100, 1000]) {
    test(`first place and inclusion, ${count} addresses`, () => {
      const zone = headless(count);
      const rounds = Math.max(count * 40, 4000);
      const first = new Array<number>(count).fill(0);
      const included = new Array<number>(count).fill(0);
      let shown = 0;
      const indexOf = new Map(Array.from({ length: count }, (_, i) => [addressOf(i), i]));
      for (let round = 0; round < rounds; round++) {
        const { answer } = zone.ask(`${NAME} A`, { payloadBytes: 1232 });
        const indices = answer.map((record) => indexOf.get(record.split(' ')[4]) ?? -1);
        assert.equal(new Set(indices).size, indices.length);
        first[indices[0]]++;
        for (const index of indices) included[index]++;
        shown = indices.length;
      }
      const expectedFirst = rounds / count;
      const firstPlace = chiSquare(first, expectedFirst, expectedFirst);
      assert.ok(firstPlace < limitOf(count - 1), `first place: ${firstPlace}`);
      if (shown === count) return;
      // Drawn without replacement: the counts of one response exclude each other.
      const share = shown / count;
      const inclusion = chiSquare(
        included,
        rounds * share,
        (rounds * share * (1 - share) * count) / (count - 1),
      );
      assert.ok(inclusion < limitOf(count - 1), `inclusion: ${inclusion}`);
    });
  }
});

suite('Responder.respond() fills what the transport takes, with TC where that is not all', () => {
  const rows: [number, number | undefined, Transport, { shown: number; tc: boolean }][] = [
    [29, undefined, UDP, { shown: 29, tc: false }],
    [30, undefined, UDP, { shown: 29, tc: true }],
    [73, 1232, UDP, { shown: 73, tc: false }],
    [74, 1232, UDP, { shown: 73, tc: true }],
    [1000, 4096, UDP, { shown: 73, tc: true }],
    [1000, 100, UDP, { shown: 28, tc: true }],
    [1000, undefined, TCP, { shown: 1000, tc: false }],
    [4200, undefined, TCP, { shown: 4093, tc: true }],
  ];
  for (const [count, payloadBytes, transport, expected] of rows) {
    test(`${count} addresses, ${transport.protocol}, EDNS ${payloadBytes ?? 'none'}`, () => {
      const options = payloadBytes === undefined ? {} : { payloadBytes };
      const response = headless(count).ask(`${NAME} A`, { ...options, transport });
      assert.equal(response.flags.includes('tc'), expected.tc);
      assert.equal(response.answer.length, expected.shown);
      const most = transport === TCP ? 65_535 : Math.min(Math.max(payloadBytes ?? 512, 512), 1232);
      assert.ok(response.bytes <= most, `${response.bytes}`);
      if (expected.tc) assert.ok(response.bytes > most - 36, `${response.bytes}`);
    });
  }
});

test('Responder.respond() leaves glue out before SRV records, without TC', () => {
  const response = headless(20).ask(`_pg._tcp.${NAME} SRV`, { payloadBytes: 1232 });
  assert.equal(response.answer.length, 20);
  assert.equal(response.flags, 'qr aa rd');
  assert.ok(response.additional.length > 0 && response.additional.length < 20);
  const targets = new Set(response.answer.map((record) => record.split(' ')[7]));
  for (const record of response.additional) assert.ok(targets.has(record.split(' ')[0]));
});

test('Responder.respond() gives whole SRV records of a random choice, with TC', () => {
  const response = headless(100).ask(`_pg._tcp.${NAME} SRV`, { payloadBytes: 1232 });
  assert.equal(response.flags, 'qr aa tc rd');
  assert.ok(response.answer.length >= 20 && response.answer.length < 30);
  // What is left of the room is less than an SRV record.
  assert.ok(response.additional.length <= 3);
});

test('Responder.respond() gives all SRV records and glue over TCP, each target once', () => {
  const response = headless(500).ask(`${NAME} SRV`, { transport: TCP });
  assert.equal(response.answer.length, 500);
  assert.equal(response.flags, 'qr aa rd');
  assert.equal(new Set(response.additional).size, response.additional.length);
  assert.ok(response.additional.length > 100);
});
