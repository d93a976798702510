/** Questions and sections as `dig` prints them, for the records of Kubernetes DNS specification 1.1.0. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { endpoint, endpointPort, port, service, slice } from '../support/resources.ts';
import { NOW, TCP, TestZone, type TestZoneOptions, UDP } from '../support/zone.ts';

const SOA = `cluster.local. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. ${NOW} 7200 1800 86400 5`;

function shop(options: TestZoneOptions = {}): TestZone {
  const test = new TestZone(options);
  const add = (input: Parameters<TestZone['zone']['setService']>[1]) => {
    assert.ok(input);
    const { namespace, name } = input.service;
    test.zone.setService(`${namespace}/${name}`, input);
  };
  test.zone.setNamespace('shop', true);
  test.zone.setNamespace('empty', true);
  add({
    service: service('shop/web', {
      clusterIps: ['10.96.0.10', 'fd00:96::10'],
      ports: [port('http/TCP/80'), port('https/TCP/443'), port('quic/UDP/443')],
    }),
    groups: [
      slice('shop/web', [endpoint('10.244.0.1'), endpoint('10.244.0.2', { ready: false })], {
        ports: [endpointPort('http/TCP/8080')],
      }),
    ],
  });
  add({
    service: service('shop/plain', { clusterIps: ['10.96.0.11'], ports: [port('/TCP/80')] }),
    groups: [],
  });
  add({
    service: service('shop/db', { headless: true, ports: [port('pg/TCP/5432')] }),
    groups: [
      slice(
        'shop/db',
        [
          endpoint('10.244.1.1', { hostname: 'db-0' }),
          endpoint('10.244.1.2', { hostname: 'db-1' }),
          endpoint('10.244.1.3', { hostname: 'db-2', ready: false }),
        ],
        { ports: [endpointPort('pg/TCP/5432')] },
      ),
      slice('shop/db', [endpoint('fd00:244::1', { hostname: 'db-0' })], {
        name: 'db-2',
        addressType: 'IPv6',
        ports: [endpointPort('pg/TCP/5432')],
      }),
      // The same address in two slices, as while endpoints move from one to the other.
      slice('shop/db', [endpoint('10.244.1.1', { hostname: 'db-0' })], {
        name: 'db-3',
        ports: [endpointPort('pg/TCP/5432')],
      }),
    ],
  });
  add({
    service: service('shop/portless', { headless: true }),
    groups: [slice('shop/portless', [endpoint('10.244.2.1')])],
  });
  add({
    service: service('shop/idle', { headless: true }),
    groups: [slice('shop/idle', [endpoint('10.244.3.1', { ready: false })])],
  });
  add({
    service: service('shop/eager', { headless: true, publishNotReadyAddresses: true }),
    groups: [slice('shop/eager', [endpoint('10.244.3.2', { ready: false, podName: 'eager-x' })])],
  });
  const external = (name: string, externalName: string) =>
    add({ service: service(`shop/${name}`, { type: 'ExternalName', externalName }), groups: [] });
  external('bank', 'api.example.org');
  external('alias', 'web.shop.svc.cluster.local');
  external('dangling', 'missing.shop.svc.cluster.local');
  external('loop-a', 'loop-b.shop.svc.cluster.local');
  external('loop-b', 'loop-a.shop.svc.cluster.local');
  external('address', '192.0.2.7');
  for (let i = 0; i < 12; i++) external(`chain-${i}`, `chain-${i + 1}.shop.svc.cluster.local`);
  test.zone.commit();
  test.status.serial = NOW;
  return test;
}

interface Expected {
  status?: string;
  answer?: string[];
  authority?: string[];
  additional?: string[];
  flags?: string;
}

const NODATA: Expected = { authority: [SOA] };
const NXDOMAIN: Expected = { status: 'NXDOMAIN', authority: [SOA] };

function answer(...records: string[]): Expected {
  return { answer: records };
}

/** Holds the responses over UDP and TCP against what is expected; sections are compared without their order. */
function check(zone: TestZone, question: string, expected: Expected): void {
  for (const transport of [UDP, TCP]) {
    const got = zone.ask(question, { payloadBytes: 1232, transport });
    assert.deepEqual(
      {
        status: got.status,
        answer: got.answer.toSorted(),
        authority: got.authority,
        additional: got.additional.toSorted(),
        flags: got.flags,
      },
      {
        status: expected.status ?? 'NOERROR',
        answer: (expected.answer ?? []).toSorted(),
        authority: expected.authority ?? [],
        additional: (expected.additional ?? []).toSorted(),
        flags: expected.flags ?? 'qr aa rd',
      },
      `${question} over ${transport.protocol}`,
    );
  }
}

