import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { collectGarbage } from '../../src/return-memory.ts';
import { endpoint, endpointPort, port, service, slice } from '../support/resources.ts';
import { NOW, TestZone } from '../support/zone.ts';

suite('Zone', () => {
  test('setService() of the same objects changes nothing, and the serial stays', () => {
    const zone = new TestZone();
    const input = () => ({
      service: service('shop/web', { clusterIps: ['10.96.0.10'], ports: [port('http/TCP/80')] }),
      groups: [slice('shop/web', [endpoint('10.244.0.1')])],
    });
    zone.zone.setService('shop/web', input());
    zone.zone.commit();
    const { changes } = zone.table;
    const { serial } = zone.status;
    zone.zone.setService('shop/web', input());
    zone.zone.commit();
    assert.equal(zone.table.changes, changes);
    assert.equal(zone.status.serial, serial);
  });

  test('commit() moves the serial with each batch that changed something, to the time where that is later', () => {
    let seconds = NOW;
    const zone = new TestZone({ now: () => seconds });
    const first = zone.status.serial;
    zone.zone.setNamespace('shop', true);
    zone.zone.commit();
    assert.equal(zone.status.serial, first + 1);
    seconds += 100;
    zone.zone.setNamespace('shop', false);
    zone.zone.commit();
    assert.equal(zone.status.serial, NOW + 100);
  });

  test('setPodAddress() names the Pods of verified mode, each namespace by itself', () => {
    const zone = new TestZone();
    zone.zone.setNamespace('shop', true);
    zone.zone.setNamespace('bank', true);
    const statusOf = (namespace: string, type: string) =>
      zone.ask(`10-244-0-1.${namespace}.pod.cluster.local ${type}`);
    assert.equal(statusOf('shop', 'A').status, 'NXDOMAIN');
    zone.zone.setPodAddress('10.244.0.1', new Set(['shop', 'bank']));
    assert.deepEqual(statusOf('shop', 'A').answer, [
      '10-244-0-1.shop.pod.cluster.local. 5 IN A 10.244.0.1',
    ]);
    assert.equal(statusOf('shop', 'AAAA').status, 'NOERROR');
    zone.zone.setPodAddress('10.244.0.1', new Set(['bank']));
    assert.equal(statusOf('shop', 'A').status, 'NXDOMAIN');
    assert.equal(statusOf('bank', 'A').answer.length, 1);
    zone.zone.setPodAddress('10.244.0.1', new Set());
    assert.equal(statusOf('bank', 'A').status, 'NXDOMAIN');
    zone.zone.setPodAddress('fd00::1', new Set(['shop']));
    assert.deepEqual(zone.ask('fd00--1.shop.pod.cluster.local AAAA').answer, [
      'fd00--1.shop.pod.cluster.local. 5 IN AAAA fd00::1',
    ]);
  });

  test('a name above addresses exists as long as one of them, and again when one comes back', () => {
    const zone = new TestZone({ reverseZones: ['10.in-addr.arpa'] });
    const put = (name: string, address: string | undefined) => {
      const held = service(`shop/${name}`, { clusterIps: address ? [address] : ['None'] });
      zone.zone.setService(`shop/${name}`, address ? { service: held, groups: [] } : undefined);
    };
    for (const other of ['5', '6', '5']) {
      const statuses = () =>
        ['8.10', '4.8.10', `${other}.8.10`].map(
          (name) => zone.ask(`${name}.in-addr.arpa PTR`).status,
        );
      assert.deepEqual(statuses(), ['NXDOMAIN', 'NXDOMAIN', 'NXDOMAIN']);
      put('one', '10.8.4.1');
      put('two', '10.8.4.2');
      put('three', `10.8.${other}.1`);
      assert.deepEqual(statuses(), ['NOERROR', 'NOERROR', 'NOERROR']);
      put('one', undefined);
      put('three', undefined);
      assert.deepEqual(statuses(), ['NOERROR', 'NOERROR', 'NXDOMAIN']);
      put('three', `10.8.${other}.1`);
      put('two', undefined);
      assert.deepEqual(statuses(), ['NOERROR', 'NXDOMAIN', 'NOERROR']);
      put('three', undefined);
    }
  });

  test('addresses that came and went leave nothing behind, in a reverse zone and outside', () => {
    const zone = new TestZone({ reverseZones: ['8.b.d.0.1.0.0.2.ip6.arpa'] });
    const heldBytes = () => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const before = heldBytes();
    for (let i = 0; i < 5000; i++) {
      const clusterIps = ['2001:db8', 'fd00'].map((prefix) => `${prefix}:${i.toString(16)}::1`);
      zone.zone.setService('shop/web', {
        service: service('shop/web', { clusterIps }),
        groups: [],
      });
      zone.zone.setService('shop/web', undefined);
    }
    const left = heldBytes() - before;
    assert.equal(zone.ask('8.b.d.0.1.0.0.2.ip6.arpa SOA').status, 'NOERROR');
    assert.ok(left < 5e6, `${left} bytes are held`);
  });

  test('an address of several Services points to each, and to those that are left', () => {
    const zone = new TestZone();
    const headless = (name: string) => ({
      service: service(`shop/${name}`, { headless: true }),
      groups: [slice(`shop/${name}`, [endpoint('10.244.0.1', { hostname: 'a' })])],
    });
    const pointers = () =>
      zone.ask('1.0.244.10.in-addr.arpa PTR').answer.map((line) => line.split(' ')[4]);
    zone.zone.setService('shop/x', headless('x'));
    zone.zone.setService('shop/y', headless('y'));
    assert.deepEqual(pointers().sort(), [
      'a.x.shop.svc.cluster.local.',
      'a.y.shop.svc.cluster.local.',
    ]);
    zone.zone.setService('shop/x', undefined);
    assert.deepEqual(pointers(), ['a.y.shop.svc.cluster.local.']);
    zone.zone.setService('shop/y', undefined);
    assert.equal(zone.ask('1.0.244.10.in-addr.arpa PTR').status, 'REFUSED');
  });

  test('names beyond the limit of an address wait, and take the place of those that go', () => {
    const zone = new TestZone({ maxPointers: 3 });
    const names = ['e', 'a', 'd', 'b', 'c'];
    const set = (name: string, isThere: boolean) =>
      zone.zone.setService(
        `shop/${name}`,
        isThere
          ? {
              service: service(`shop/${name}`, { headless: true }),
              groups: [slice(`shop/${name}`, [endpoint('10.244.0.1', { hostname: 'h' })])],
            }
          : undefined,
      );
    const pointers = () =>
      zone
        .ask('1.0.244.10.in-addr.arpa PTR')
        .answer.map((line) => line.split(' ')[4].split('.')[1])
        .sort()
        .join('');
    for (const name of names) set(name, true);
    assert.equal(pointers(), 'abc');
    set('a', false);
    assert.equal(pointers(), 'bcd');
    set('e', false);
    set('b', false);
    assert.equal(pointers(), 'cd');
    set('c', false);
    set('d', false);
    assert.equal(zone.ask('1.0.244.10.in-addr.arpa PTR').status, 'REFUSED');
  });

  test('the names of a namespace stay while it has Services, whatever is said of it', () => {
    const zone = new TestZone();
    zone.zone.setService('shop/web', {
      service: service('shop/web', { clusterIps: ['10.96.0.10'] }),
      groups: [],
    });
    assert.equal(zone.ask('shop.svc.cluster.local A').status, 'NOERROR');
    zone.zone.setNamespace('shop', true);
    zone.zone.setNamespace('shop', false);
    assert.equal(zone.ask('shop.svc.cluster.local A').status, 'NOERROR');
    zone.zone.setService('shop/web', undefined);
    assert.equal(zone.ask('shop.svc.cluster.local A').status, 'NXDOMAIN');
  });
});

