import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAddress, parsePrefix, prefixContains } from '../../../src/dns/address.ts';
import type { VipRequest } from '../../../src/source/manifests/decode-service.ts';
import {
  VipAllocator,
  type VipMemory,
  type VipResult,
} from '../../../src/source/manifests/vip-allocator.ts';

const DUAL = ['10.96.0.0/12', 'fd00:96::/108'];
const ANY: VipRequest = { given: [], families: [], policy: 'SingleStack' };

function allocator(...prefixes: string[]): VipAllocator {
  return new VipAllocator(
    prefixes.map((text) => {
      const prefix = parsePrefix(text);
      assert(prefix !== undefined, text);
      return prefix;
    }),
  );
}

type Wishes = Readonly<Record<string, Partial<VipRequest>>>;

/** What each Service gets: its addresses, or what was expected of it. */
function allocate(vips: VipAllocator, wishes: Wishes): Record<string, string> {
  const requests = new Map(Object.entries(wishes).map(([key, wish]) => [key, { ...ANY, ...wish }]));
  return Object.fromEntries(
    [...vips.allocate(requests)].map(([key, result]) => [
      key,
      'addresses' in result
        ? result.addresses.join(' ')
        : result.mistakes.map(({ path, expected }) => `${path}: ${expected}`).join(),
    ]),
  );
}

function families(addresses: string): string {
  return addresses
    .split(' ')
    .map((address) => (address.includes(':') ? 'IPv6' : 'IPv4'))
    .join(' ');
}

test('VipAllocator.allocate() gives the same address for the same name, in any order', () => {
  const names = Array.from({ length: 50 }, (_, i) => `shop/service-${i}`);
  const wishes = (keys: string[]) => Object.fromEntries(keys.map((key) => [key, {}]));
  const first = allocate(allocator('192.0.2.0/26'), wishes(names));
  const second = allocate(allocator('192.0.2.0/26'), wishes(names.toReversed()));
  assert.deepEqual(
    second,
    Object.fromEntries(Object.entries(second).map(([key]) => [key, first[key]])),
  );
  assert.equal(new Set(Object.values(first)).size, 50);
});

for (const [wish, prefixes, expected] of [
  [{}, DUAL, 'IPv4'],
  [{}, DUAL.toReversed(), 'IPv6'],
  [{ families: ['IPv6'] }, DUAL, 'IPv6'],
  [{ policy: 'PreferDualStack' }, DUAL, 'IPv4 IPv6'],
  [{ policy: 'PreferDualStack', families: ['IPv6'] }, DUAL, 'IPv6 IPv4'],
  [{ policy: 'PreferDualStack' }, DUAL.slice(0, 1), 'IPv4'],
  [{ policy: 'RequireDualStack' }, DUAL, 'IPv4 IPv6'],
  [{ policy: 'RequireDualStack', families: ['IPv6', 'IPv4'] }, DUAL, 'IPv6 IPv4'],
] as const) {
  test(`VipAllocator.allocate() gives ${expected} for ${JSON.stringify(wish)} from ${prefixes}`, () => {
    const { web } = allocate(allocator(...prefixes), { web: wish });
    assert.equal(families(web), expected);
    for (const address of web.split(' ')) {
      const isInside = prefixes.some((text) => {
        const prefix = parsePrefix(text);
        const bytes = parseAddress(address);
        return prefix !== undefined && bytes !== undefined && prefixContains(prefix, bytes);
      });
      assert.equal(isInside, true, address);
    }
  });
}

for (const [wish, prefixes, expected] of [
  [{ policy: 'RequireDualStack' }, ['10.96.0.0/12'], '10.96.0.0/12 is IPv4 only'],
  [{ families: ['IPv6'] }, ['10.96.0.0/12'], '10.96.0.0/12 is IPv4 only'],
  [{}, [], 'no prefix'],
] as const) {
  test(`VipAllocator.allocate() refuses ${JSON.stringify(wish)}: ${expected}`, () => {
    const { web } = allocate(allocator(...prefixes), { web: wish });
    assert.equal(
      web,
      `spec.ipFamilies: families that service addresses are configured for (${prefixes.length > 0 ? 'IPv4' : 'none'})`,
    );
  });
}

test('VipAllocator.allocate() takes an address that a Service names, and adds the other family', () => {
  const results = allocate(allocator(...DUAL), {
    web: { given: ['10.96.0.10'], families: ['IPv4'] },
    api: { given: ['10.96.0.11'], families: ['IPv4'], policy: 'PreferDualStack' },
    old: { given: ['FD00:96:0::1'], families: ['IPv6'] },
  });
  assert.equal(results.web, '10.96.0.10');
  assert.match(results.api, /^10\.96\.0\.11 fd00:96::/);
  assert.equal(results.old, 'fd00:96::1');
});