function table(name: string, rows: Record<string, Expected>, options: TestZoneOptions = {}): void {
  suite(name, () => {
    const zone = shop(options);
    for (const [question, expected] of Object.entries(rows)) {
      test(question, () => check(zone, question, expected));
    }
  });
}

const WEB = 'web.shop.svc.cluster.local.';
const DB = 'db.shop.svc.cluster.local.';

table('ClusterIP Service', {
  [`${WEB} A`]: answer(`${WEB} 5 IN A 10.96.0.10`),
  [`${WEB} AAAA`]: answer(`${WEB} 5 IN AAAA fd00:96::10`),
  'WEB.Shop.svc.CLUSTER.local A': answer('WEB.Shop.svc.CLUSTER.local. 5 IN A 10.96.0.10'),
  'plain.shop.svc.cluster.local AAAA': NODATA,
  'plain.shop.svc.cluster.local A': answer('plain.shop.svc.cluster.local. 5 IN A 10.96.0.11'),
  [`${WEB} TXT`]: NODATA,
  [`${WEB} SOA`]: NODATA,
  [`${WEB} DS`]: NODATA,
  [`_http._tcp.${WEB} SRV`]: {
    answer: [`_http._tcp.${WEB} 5 IN SRV 0 50 80 ${WEB}`],
    additional: [`${WEB} 5 IN A 10.96.0.10`, `${WEB} 5 IN AAAA fd00:96::10`],
  },
  [`${WEB} SRV`]: {
    answer: [`${WEB} 5 IN SRV 0 16 80 ${WEB}`, `${WEB} 5 IN SRV 0 16 443 ${WEB}`],
    additional: [`${WEB} 5 IN A 10.96.0.10`, `${WEB} 5 IN AAAA fd00:96::10`],
  },
  'plain.shop.svc.cluster.local SRV': {
    answer: ['plain.shop.svc.cluster.local. 5 IN SRV 0 100 80 plain.shop.svc.cluster.local.'],
    additional: ['plain.shop.svc.cluster.local. 5 IN A 10.96.0.11'],
  },
  [`_http._tcp.${WEB} A`]: NODATA,
  [`_tcp.${WEB} A`]: NODATA,
  [`_udp.${WEB} SRV`]: NODATA,
  [`_sctp.${WEB} SRV`]: NXDOMAIN,
  [`http.tcp.${WEB} SRV`]: NXDOMAIN,
  [`_quic._tcp.${WEB} SRV`]: NXDOMAIN,
  [`10-244-0-1.${WEB} A`]: answer(`10-244-0-1.${WEB} 5 IN A 10.244.0.1`),
  [`10-244-0-2.${WEB} A`]: NXDOMAIN,
  [`a.b.c.${WEB} A`]: NXDOMAIN,
  'missing.shop.svc.cluster.local A': NXDOMAIN,
  'missing.shop.svc.cluster.local SOA': NXDOMAIN,
  'missing.shop.svc.cluster.local TXT': NXDOMAIN,
});

table('headless Service', {
  [`${DB} A`]: answer(`${DB} 5 IN A 10.244.1.1`, `${DB} 5 IN A 10.244.1.2`),
  [`${DB} AAAA`]: answer(`${DB} 5 IN AAAA fd00:244::1`),
  [`db-0.${DB} A`]: answer(`db-0.${DB} 5 IN A 10.244.1.1`),
  [`db-0.${DB} AAAA`]: answer(`db-0.${DB} 5 IN AAAA fd00:244::1`),
  [`db-1.${DB} AAAA`]: NODATA,
  [`db-2.${DB} A`]: NXDOMAIN,
  [`_pg._tcp.${DB} SRV`]: {
    answer: [
      `_pg._tcp.${DB} 5 IN SRV 0 33 5432 db-0.${DB}`,
      `_pg._tcp.${DB} 5 IN SRV 0 33 5432 db-1.${DB}`,
    ],
    additional: [
      `db-0.${DB} 5 IN A 10.244.1.1`,
      `db-0.${DB} 5 IN AAAA fd00:244::1`,
      `db-1.${DB} 5 IN A 10.244.1.2`,
    ],
  },
  'portless.shop.svc.cluster.local A': answer('portless.shop.svc.cluster.local. 5 IN A 10.244.2.1'),
  'portless.shop.svc.cluster.local SRV': NODATA,
  'idle.shop.svc.cluster.local A': NXDOMAIN,
  'eager.shop.svc.cluster.local A': answer('eager.shop.svc.cluster.local. 5 IN A 10.244.3.2'),
});

