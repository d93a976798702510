import assert from 'node:assert/strict';
import { test } from 'node:test';
import packet from 'dns-packet';
import fc from 'fast-check';
import {
  canonicalAddress,
  formatAddress,
  formatPrefix,
  parseAddress,
  parsePrefix,
  prefixContains,
} from '../../src/dns/address.ts';
import { formatName } from '../../src/dns/name.ts';
import { reverseName, reverseZonesOf } from '../../src/dns/reverse-name.ts';

test('parseAddress() reads what formatAddress() wrote, and what dns-packet reads', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const bytes = parseAddress(text);
      assert.ok(bytes);
      assert.deepEqual(parseAddress(formatAddress(bytes)), bytes);
      if (bytes.length === 4) assert.equal(formatAddress(bytes), text);
    }),
  );
  for (const text of ['2001:db8::1', '::', 'fd00:96::a', '::ffff:192.0.2.1', '1:2:3:4:5:6:7:8']) {
    const bytes = parseAddress(text);
    assert.ok(bytes);
    const record = { type: 'AAAA', name: 'a', data: text } as const;
    const encoded = packet.answer.encode(record);
    assert.deepEqual(Buffer.from(bytes), Buffer.from(encoded.subarray(-16)), text);
  }
});

test('formatAddress() shortens the first longest run of zeros, and no single zero: RFC 5952', () => {
  const shortened: Record<string, string> = {
    '2001:0db8:0:0:1:0:0:1': '2001:db8::1:0:0:1',
    '2001:db8:0:1:1:1:1:1': '2001:db8:0:1:1:1:1:1',
    '0:0:0:0:0:0:0:0': '::',
    'FD00:0:0:0:0:0:0:0': 'fd00::',
  };
  for (const [text, expected] of Object.entries(shortened)) {
    const bytes = parseAddress(text);
    assert.ok(bytes);
    assert.equal(formatAddress(bytes), expected);
  }
});

test('parseAddress() refuses what is no address', () => {
  for (const text of [
    '',
    '1.2.3',
    '010.0.0.1',
    '1.2.3.256',
    'fe80::1%eth0',
    'example.org',
    '::g',
  ]) {
    assert.equal(parseAddress(text), undefined, text);
  }
});

test('parsePrefix() refuses host bits, lengths out of range and other text', () => {
  for (const text of [
    '10.96.0.1/12',
    '10.0.0.0/33',
    '10.0.0.0',
    '10.0.0.0/',
    '/8',
    'fd00::/129',
    '10.0.0.0/08',
  ]) {
    assert.equal(parsePrefix(text), undefined, text);
  }
  for (const text of ['10.96.0.0/12', '0.0.0.0/0', 'fd00:96::/108', '192.0.2.1/32']) {
    const prefix = parsePrefix(text);
    assert.ok(prefix, text);
    assert.equal(formatPrefix(prefix), text);
  }
});

test('prefixContains() looks at the fixed bits only', () => {
  const contains = (prefix: string, address: string) => {
    const [parsed, bytes] = [parsePrefix(prefix), parseAddress(address)];
    assert.ok(parsed && bytes);
    return prefixContains(parsed, bytes);
  };
  assert.ok(contains('10.96.0.0/12', '10.111.255.255'));
  assert.ok(!contains('10.96.0.0/12', '10.112.0.0'));
  assert.ok(contains('0.0.0.0/0', '192.0.2.1'));
  assert.ok(!contains('0.0.0.0/0', '2001:db8::1'));
  assert.ok(contains('fd00:96::/108', 'fd00:96::f:ffff'));
  assert.ok(!contains('fd00:96::/108', 'fd00:96::10:0'));
});

test('reverseName() turns octets and nibbles round', () => {
  const name = (text: string) => formatName(reverseName(parseAddress(text) ?? new Uint8Array()));
  assert.equal(name('192.0.2.1'), '1.2.0.192.in-addr.arpa.');
  assert.equal(
    name('2001:db8::1'),
    '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.',
  );
});

test('reverseZonesOf() covers a prefix with whole labels', () => {
  const zones = (text: string) => {
    const prefix = parsePrefix(text);
    assert.ok(prefix);
    return reverseZonesOf(prefix).map(formatName);
  };
  assert.deepEqual(zones('10.0.0.0/8'), ['10.in-addr.arpa.']);
  assert.deepEqual(zones('10.96.0.0/15'), ['96.10.in-addr.arpa.', '97.10.in-addr.arpa.']);
  assert.equal(zones('10.96.0.0/12').length, 16);
  assert.equal(zones('10.96.0.0/12').at(-1), '111.10.in-addr.arpa.');
  assert.deepEqual(zones('0.0.0.0/0'), ['in-addr.arpa.']);
  assert.deepEqual(zones('fd00::/8'), ['d.f.ip6.arpa.']);
  assert.deepEqual(zones('fc00::/7'), ['c.f.ip6.arpa.', 'd.f.ip6.arpa.']);
});

test('canonicalAddress() gives equal addresses equal text, and only link-local ones a scope', () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['192.0.2.1', '192.0.2.1'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['FE80:0::1', 'fe80::1'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['febf::1%br-1.2', 'febf::1%br-1.2'],
    ['fec0::1%eth0', undefined],
    ['2001:db8::1%eth0', undefined],
    ['192.0.2.1%eth0', undefined],
    ...['', '%eth0', 'fe80::1%', 'fe80::1%a b', '192.0.2', 'example.org', '192.0.2.1\n'].map(
      (text) => [text, undefined] as const,
    ),
  ];
  for (const [text, expected] of cases) assert.equal(canonicalAddress(text), expected, text);
});