/** Any Service, with any endpoints, out of a few names and addresses, so that they meet. */
const anyService = fc.record({
  key: fc.constantFrom('shop/a', 'shop/b', 'bank/a', 'bank/c'),
  kind: fc.constantFrom('gone', 'clusterIp', 'headless', 'external'),
  ip: fc.constantFrom('10.96.0.1', '10.96.0.2', 'fd00:96::1'),
  endpoints: fc.array(
    fc.record({
      address: fc.constantFrom('10.244.0.1', '10.244.0.2', 'fd00:244::1', '10.96.0.2'),
      hostname: fc.constantFrom('', 'x', 'y'),
      ready: fc.boolean(),
    }),
    { maxLength: 4 },
  ),
  ports: fc.subarray(['http/TCP/80', 'dns/UDP/53', 'dns/TCP/53']),
});

type AnyService = typeof anyService extends fc.Arbitrary<infer T> ? T : never;

function apply(zone: TestZone, { key, kind, ip, endpoints, ports }: AnyService): void {
  if (kind === 'gone') {
    zone.zone.setService(key, undefined);
    return;
  }
  zone.zone.setService(key, {
    service: service(key, {
      type: kind === 'external' ? 'ExternalName' : 'ClusterIP',
      externalName: kind === 'external' ? 'example.org' : '',
      headless: kind === 'headless',
      clusterIps: kind === 'clusterIp' ? [ip] : [],
      ports: ports.map(port),
    }),
    groups: [
      slice(
        key,
        endpoints.map(({ address, hostname, ready }) => endpoint(address, { hostname, ready })),
        { ports: ports.map(endpointPort) },
      ),
    ],
  });
}