table('ExternalName Service', {
  'bank.shop.svc.cluster.local A': answer(
    'bank.shop.svc.cluster.local. 5 IN CNAME api.example.org.',
  ),
  'bank.shop.svc.cluster.local CNAME': answer(
    'bank.shop.svc.cluster.local. 5 IN CNAME api.example.org.',
  ),
  'bank.shop.svc.cluster.local SRV': answer(
    'bank.shop.svc.cluster.local. 5 IN CNAME api.example.org.',
  ),
  'x.bank.shop.svc.cluster.local A': NXDOMAIN,
  'alias.shop.svc.cluster.local A': answer(
    `alias.shop.svc.cluster.local. 5 IN CNAME ${WEB}`,
    `${WEB} 5 IN A 10.96.0.10`,
  ),
  'alias.shop.svc.cluster.local TXT': {
    answer: [`alias.shop.svc.cluster.local. 5 IN CNAME ${WEB}`],
    authority: [SOA],
  },
  'dangling.shop.svc.cluster.local A': {
    status: 'NXDOMAIN',
    answer: ['dangling.shop.svc.cluster.local. 5 IN CNAME missing.shop.svc.cluster.local.'],
    authority: [SOA],
  },
  'loop-a.shop.svc.cluster.local A': answer(
    'loop-a.shop.svc.cluster.local. 5 IN CNAME loop-b.shop.svc.cluster.local.',
    'loop-b.shop.svc.cluster.local. 5 IN CNAME loop-a.shop.svc.cluster.local.',
  ),
  'chain-2.shop.svc.cluster.local A': answer(
    ...[2, 3, 4, 5, 6, 7, 8, 9].map(
      (i) => `chain-${i}.shop.svc.cluster.local. 5 IN CNAME chain-${i + 1}.shop.svc.cluster.local.`,
    ),
  ),
  'address.shop.svc.cluster.local A': NXDOMAIN,
});

table('apex, schema version and empty non-terminals', {
  'cluster.local SOA': answer(SOA),
  'cluster.local NS': {
    answer: ['cluster.local. 5 IN NS ns.dns.cluster.local.'],
    additional: ['ns.dns.cluster.local. 5 IN A 192.0.2.53'],
  },
  'cluster.local ANY': answer(SOA),
  'cluster.local A': NODATA,
  'dns-version.cluster.local TXT': answer('dns-version.cluster.local. 5 IN TXT "1.1.0"'),
  'dns-version.cluster.local A': NODATA,
  'ns.dns.cluster.local A': answer('ns.dns.cluster.local. 5 IN A 192.0.2.53'),
  'dns.cluster.local A': NODATA,
  'svc.cluster.local TXT': NODATA,
  'pod.cluster.local A': NODATA,
  'shop.svc.cluster.local A': NODATA,
  'shop.pod.cluster.local A': NODATA,
  'empty.svc.cluster.local A': NODATA,
  'missing.svc.cluster.local A': NXDOMAIN,
  'missing.pod.cluster.local A': NXDOMAIN,
  'www.example.org.shop.svc.cluster.local A': NXDOMAIN,
  'www.example.org.cluster.local A': NXDOMAIN,
  'any.shop.svc.cluster.local A': NXDOMAIN,
  '*.shop.svc.cluster.local A': NXDOMAIN,
});

const REVERSE_SOA = `96.10.in-addr.arpa. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. ${NOW} 7200 1800 86400 5`;

