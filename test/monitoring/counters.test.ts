/** Counters in shared memory: what is counted is found again, whoever counted it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { RCODE, TYPE } from '../../src/dns/constants.ts';
import {
  DURATION_HISTOGRAM,
  type HistogramShape,
  histogramSlots,
  QUERY_TYPES,
  RESPONSE_CODES,
  SIZE_HISTOGRAM,
  SLOTS,
  TRANSPORT_COUNTERS,
} from '../../src/monitoring/counter-layout.ts';
import {
  bucketIndex,
  createResponderCounters,
  responderCounters,
  sumResponderCounters,
} from '../../src/monitoring/counters.ts';

function querySlot(protocol: 'udp' | 'tcp', family: 4 | 6, type: string): number {
  const row = (protocol === 'udp' ? 0 : 1) * 2 + (family === 4 ? 0 : 1);
  const index = QUERY_TYPES.findIndex(({ name }) => name === type);
  assert.notEqual(index, -1);
  return SLOTS.queries + row * QUERY_TYPES.length + index;
}

/** Slots that are not 0, for comparisons that leave none out. */
function counted(slots: Float64Array): Record<number, number> {
  return Object.fromEntries([...slots.entries()].filter(([, value]) => value !== 0));
}

test('ResponderCounters.countQuery() counts by protocol, family and type, and the size', () => {
  const buffer = createResponderCounters(1);
  const counters = responderCounters(buffer, 0);
  counters.countQuery('udp', 4, TYPE.A, 40);
  counters.countQuery('udp', 4, TYPE.A, 64);
  counters.countQuery('tcp', 6, TYPE.SRV, 65_535);
  const tcpSizes = SLOTS.querySizes + histogramSlots(SIZE_HISTOGRAM);
  assert.deepEqual(counted(sumResponderCounters(buffer)), {
    [querySlot('udp', 4, 'A')]: 2,
    [querySlot('tcp', 6, 'SRV')]: 1,
    [SLOTS.querySizes + 1]: 2,
    [SLOTS.querySizes + SIZE_HISTOGRAM.buckets + 1]: 104,
    [tcpSizes + 11]: 1,
    [tcpSizes + SIZE_HISTOGRAM.buckets + 1]: 65_535,
  });
});

test('ResponderCounters.countQuery() counts every QTYPE and RCODE in exactly one slot', () => {
  const names = new Map(QUERY_TYPES.map(({ name, number }) => [number as number, name]));
  const codes = new Map(RESPONSE_CODES.map(({ name, number }) => [number as number, name]));
  const buffer = createResponderCounters(1);
  const counters = responderCounters(buffer, 0);
  for (let qtype = 0; qtype <= 0xffff; qtype++) {
    const slot = querySlot('udp', 6, names.get(qtype) ?? 'other');
    const before = counters.slots[slot];
    counters.countQuery('udp', 6, qtype, 0);
    assert.equal(counters.slots[slot], before + 1, `QTYPE ${qtype}`);
  }
  // Extended RCODEs have 12 bits.
  for (let rcode = 0; rcode <= 0xfff; rcode++) {
    const index = RESPONSE_CODES.findIndex(({ name }) => name === (codes.get(rcode) ?? 'other'));
    const before = counters.slots[SLOTS.responses + index];
    counters.countResponse(rcode, 0);
    assert.equal(counters.slots[SLOTS.responses + index], before + 1, `RCODE ${rcode}`);
  }
});

test('QUERY_TYPES and RESPONSE_CODES have the numbers of the protocol', () => {
  const types: Record<string, number> = TYPE;
  const codes: Record<string, number> = RCODE;
  const known = (list: readonly { name: string; number: number }[], of: Record<string, number>) =>
    list.filter(({ name }) => name in of).map(({ name, number }) => [name, number]);
  for (const [name, number] of known(QUERY_TYPES, types)) assert.equal(number, types[name]);
  for (const [name, number] of known(RESPONSE_CODES, codes)) assert.equal(number, codes[name]);
  assert.equal(known(RESPONSE_CODES, codes).length, Object.keys(codes).length);
  assert.ok(known(QUERY_TYPES, types).length >= 13);
});

