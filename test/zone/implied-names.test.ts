/** Names of endpoints that are nothing but their address, for which the table has no record. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Endpoint } from '../../src/source/resources.ts';
import { endpoint, endpointPort, service, slice } from '../support/resources.ts';
import { TCP, TestZone } from '../support/zone.ts';

const WEB = 'web.shop.svc.cluster.local';
const PORTS = { ports: [endpointPort('http/TCP/80')] };

/** Makes these the endpoints of a Service in as many slices as there are lists. */
function setEndpoints(
  { zone }: TestZone,
  slices: readonly (readonly Endpoint[])[],
  { headless = false, name = 'web' } = {},
): void {
  const clusterIps = headless ? [] : ['10.96.0.10'];
  const groups = slices.map((endpoints) => slice(`shop/${name}`, endpoints, PORTS));
  zone.setService(`shop/${name}`, {
    service: service(`shop/${name}`, { headless, clusterIps }),
    groups,
  });
}

function ask(zone: TestZone, label: string, type = 'A'): string {
  const { status, answer } = zone.ask(`${label}.${WEB} ${type}`, { transport: TCP });
  const addresses = answer.map((line) => line.split(' ')[4]);
  return status === 'NOERROR' ? addresses.sort().join(' ') : status;
}

test('every name answers as if it had a record of its own, through any changes', () => {
  const addresses = ['10.0.0.1', '10.0.0.2', '200.0.0.3', 'fd00::1'];
  const labels = ['a', '10-0-0-1', '10-0-0-2', '200-0-0-3', 'fd00--1'];
  const endpoints = fc.array(
    fc.record({
      address: fc.constantFrom(...addresses),
      hostname: fc.constantFrom('', '', '', 'a', '10-0-0-1', '200-0-0-3'),
      ready: fc.boolean(),
    }),
    { maxLength: 6 },
  );
  const states = fc.array(fc.record({ slices: fc.array(endpoints), headless: fc.boolean() }));
  fc.assert(
    fc.property(states, (states) => {
      const zone = new TestZone();
      const { records } = zone.table.stats();
      for (const { slices, headless } of states) {
        const made = slices.map((each) =>
          each.map(({ address, ...fields }) => endpoint(address, fields)),
        );
        setEndpoints(zone, made, { headless });
        const all = made.flat().filter(({ ready }) => ready);
        const isThere = !headless || all.length > 0;
        assert.equal(zone.ask(`${WEB} A`).status, isThere ? 'NOERROR' : 'NXDOMAIN');
        for (const label of labels) {
          const own = all.filter(
            ({ addresses: [address], hostname }) =>
              (hostname || address.replaceAll(/[.:]/g, '-')) === label,
          );
          const found = [...new Set(own.map(({ addresses: [address] }) => address))].sort();
          const of = (isIpv6: boolean) =>
            own.length === 0
              ? 'NXDOMAIN'
              : found.filter((each) => each.includes(':') === isIpv6).join(' ');
          assert.equal(ask(zone, label), of(false), label);
          assert.equal(ask(zone, label, 'AAAA'), of(true), label);
          assert.equal(ask(zone, label, 'TXT'), own.length === 0 ? 'NXDOMAIN' : '', label);
        }
      }
      zone.zone.setService('shop/web', undefined);
      assert.equal(zone.table.stats().records, records);
      assert.equal(zone.zone.names, records);
    }),
    { numRuns: 300 },
  );
});

test('addresses on both sides of the sign bit are found, and their neighbours are not', () => {
  const zone = new TestZone();
  const edges = [
    '0.0.0.2',
    '127.255.255.254',
    '128.0.0.1',
    '255.255.255.253',
    '9.9.9.9',
    '10.0.0.1',
  ];
  setEndpoints(zone, [edges.map((address) => endpoint(address))]);
  for (const address of edges) {
    const label = address.replaceAll('.', '-');
    assert.equal(ask(zone, label), address);
    assert.equal(ask(zone, label, 'ANY'), address);
    const [last = ''] = /\d+$/.exec(address) ?? [];
    for (const change of [-1, 1]) {
      const neighbour = label.replace(/\d+$/, String(Number(last) + change));
      assert.equal(ask(zone, neighbour), 'NXDOMAIN', neighbour);
    }
  }
});

test('what only looks like such a name does not exist', () => {
  const zone = new TestZone();
  setEndpoints(zone, [[endpoint('10.0.0.1'), endpoint('10.0.0.2', { ready: false })]]);
  setEndpoints(zone, [[endpoint('10.0.0.7')]], { name: 'api' });
  for (const label of [
    '10-0-0-2',
    '10-0-0-7',
    '010-0-0-1',
    '10-0-0-01',
    '10-0-0',
    '10-0-0-1-',
    '-10-0-0-1',
    '10--0-0-1',
    '10-0-0-257',
    '10-0-0-1-1',
    '10.0.0.1',
    '10-0-0-a',
    'x.10-0-0-1',
    '167772161',
  ]) {
    assert.equal(ask(zone, label), 'NXDOMAIN', label);
  }
  assert.equal(zone.ask('10-0-0-1.shop.svc.cluster.local A').status, 'NXDOMAIN');
  assert.equal(zone.ask('10-0-0-1.cluster.local A').status, 'NXDOMAIN');
  assert.equal(zone.ask('10-0-0-1 A').status, 'REFUSED');
  assert.equal(ask(zone, '10-0-0-1'), '10.0.0.1');
});

