/** Names outside our zones that are answered here, or forwarded all the same: RFC 6761, RFC 7686, RFC 9462. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FLAG } from '../../src/dns/constants.ts';
import { OneAnswer } from '../support/received.ts';
import { buildQuery, type Printed, printResponse } from '../support/records.ts';
import { service } from '../support/resources.ts';
import { TestZone, type TestZoneOptions, UDP } from '../support/zone.ts';

/** A transport behind which somebody answers what is handed on; it hands nothing back here. */
const HANDING_ON = { ...UDP, handOn: () => true };

interface Asked {
  /** Undefined where the query was handed on. */
  readonly printed: Printed | undefined;
  readonly asked: readonly string[];
}

function ask(question: string, options: TestZoneOptions = {}, flags?: number): Asked {
  const outside = new OneAnswer();
  const zone = new TestZone({ forwarded: [''], outside, ...options });
  zone.zone.setService('shop/away', {
    service: service('shop/away', { type: 'ExternalName', externalName: 'www.localhost' }),
    groups: [],
  });
  const message = buildQuery(question, flags === undefined ? {} : { flags });
  const response = zone.send(message, HANDING_ON);
  const printed = response.length === 0 ? undefined : printResponse(response);
  return { printed, asked: outside.asked };
}

test('localhost and names below it are this machine', () => {
  for (const name of ['localhost', 'LocalHost', 'a.b.localhost']) {
    const ipv4 = ask(`${name} A`);
    assert.deepEqual(ipv4.printed?.answer, [`${name}. 5 IN A 127.0.0.1`]);
    assert.deepEqual([ipv4.printed?.status, ipv4.printed?.flags], ['NOERROR', 'qr aa rd ra']);
    assert.deepEqual(ask(`${name} AAAA`).printed?.answer, [`${name}. 5 IN AAAA ::1`]);
    const other = ask(`${name} MX`).printed;
    assert.deepEqual([other?.status, other?.answer, other?.authority.length], ['NOERROR', [], 1]);
    assert.deepEqual(ipv4.asked, []);
  }
});

test('invalid and onion do not exist, resolver.arpa is empty', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['invalid', 'NXDOMAIN', 'invalid.'],
    ['a.b.invalid', 'NXDOMAIN', 'invalid.'],
    ['onion', 'NXDOMAIN', 'onion.'],
    ['abc.onion', 'NXDOMAIN', 'onion.'],
    ['resolver.arpa', 'NOERROR', 'resolver.arpa.'],
    ['_dns.resolver.arpa', 'NOERROR', 'resolver.arpa.'],
  ];
  for (const [name, status, apex] of cases) {
    for (const type of ['A', 'AAAA', 'SRV']) {
      const { printed, asked } = ask(`${name} ${type}`);
      assert.deepEqual([printed?.status, printed?.answer, asked], [status, [], []], name);
      assert.deepEqual(
        printed?.authority.map((soa) => soa.split(' ').slice(0, 4)),
        [[apex, '5', 'IN', 'SOA']],
      );
    }
  }
});

test('names that only look alike are forwarded', () => {
  for (const name of ['xlocalhost', 'localhost.example', 'notonion', 'arpa', 'in-addr.arpa']) {
    assert.equal(ask(`${name} A`).printed, undefined, name);
  }
});

test('private reverse zones are forwarded, a cluster has them of its network', () => {
  for (const name of [
    '1.2.0.192.in-addr.arpa',
    '4.3.168.192.in-addr.arpa',
    '1.0.16.172.in-addr.arpa',
  ]) {
    const { printed, asked } = ask(`${name} PTR`);
    assert.deepEqual([printed, asked], [undefined, [`${name}. 12`]]);
  }
});

test('a forward that names a special zone, or one below it, is followed', () => {
  const forwarded = ['', 'localhost', 'corp.invalid', 'onion'];
  for (const name of ['localhost', 'a.localhost', 'x.corp.invalid', 'abc.onion']) {
    assert.equal(ask(`${name} A`, { forwarded }).printed, undefined, name);
  }
  assert.equal(ask('other.invalid A', { forwarded }).printed?.status, 'NXDOMAIN');
});

test('without a forward for it a name is refused, special ones are not', () => {
  const forwarded = ['corp.example'];
  const refused = ask('example.org A', { forwarded }).printed;
  assert.deepEqual([refused?.status, refused?.flags], ['REFUSED', 'qr rd ra']);
  assert.equal(ask('a.corp.example A', { forwarded }).printed, undefined);
  assert.equal(ask('localhost A', { forwarded }).printed?.status, 'NOERROR');
});

test('without RD nothing is forwarded, nor told of what others have asked for', () => {
  const { printed, asked } = ask('example.org A', {}, 0);
  assert.deepEqual([printed?.status, printed?.flags, asked], ['REFUSED', 'qr ra', []]);
});

test('an alias to a special name is followed by what that is', () => {
  const { printed } = ask('away.shop.svc.cluster.local A');
  assert.deepEqual(printed?.answer, [
    'away.shop.svc.cluster.local. 5 IN CNAME www.localhost.',
    'www.localhost. 5 IN A 127.0.0.1',
  ]);
});

test('filterAaaa gives NODATA for AAAA outside our zones, and nothing else', () => {
  const options = { filterAaaa: true };
  const { printed, asked } = ask('www.example.org AAAA', options);
  assert.deepEqual([printed?.status, printed?.answer, asked], ['NOERROR', [], []]);
  assert.match(String(printed?.authority), /^www\.example\.org\. 5 IN SOA /);
  assert.equal(ask('www.example.org A', options).printed, undefined);
  assert.equal(ask('www.example.org ANY', options).printed, undefined);
  assert.deepEqual(ask('localhost AAAA', options).printed?.answer, ['localhost. 5 IN AAAA ::1']);
});

test('other opcodes, other classes and zone transfers are not forwarded', () => {
  const notify = ask('example.org SOA', {}, FLAG.rd | (4 << 11));
  assert.deepEqual([notify.printed?.status, notify.asked], ['NOTIMP', []]);
  for (const type of ['AXFR', 'IXFR']) {
    const { printed, asked } = ask(`example.org ${type}`);
    assert.deepEqual([printed?.status, asked], ['REFUSED', []]);
  }
});