test('VipAllocator.allocate() leaves out a Service that names what another one names before it', () => {
  const results = allocate(allocator(...DUAL), {
    web: { given: ['fd00:96::1'] },
    api: { given: ['10.96.0.1', 'fd00:96:0::1'], policy: 'RequireDualStack' },
    db: { given: ['10.96.0.1'] },
  });
  assert.deepEqual(results, {
    web: 'fd00:96::1',
    api: 'spec.clusterIP: an address that no other Service names, as web does',
    db: '10.96.0.1',
  });
});

for (const address of ['192.0.2.1', '10.96.0.0', '10.111.255.255', 'fd00:97::1', 'fd00:96::']) {
  test(`VipAllocator.allocate() leaves out a Service that names ${address}`, () => {
    const { web } = allocate(allocator(...DUAL), { web: { given: [address] } });
    assert.match(web, /^spec\.clusterIP: an address that Services may have in /);
  });
}

test('VipAllocator.allocate() takes any address of a family that has no prefix', () => {
  assert.deepEqual(allocate(allocator('10.96.0.0/12'), { web: { given: ['2001:db8::1'] } }), {
    web: '2001:db8::1',
  });
});

test('VipAllocator.allocate() gives named addresses to those who name them first, and says who had to move', () => {
  const vips = allocator(...DUAL);
  const { web } = allocate(vips, { web: {} });
  const results = vips.allocate(
    new Map([
      ['web', ANY],
      ['thief', { ...ANY, given: [web] }],
    ]),
  );
  const moved = results.get('web');
  assert(moved !== undefined && 'addresses' in moved);
  assert.notEqual(moved.addresses[0], web);
  assert.deepEqual(moved.notice, {
    path: 'spec.clusterIP',
    expected: `to keep ${web}, which thief names`,
    received: moved.addresses[0],
  });
  const again = vips.allocate(
    new Map([
      ['web', ANY],
      ['thief', { ...ANY, given: [web] }],
    ]),
  );
  assert.deepEqual(again.get('web'), { addresses: moved.addresses, isAllocated: true });
});

test('VipAllocator.allocate() keeps addresses as other Services come and go', () => {
  const vips = allocator('192.0.2.0/27');
  const wishes: Record<string, Partial<VipRequest>> = { m: {}, n: {} };
  const before = allocate(vips, wishes);
  for (const name of 'abcdefghijkl') wishes[name] = {};
  const after = allocate(vips, wishes);
  assert.deepEqual([after.m, after.n], [before.m, before.n]);
  assert.equal(new Set(Object.values(after)).size, 14);
});

test('VipAllocator.allocate() gives every address of a prefix but the first and the broadcast address', () => {
  const names = Array.from({ length: 7 }, (_, i) => `shop/${i}`);
  const results = allocate(
    allocator('192.0.2.0/29'),
    Object.fromEntries(names.map((key) => [key, {}])),
  );
  assert.deepEqual(
    Object.values(results).sort(),
    [1, 2, 3, 4, 5, 6]
      .map((n) => `192.0.2.${n}`)
      .concat('spec.clusterIP: a free address in 192.0.2.0/29'),
  );
});

test('VipAllocator.allocate() takes from the second prefix what the first has not', () => {
  const names = Array.from({ length: 4 }, (_, i) => `shop/${i}`);
  const results = allocate(
    allocator('192.0.2.0/30', '192.0.2.128/30'),
    Object.fromEntries(names.map((key) => [key, {}])),
  );
  assert.deepEqual(Object.values(results).sort(), [
    '192.0.2.1',
    '192.0.2.129',
    '192.0.2.130',
    '192.0.2.2',
  ]);
});

test('VipAllocator.allocate() gives nothing from prefixes without room', () => {
  for (const prefix of ['192.0.2.0/31', '192.0.2.0/32', '2001:db8::/128']) {
    assert.match(allocate(allocator(prefix), { web: {} }).web, /a free address in/, prefix);
  }
});

test('VipAllocator.allocate() leaves the first 256 addresses to those who name one, while it can', () => {
  const names = Array.from({ length: 500 }, (_, i) => `shop/${i}`);
  const results = allocate(
    allocator('10.96.0.0/22'),
    Object.fromEntries(names.map((key) => [key, {}])),
  );
  const low = Object.values(results).filter((address) =>
    /^10\.96\.0\.([1-9]|[1-5]\d|6[0-3])$/.test(address),
  );
  assert.deepEqual(low, []);
});