table('reverse zones', {
  '10.0.96.10.in-addr.arpa PTR': answer(`10.0.96.10.in-addr.arpa. 5 IN PTR ${WEB}`),
  '10.0.96.10.in-addr.arpa A': { authority: [REVERSE_SOA] },
  '0.96.10.in-addr.arpa PTR': { authority: [REVERSE_SOA] },
  '99.0.96.10.in-addr.arpa PTR': { status: 'NXDOMAIN', authority: [REVERSE_SOA] },
  '96.10.in-addr.arpa SOA': answer(REVERSE_SOA),
  '1.1.244.10.in-addr.arpa PTR': answer(`1.1.244.10.in-addr.arpa. 5 IN PTR db-0.${DB}`),
  '1.1.244.10.in-addr.arpa A': {
    authority: [
      `1.1.244.10.in-addr.arpa. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. ${NOW} 7200 1800 86400 5`,
    ],
  },
  '9.1.244.10.in-addr.arpa PTR': { status: 'REFUSED', flags: 'qr rd' },
  '244.10.in-addr.arpa PTR': { status: 'REFUSED', flags: 'qr rd' },
  'example.org A': { status: 'REFUSED', flags: 'qr rd' },
  '. NS': { status: 'REFUSED', flags: 'qr rd' },
});

table(
  'options: no endpoints, several domains',
  {
    [`${DB} A`]: NXDOMAIN,
    [`${WEB} A`]: answer(`${WEB} 5 IN A 10.96.0.10`),
    [`10-244-0-1.${WEB} A`]: NXDOMAIN,
    'web.shop.svc.example.org A': answer('web.shop.svc.example.org. 5 IN A 10.96.0.10'),
  },
  { noEndpoints: true, zones: ['cluster.local', 'example.org'] },
);

table(
  'options: ignoreEmptyService, endpointPodNames',
  {
    'plain.shop.svc.cluster.local A': NXDOMAIN,
    [`${WEB} A`]: answer(`${WEB} 5 IN A 10.96.0.10`),
    'eager-x.eager.shop.svc.cluster.local A': answer(
      'eager-x.eager.shop.svc.cluster.local. 5 IN A 10.244.3.2',
    ),
  },
  { ignoreEmptyService: true, endpointPodNames: true },
);

table(
  'pods: insecure',
  {
    '10-244-9-9.shop.pod.cluster.local A': answer(
      '10-244-9-9.shop.pod.cluster.local. 5 IN A 10.244.9.9',
    ),
    'fd00--1.shop.pod.cluster.local AAAA': answer(
      'fd00--1.shop.pod.cluster.local. 5 IN AAAA fd00::1',
    ),
    '10-244-9-9.shop.pod.cluster.local AAAA': NODATA,
    'fd00--1.shop.pod.cluster.local A': NODATA,
    '10-244-9-9.missing.pod.cluster.local A': NXDOMAIN,
    '10-244-9.shop.pod.cluster.local A': NXDOMAIN,
    '10-244-9-256.shop.pod.cluster.local A': NXDOMAIN,
    'web.shop.pod.cluster.local A': NXDOMAIN,
    'x.10-244-9-9.shop.pod.cluster.local A': NXDOMAIN,
    '10-244-9-9.shop.svc.cluster.local A': NXDOMAIN,
    'shop.pod.cluster.local A': NODATA,
  },
  { podsInsecure: true },
);

table(
  'pods: disabled',
  {
    '10-244-9-9.shop.pod.cluster.local A': NXDOMAIN,
    'shop.pod.cluster.local A': NXDOMAIN,
    'shop.svc.cluster.local A': NODATA,
  },
  { hasPodNames: false },
);