test('an alias leads there, and PTR and SRV records point there', () => {
  const zone = new TestZone();
  setEndpoints(zone, [[endpoint('10.0.0.1')]], { headless: true });
  const externalName = `10-0-0-1.${WEB}`;
  zone.zone.setService('shop/alias', {
    service: service('shop/alias', { type: 'ExternalName', externalName }),
    groups: [],
  });
  assert.deepEqual(zone.ask('alias.shop.svc.cluster.local A').answer, [
    `alias.shop.svc.cluster.local. 5 IN CNAME ${externalName}.`,
    `${externalName}. 5 IN A 10.0.0.1`,
  ]);
  assert.deepEqual(zone.ask('1.0.0.10.in-addr.arpa PTR').answer, [
    `1.0.0.10.in-addr.arpa. 5 IN PTR ${externalName}.`,
  ]);
  assert.deepEqual(zone.ask(`_http._tcp.${WEB} SRV`).answer, [
    `_http._tcp.${WEB}. 5 IN SRV 0 100 80 ${externalName}.`,
  ]);
});

test('endpoints beyond those that a node lists have records, and move up when others go', () => {
  const zone = new TestZone({ maxBytes: 128 << 20, buckets: 1 << 17 });
  const all = Array.from({ length: 65_540 }, (_, i) =>
    endpoint(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`),
  );
  const isAnswered = (from: number) =>
    [0, 1, 65_530, 65_535, 65_536, 65_539].map(
      (i) =>
        ask(zone, all[i].addresses[0].replaceAll('.', '-')) ===
        (i < from ? 'NXDOMAIN' : all[i].addresses[0]),
    );
  setEndpoints(zone, [all]);
  const { names } = zone.zone;
  assert.deepEqual(isAnswered(0), Array(6).fill(true));
  setEndpoints(zone, [all.slice(2)]);
  assert.deepEqual(isAnswered(2), Array(6).fill(true));
  setEndpoints(zone, [all.slice(10)]);
  assert.deepEqual(isAnswered(10), Array(6).fill(true));
  // Each has two, of which the reverse one is below 10.in-addr.arpa.
  assert.equal(zone.zone.names, names - 20);
  setEndpoints(zone, [all]);
  assert.deepEqual(isAnswered(0), Array(6).fill(true));
  assert.equal(zone.zone.names, names);
});

test('a name that gets a record of its own is there throughout', () => {
  const zone = new TestZone();
  setEndpoints(zone, [[endpoint('10.0.0.1')]]);
  const { reader } = zone;
  const find = reader.find.bind(reader);
  let finds = 0;
  // Between the reader's first look and its next one, the name gets a second address.
  reader.find = (length) => {
    const record = find(length);
    if (++finds > 1) return record;
    const key = reader.key.slice();
    setEndpoints(zone, [[endpoint('10.0.0.1'), endpoint('10.0.0.2', { hostname: '10-0-0-1' })]]);
    reader.key.set(key);
    return record;
  };
  assert.equal(ask(zone, '10-0-0-1'), '10.0.0.1 10.0.0.2');
  assert.ok(finds > 1);
});

test('an endpoint that goes while the table is full, goes when there is room', () => {
  const zone = new TestZone({ maxBytes: 4 << 20, buckets: 1 << 10 });
  const all = Array.from({ length: 2000 }, (_, i) => endpoint(`10.1.${i >> 8}.${i & 255}`));
  setEndpoints(zone, [all], { headless: true });
  const fillers: string[] = [];
  for (let size = 30_000; size > 0; size = Math.floor(size / 2)) {
    do fillers.push(`filling ${fillers.length}`);
    while (zone.table.set(Buffer.from(fillers[fillers.length - 1]), new Uint8Array(size)) !== 0);
  }
  setEndpoints(zone, [all.slice(1)], { headless: true });
  assert.ok(zone.zone.refused > 0);
  const { refused } = zone.zone;
  zone.zone.commit();
  assert.equal(zone.zone.refused, refused);
  for (const filler of fillers) zone.table.delete(Buffer.from(filler));
  zone.zone.commit();
  assert.equal(ask(zone, '10-1-0-0'), 'NXDOMAIN');
  assert.equal(ask(zone, '10-1-0-1'), '10.1.0.1');
});

test('while the zone is starting nothing is said of them, whether they are there or not', () => {
  const zone = new TestZone({ isStarting: true });
  setEndpoints(zone, [[endpoint('10.0.0.1')]]);
  assert.equal(ask(zone, '10-0-0-1'), 'SERVFAIL');
  assert.equal(ask(zone, '10-0-0-2'), 'SERVFAIL');
  zone.status.state = 'servicesKnown';
  assert.equal(ask(zone, '10-0-0-1'), '10.0.0.1');
  assert.equal(ask(zone, '10-0-0-2'), 'SERVFAIL');
});