test('VipAllocator.allocate() gives the address of a Service that went to others last, and back to itself', () => {
  const vips = allocator('192.0.2.0/29');
  const { a } = allocate(vips, { a: {} });
  const others = allocate(vips, { b: {}, c: {}, d: {}, e: {}, f: {} });
  assert.equal(Object.values(others).includes(a), false);
  assert.equal(allocate(vips, { a: {}, b: {}, c: {}, d: {}, e: {}, f: {} }).a, a);
  const full = allocate(vips, { b: {}, c: {}, d: {}, e: {}, f: {}, g: {} });
  assert.equal(full.g, a);
});

test('VipAllocator.allocate() takes back what a Service has that cannot have all', () => {
  const results = allocate(allocator('192.0.2.0/30', '2001:db8::/127'), {
    a: { families: ['IPv6'] },
    b: { policy: 'RequireDualStack' },
    c: {},
    d: {},
  });
  assert.match(results.b, /a free address in 2001:db8::\/127$/);
  assert.deepEqual([results.c, results.d].sort(), ['192.0.2.1', '192.0.2.2']);
});

test('VipAllocator.allocate() refuses 20,000 Services that a full prefix has no room for at once', () => {
  const names = Array.from({ length: 21_022 }, (_, i) => `shop/${i}`);
  const vips = allocator('10.96.0.0/22');
  const startedAt = process.cpuUsage().user;
  const results = allocate(vips, Object.fromEntries(names.map((key) => [key, {}])));
  // A look through the prefix for each of them would take longer.
  assert.equal(process.cpuUsage().user - startedAt < 5_000_000, true);
  const refused = Object.values(results).filter((result) => result.startsWith('spec.'));
  assert.equal(refused.length, 20_000);
});

test('VipAllocator.restore() gives everybody the same after a restart', () => {
  const vips = allocator('192.0.2.0/28');
  allocate(vips, { late: {}, z: {} });
  const before = allocate(vips, { a: {}, b: {}, c: {}, d: {}, e: {}, f: {}, late: {}, z: {} });
  const restarted = allocator('192.0.2.0/28');
  restarted.restore(vips.memory);
  assert.deepEqual(
    allocate(restarted, { z: {}, late: {}, f: {}, e: {}, d: {}, c: {}, b: {}, a: {} }),
    {
      ...before,
    },
  );
});

test('VipAllocator.restore() forgets addresses outside the prefixes, and takes one that stands twice once', () => {
  const vips = allocator('192.0.2.0/28');
  const memory: VipMemory = new Map([
    ['a', ['198.51.100.1']],
    ['b', ['192.0.2.5']],
    ['c', ['192.0.2.5']],
  ]);
  vips.restore(memory);
  const { a, b, c } = allocate(vips, { a: {}, b: {}, c: {} });
  assert.equal(b, '192.0.2.5');
  assert.match(a, /^192\.0\.2\.\d+$/);
  assert.equal(new Set([a, b, c]).size, 3);
});

test('VipAllocator.allocate() never gives an address twice, and none outside, whatever comes and goes', () => {
  const key = fc.constantFrom(...'abcdefghij');
  const wish = fc.record({
    given: fc.oneof(
      fc.constant([]),
      fc.integer({ min: 0, max: 17 }).map((n) => [`192.0.2.${n}`]),
    ),
    families: fc.constant([]),
    policy: fc.constantFrom('SingleStack' as const, 'PreferDualStack' as const),
  });
  fc.assert(
    fc.property(fc.array(fc.dictionary(key, wish), { maxLength: 8 }), (rounds) => {
      const vips = allocator('192.0.2.0/28', '2001:db8::/124');
      for (const round of rounds) {
        const results = vips.allocate(new Map(Object.entries(round)));
        assert.equal(results.size, Object.keys(round).length);
        const given = [...results.values()].flatMap((one) =>
          'addresses' in one ? one.addresses : [],
        );
        assert.equal(new Set(given).size, given.length);
        for (const address of given)
          assert.match(address, /^192\.0\.2\.([1-9]|1[0-4])$|^2001:db8::[1-9a-f]$/);
        const remembered = [...vips.memory.values()].flat();
        assert.equal(new Set(remembered).size, remembered.length);
        const again = vips.allocate(new Map(Object.entries(round)));
        assert.deepEqual(
          again,
          new Map([...results].map(([name, result]) => [name, withoutNotice(result)])),
        );
      }
    }),
  );
});

function withoutNotice(result: VipResult): VipResult {
  if ('mistakes' in result) return result;
  const { addresses, isAllocated } = result;
  return { addresses, isAllocated };
}