test('Zone holds the same records whatever the order in which the same Services came', () => {
  fc.assert(
    fc.property(fc.array(anyService, { maxLength: 12 }), (changes) => {
      const lived = new TestZone({ maxBytes: 8 << 20, buckets: 64 });
      for (const change of changes) apply(lived, change);
      const fresh = new TestZone({ maxBytes: 8 << 20, buckets: 64 });
      const last = new Map(changes.map((change) => [change.key, change]));
      for (const key of [...last.keys()].sort().reverse()) {
        const change = last.get(key);
        if (change !== undefined) apply(fresh, change);
      }
      const { records, usedBytes } = lived.table.stats();
      assert.deepEqual(
        { records, usedBytes },
        {
          records: fresh.table.stats().records,
          usedBytes: fresh.table.stats().usedBytes,
        },
      );
      const names = [
        'a.shop.svc',
        'b.shop.svc',
        'x.a.shop.svc',
        '_http._tcp.a.shop.svc',
        '_tcp.c.bank.svc',
        'bank.svc',
      ];
      for (const name of names) {
        for (const type of ['A', 'AAAA', 'SRV']) {
          const question = `${name}.cluster.local ${type}`;
          const [a, b] = [lived.ask(question), fresh.ask(question)];
          assert.deepEqual(a.answer.toSorted(), b.answer.toSorted(), question);
          assert.equal(a.status, b.status, question);
        }
      }
      for (const reverse of ['1.0.244.10', '2.0.96.10', '2.0.244.10']) {
        const question = `${reverse}.in-addr.arpa PTR`;
        assert.deepEqual(
          lived.ask(question).answer.toSorted(),
          fresh.ask(question).answer.toSorted(),
        );
      }
    }),
    { numRuns: 300 },
  );
});

test('Zone counts and tells a change that the table had no room for, and goes on', () => {
  const zone = new TestZone({ maxBytes: 1 << 20, buckets: 64 });
  for (let i = 0; i < 20_000; i++) {
    const key = `shop/svc-${i}`;
    zone.zone.setService(key, {
      service: service(key, { clusterIps: [`10.96.${i >> 8}.${i & 255}`] }),
      groups: [],
    });
  }
  assert.ok(zone.zone.refused > 0);
  assert.equal(zone.ask('svc-0.shop.svc.cluster.local A').answer.length, 1);
  // What there was no room for comes in when others have gone.
  const last = 'svc-19999.shop.svc.cluster.local A';
  assert.equal(zone.ask(last).status, 'NXDOMAIN');
  for (let i = 0; i < 19_000; i++) zone.zone.setService(`shop/svc-${i}`, undefined);
  zone.zone.commit();
  assert.equal(zone.ask(last).answer.length, 1);
  assert.equal(zone.ask('31.78.96.10.in-addr.arpa PTR').answer.length, 1);
});

test('the longest TTL that can be set leaves whole, from every form of record', () => {
  const zone = new TestZone({ ttl: 3600 });
  zone.zone.setService('shop/db', {
    service: service('shop/db', { headless: true }),
    groups: [
      slice('shop/db', [endpoint('10.244.0.1')], { ports: [endpointPort('pg/TCP/5432')] }),
      slice('shop/db', [endpoint('fd00::1')], { ports: [endpointPort('pg/TCP/5432')] }),
    ],
  });
  for (const question of [
    'db.shop.svc.cluster.local A',
    'db.shop.svc.cluster.local AAAA',
    '_pg._tcp.db.shop.svc.cluster.local SRV',
    '1.0.244.10.in-addr.arpa PTR',
    'dns-version.cluster.local TXT',
    'cluster.local NS',
  ]) {
    const { answer } = zone.ask(question);
    assert.ok(answer.length > 0, question);
    for (const record of answer) assert.equal(record.split(' ')[1], '3600', record);
  }
});