suite('NS records name the Services that lead to this server', () => {
  const zone = new TestZone();
  zone.zone.setService('kube-system/kube-dns', {
    service: service('kube-system/kube-dns', { clusterIps: ['10.96.0.10', 'fd00:96::a'] }),
    groups: [slice('kube-system/kube-dns', [endpoint('192.0.2.53')])],
  });
  const name = 'kube-dns.kube-system.svc.cluster.local.';
  const addresses = [`${name} 5 IN A 10.96.0.10`, `${name} 5 IN AAAA fd00:96::a`];
  test('cluster.local NS', () =>
    check(zone, 'cluster.local NS', {
      answer: [`cluster.local. 5 IN NS ${name}`],
      additional: addresses,
    }));
  test('96.10.in-addr.arpa NS', () =>
    check(zone, '96.10.in-addr.arpa NS', {
      answer: [`96.10.in-addr.arpa. 5 IN NS ${name}`],
      additional: addresses,
    }));
  test('ns.dns.cluster.local A', () =>
    check(zone, 'ns.dns.cluster.local A', answer('ns.dns.cluster.local. 5 IN A 10.96.0.10')));
  test('as before when the Service is gone', () => {
    zone.zone.setService('kube-system/kube-dns', undefined);
    check(zone, 'cluster.local NS', {
      answer: ['cluster.local. 5 IN NS ns.dns.cluster.local.'],
      additional: ['ns.dns.cluster.local. 5 IN A 192.0.2.53'],
    });
  });
});

const NOT_READY: Expected = { status: 'SERVFAIL', flags: 'qr rd' };

table(
  'a zone that is not complete yet',
  {
    'missing.shop.svc.cluster.local A': NOT_READY,
    '_a._tcp.missing.shop.svc.cluster.local SRV': NOT_READY,
    '1-2-3-4.shop.pod.cluster.local A': NOT_READY,
    '99.0.96.10.in-addr.arpa PTR': NOT_READY,
    '9.1.244.10.in-addr.arpa PTR': NOT_READY,
    [`${WEB} A`]: answer(`${WEB} 5 IN A 10.96.0.10`),
    // More endpoints may come, also of a name or an address that has one.
    '10-244-0-1.web.shop.svc.cluster.local A': NOT_READY,
    '1.0.244.10.in-addr.arpa PTR': NOT_READY,
    'db.shop.svc.cluster.local A': NOT_READY,
    'db.shop.svc.cluster.local TXT': NOT_READY,
    'db-0.db.shop.svc.cluster.local A': NOT_READY,
    '_tcp.db.shop.svc.cluster.local A': NOT_READY,
    '_pg._tcp.db.shop.svc.cluster.local SRV': NOT_READY,
    '1.1.244.10.in-addr.arpa PTR': NOT_READY,
    'github.com.cluster.local A': NXDOMAIN,
    'www.example.org.shop.svc.cluster.local A': NXDOMAIN,
    'example.org A': { status: 'REFUSED', flags: 'qr rd' },
  },
  { isStarting: true },
);

test('a zone of which all Services are known answers what endpoints decide', () => {
  const zone = shop({ isStarting: true });
  zone.status.state = 'servicesKnown';
  assert.equal(zone.ask('db-0.db.shop.svc.cluster.local A').answer.length, 1);
  assert.equal(zone.ask('1.1.244.10.in-addr.arpa PTR').answer.length, 1);
  check(zone, 'missing.shop.svc.cluster.local A', NOT_READY);
});

test('a name that comes as the zone becomes complete is not denied', () => {
  const zone = new TestZone({ isStarting: true });
  let reads = 0;
  Object.defineProperty(zone.status, 'state', {
    get: () => {
      // Whoever receives the query asks first.
      if (++reads === 1) return 'starting';
      const input = { service: service('shop/web', { clusterIps: ['10.96.0.10'] }), groups: [] };
      zone.zone.setService('shop/web', input);
      return 'ready';
    },
  });
  assert.equal(zone.ask(`${WEB} A`).status, 'NOERROR');
});

table(
  'a zone that is not complete yet, where a Service without endpoints has no name',
  {
    [`${WEB} A`]: NOT_READY,
    [`_http._tcp.${WEB} SRV`]: NOT_READY,
    '10-244-0-1.web.shop.svc.cluster.local A': NOT_READY,
    'bank.shop.svc.cluster.local CNAME': answer(
      'bank.shop.svc.cluster.local. 5 IN CNAME api.example.org.',
    ),
  },
  { isStarting: true, ignoreEmptyService: true },
);

test('a zone that is not complete yet says so by Extended DNS Error 14, where the client has EDNS', () => {
  const zone = shop({ isStarting: true });
  const question = 'missing.shop.svc.cluster.local A';
  assert.deepEqual(zone.ask(question, { payloadBytes: 1232 }).extendedErrors, [14]);
  assert.deepEqual(zone.ask(question).extendedErrors, []);
});
