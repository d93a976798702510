/** Services that are legal and odd: they cost nothing but what cannot be a name. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { buildQuery } from '../support/records.ts';
import { endpoint, endpointPort, port, service, slice } from '../support/resources.ts';
import { TCP, TestZone, UDP } from '../support/zone.ts';

const LONG = 'x'.repeat(63);

suite('Zone.setService()', () => {
  test('leaves out a port whose name would be a label of 64 bytes, and keeps the rest', () => {
    const zone = new TestZone();
    zone.zone.setService('shop/web', {
      service: service('shop/web', {
        clusterIps: ['10.96.0.10'],
        ports: [port(`${LONG}/TCP/80`), port('ok/TCP/81')],
      }),
      groups: [],
    });
    assert.equal(zone.ask('web.shop.svc.cluster.local A').answer.length, 1);
    assert.equal(zone.ask('_ok._tcp.web.shop.svc.cluster.local SRV').answer.length, 1);
    assert.equal(zone.ask('web.shop.svc.cluster.local SRV').answer.length, 2);
  });

  test('leaves out names over 255 bytes, below a long domain', () => {
    const domain = `${'d'.repeat(60)}.${'e'.repeat(60)}.${'f'.repeat(60)}`;
    const zone = new TestZone({ zones: [domain] });
    zone.zone.setService(`${LONG}/${LONG}`, {
      service: service(`${LONG}/${LONG}`, { clusterIps: ['10.96.0.10'] }),
      groups: [],
    });
    zone.zone.setService('n/s', {
      service: service('n/s', { headless: true }),
      groups: [
        slice('n/s', [endpoint('10.244.0.1', { hostname: LONG }), endpoint('10.244.0.2')], {
          ports: [endpointPort('http/TCP/80')],
        }),
      ],
    });
    assert.equal(zone.ask(`s.n.svc.${domain} A`).answer.length, 2);
    const { answer } = zone.ask(`_http._tcp.s.n.svc.${domain} SRV`, { transport: TCP });
    assert.deepEqual(
      answer.map((line) => line.split(' ')[7]),
      [`10-244-0-2.s.n.svc.${domain}.`],
    );
  });

  test('holds 20,000 IPv6 endpoints with ports, of which as many are given out as a message takes', () => {
    const zone = new TestZone({ maxBytes: 256 << 20, buckets: 1 << 14 });
    const endpoints = Array.from({ length: 20_000 }, (_, i) => endpoint(`fd00::${i.toString(16)}`));
    zone.zone.setService('shop/big', {
      service: service('shop/big', { headless: true }),
      groups: [slice('shop/big', endpoints, { ports: [endpointPort('http/TCP/80')] })],
    });
    assert.equal(zone.zone.refused, 0);
    const response = zone.ask('big.shop.svc.cluster.local AAAA', { transport: TCP });
    assert.equal(response.answer.length, 2338);
    assert.ok(response.flags.includes('tc'));
    assert.equal(zone.ask('fd00--4e1f.big.shop.svc.cluster.local AAAA').answer.length, 1);
  });

  test('compiles 1,000 endpoints of 300 ports in a moment', () => {
    const zone = new TestZone({ maxBytes: 256 << 20 });
    const endpoints = Array.from({ length: 1000 }, (_, i) =>
      endpoint(`10.244.${i >> 8}.${i & 255}`),
    );
    const ports = Array.from({ length: 300 }, (_, i) => endpointPort(`p${i}/TCP/${i + 1}`));
    zone.zone.setService('shop/many', {
      service: service('shop/many', { headless: true }),
      groups: [slice('shop/many', endpoints, { ports })],
    });
    assert.equal(
      zone.ask('_p299._tcp.many.shop.svc.cluster.local SRV', { transport: TCP }).answer.length,
      1000,
    );
  });

  test('makes no empty non-terminal for a named port without a number', () => {
    const zone = new TestZone();
    zone.zone.setService('shop/any', {
      service: service('shop/any', { headless: true }),
      groups: [
        slice('shop/any', [endpoint('10.244.0.1')], { ports: [endpointPort('http/TCP/0')] }),
      ],
    });
    assert.equal(zone.ask('_tcp.any.shop.svc.cluster.local A').status, 'NXDOMAIN');
  });

  test('takes no Pod name that is not a label, and no other case of one', () => {
    const zone = new TestZone({ endpointPodNames: true });
    const names = ['_tcp', 'X', 'a.b', '', 'pod-1'];
    zone.zone.setService('shop/named', {
      service: service('shop/named', { headless: true }),
      groups: [
        slice(
          'shop/named',
          names.map((podName, i) => endpoint(`10.244.0.${i}`, { podName })),
        ),
      ],
    });
    assert.equal(zone.ask('pod-1.named.shop.svc.cluster.local A').answer.length, 1);
    assert.equal(zone.ask('_tcp.named.shop.svc.cluster.local A').status, 'NXDOMAIN');
    for (const i of [0, 1, 2, 3]) {
      assert.equal(zone.ask(`10-244-0-${i}.named.shop.svc.cluster.local A`).answer.length, 1);
    }
  });
});

test('an ExternalName is never a name server, whoever has this server among its endpoints', () => {
  const zone = new TestZone();
  zone.zone.setService('shop/trap', {
    service: service('shop/trap', { type: 'ExternalName', externalName: 'example.org' }),
    groups: [slice('shop/trap', [endpoint('192.0.2.53')])],
  });
  assert.deepEqual(zone.ask('cluster.local NS').answer, [
    'cluster.local. 5 IN NS ns.dns.cluster.local.',
  ]);
});

test('a service range smaller than a label is widened to it: an address is never a zone', () => {
  const zone = new TestZone({
    serviceCidr: ['10.96.0.0/28', 'fd00:96::/128'],
    reverseZones: ['1.2.3.10.in-addr.arpa'],
  });
  zone.zone.setService('shop/web', {
    service: service('shop/web', { clusterIps: ['10.96.0.9'] }),
    groups: [],
  });
  assert.deepEqual(zone.ask('9.0.96.10.in-addr.arpa PTR').answer, [
    '9.0.96.10.in-addr.arpa. 5 IN PTR web.shop.svc.cluster.local.',
  ]);
  assert.equal(zone.ask('0.96.10.in-addr.arpa SOA').answer.length, 1);
  assert.equal(zone.ask('7.2.3.10.in-addr.arpa PTR').status, 'NXDOMAIN');
});

test('glue is a whole RRset or none: RFC 2181 section 9', () => {
  const zone = new TestZone();
  const endpoints = Array.from({ length: 40 }, (_, i) =>
    endpoint(`10.244.0.${i}`, { hostname: 'a' }),
  );
  zone.zone.setService('shop/db', {
    service: service('shop/db', { headless: true }),
    groups: [slice('shop/db', endpoints, { ports: [endpointPort('pg/TCP/5432')] })],
  });
  const question = '_pg._tcp.db.shop.svc.cluster.local SRV';
  assert.equal(zone.ask(question).additional.length, 0);
  assert.equal(zone.ask(question, { transport: TCP }).additional.length, 40);
});

test('a port that only endpoints without a possible name have is none, however many others there are', () => {
  const domain = ['x', 'y', 'z'].map((letter) => letter.repeat(62)).join('.');
  const zone = new TestZone({ zones: [domain] });
  const address = (i: number) => `10.244.${i >> 8}.${i & 255}`;
  const named = Array.from({ length: 4096 }, (_, i) => endpoint(address(i), { hostname: `h${i}` }));
  const tooLong = endpoint('10.245.0.1', { hostname: 'l'.repeat(63) });
  zone.zone.setService('shop/db', {
    service: service('shop/db', { headless: true }),
    groups: [
      slice('shop/db', named, { ports: [endpointPort('pg/TCP/5432')] }),
      slice('shop/db', [tooLong], { ports: [endpointPort('odd/TCP/9')] }),
    ],
  });
  assert.equal(
    zone.ask(`_pg._tcp.db.shop.svc.${domain} SRV`, { transport: TCP }).status,
    'NOERROR',
  );
  assert.equal(zone.ask(`_odd._tcp.db.shop.svc.${domain} SRV`).status, 'NXDOMAIN');
});

test('an error behind many aliases leaves room for its OPT record', () => {
  const zone = new TestZone({ isStarting: true });
  const far = `m.${'q'.repeat(63)}.${'r'.repeat(63)}.${'s'.repeat(63)}.10.in-addr.arpa`;
  for (let i = 0; i < 8; i++) {
    const externalName = i === 7 ? far : `${'a'.repeat(60)}-${i + 1}.shop.svc.cluster.local`;
    const name = `${'a'.repeat(60)}-${i}`;
    zone.zone.setService(`shop/${name}`, {
      service: service(`shop/${name}`, { type: 'ExternalName', externalName }),
      groups: [],
    });
  }
  for (const payloadBytes of [512, 600, 700, 800, 900, 1000, 1100, 1232]) {
    const query = buildQuery(`${'a'.repeat(60)}-0.shop.svc.cluster.local A`, { payloadBytes });
    assert.ok(zone.send(query, UDP).length <= payloadBytes);
  }
});