test('ResponderCounters.countDurations() counts each response of a batch with the time of the batch', () => {
  const buffer = createResponderCounters(1);
  const counters = responderCounters(buffer, 0);
  counters.countDurations(1, 0.4);
  counters.countDurations(64, 3);
  counters.countDurations(0, 1000);
  const { buckets } = DURATION_HISTOGRAM;
  const durations = counters.slots.subarray(SLOTS.durations, SLOTS.durations + buckets + 2);
  assert.deepEqual(counted(durations), { 0: 1, 2: 64, [buckets + 1]: 192.4 });
});

test('ResponderCounters counts every kind of event in a slot of its own', () => {
  const buffer = createResponderCounters(1);
  const counters = responderCounters(buffer, 0);
  counters.countTruncated();
  counters.countIgnored();
  for (const event of TRANSPORT_COUNTERS) counters.countTransportEvent(event);
  const slots = Object.entries(counted(sumResponderCounters(buffer)));
  assert.equal(slots.length, 2 + TRANSPORT_COUNTERS.length);
  assert.ok(slots.every(([, value]) => value === 1));
  assert.ok(slots.every(([slot]) => Number(slot) < SLOTS.blockLength));
});

test('bucketIndex() gives the first bucket whose bound is not below the value', () => {
  const shapes = fc.constantFrom<HistogramShape>(SIZE_HISTOGRAM, DURATION_HISTOGRAM);
  const values = fc.oneof(
    fc.integer({ min: 0, max: 3_000_000 }),
    fc.double({ min: 0, max: 1e12, noNaN: true }),
    fc.nat(22).map((power) => 2 ** power),
  );
  fc.assert(
    fc.property(shapes, values, (shape, value) => {
      const bounds = Array.from({ length: shape.buckets }, (_, i) => shape.first * 2 ** i);
      const expected = bounds.findIndex((bound) => value <= bound);
      assert.equal(bucketIndex(shape, value), expected === -1 ? shape.buckets : expected);
    }),
  );
  for (const value of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
    const index = bucketIndex(DURATION_HISTOGRAM, value);
    assert.ok(index >= 0 && index <= DURATION_HISTOGRAM.buckets, String(value));
  }
});

test('responderCounters() goes on in the block of a dead responder, whose connections have ended', () => {
  const buffer = createResponderCounters(2);
  const first = responderCounters(buffer, 1);
  first.countQuery('tcp', 4, TYPE.A, 40);
  first.countTransportEvent('tcpOpened');
  first.countTransportEvent('tcpOpened');
  first.countTransportEvent('tcpClosed');
  const second = responderCounters(buffer, 1);
  second.countQuery('tcp', 4, TYPE.A, 40);
  second.countTransportEvent('tcpOpened');
  const sums = sumResponderCounters(buffer);
  const event = (name: 'tcpOpened' | 'tcpClosed') =>
    sums[SLOTS.transport + TRANSPORT_COUNTERS.indexOf(name)];
  assert.equal(sums[querySlot('tcp', 4, 'A')], 2);
  assert.deepEqual([event('tcpOpened'), event('tcpClosed')], [3, 2]);
});

test('sumResponderCounters() sums what other threads count', async () => {
  const buffer = createResponderCounters(3);
  const source = `
    import { workerData } from 'node:worker_threads';
    const { responderCounters } = await import(workerData.module);
    const counters = responderCounters(workerData.buffer, workerData.index);
    for (let i = 0; i < 20_000; i++) counters.countQuery('udp', 4, 1, 40);
  `;
  const module = new URL('../../src/monitoring/counters.ts', import.meta.url).href;
  const workers = [0, 1, 2].map(
    (index) =>
      new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
        workerData: { module, buffer, index },
      }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'exit')));
  assert.equal(sumResponderCounters(buffer)[querySlot('udp', 4, 'A')], 60_000);
});
