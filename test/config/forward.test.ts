/** Mistakes of what concerns names outside the zones: forward, cache, hosts, rewrite. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { ConfigurationError } from '../../src/config/configuration.ts';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { parseSize } from '../../src/config/size.ts';

/** The mistakes of options that are set as by flags, so that no file is named. */
function mistakesOf(text: string): readonly string[] {
  try {
    loadConfiguration({ overrides: parse(text) });
    return [];
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error));
    return error.mistakes;
  }
}

const UPSTREAM =
  'an IP address, such as "10.0.0.53", "[fd00::1]:5353", "tcp://10.0.0.53" or "tls://10.0.0.54#dns.corp.example", or the absolute path of a resolv.conf';
const SECONDS = 'a duration of whole seconds up to a day, such as "30s", "5m" or "1h"';
const SIZE = 'a size from 4MiB to 1GiB, such as "32MiB"';
const PATTERN = 'a name, such as "db.corp.example", or "*." and a name for all below it';

const MISTAKES: readonly (readonly [string, ...string[]])[] = [
  ['forward: x', 'forward: expected a list: received "x"'],
  ['forward: [a]', 'forward[0]: expected a mapping: received "a"'],
  [
    'forward: [{zone: ["."], upstreams: ["192.0.2.1"]}]',
    'forward[0].zones: expected a list: received nothing',
    '"forward[0].zone" is no option; did you mean "forward[0].zones"',
  ],
  [
    'forward: [{zones: [], upstreams: []}]',
    'forward[0].zones: expected at least one entry: received []',
    'forward[0].upstreams: expected at least one entry: received []',
  ],
  [
    'forward: [{zones: [a..b, -a], upstreams: [192.0.2.1]}]',
    'forward[0].zones[0]: expected a domain name, or "." for all: received "a..b"',
    'forward[0].zones[1]: expected a domain name, or "." for all: received "-a"',
  ],
  [
    'forward: [{zones: ["."], upstreams: [dns.example.org, 53]}]',
    `forward[0].upstreams[0]: expected ${UPSTREAM} (a DNS server cannot look up the name of its own upstream): received "dns.example.org"`,
    `forward[0].upstreams[1]: expected ${UPSTREAM}: received 53`,
  ],
  [
    'forward: [{zones: ["."], upstreams: [192.0.2.1], policy: roundRobin}]',
    'forward[0].policy: expected one of "fastest", "random", "round_robin", "sequential": received "roundRobin"',
  ],
  [
    'forward: [{zones: ["."], upstreams: [192.0.2.1, "udp://192.0.2.1:53", "tcp://192.0.2.1"]}]',
    'forward[0].upstreams[1]: expected an entry that is not listed yet: received "udp://192.0.2.1:53"',
  ],
  [
    `forward: [{zones: ["."], upstreams: [${Array.from({ length: 16 }, (_, i) => `192.0.2.${i}`)}]}]`,
    'forward[0].upstreams: expected at most 15 entries: received ["192.0.2.0","192.0.2.1","192.0.2.2","192.0.2.3","192.0.2.4","192.0.2.5","192.0.2.6","192.0.2.7","19...',
  ],
  [
    'forward: [{zones: [".", a.example, A.example.], upstreams: [192.0.2.1]}, {zones: ["."], upstreams: [192.0.2.2]}]',
    'forward[0].zones[2]: expected a zone that is not forwarded yet: received "A.example."',
    'forward[1].zones[0]: expected a zone that is not forwarded yet: received "."',
  ],
  [
    'forward: [{zones: [Cluster.local, svc.cluster.local, local], upstreams: [192.0.2.1]}]',
    'forward[0].zones[0]: expected a name outside "cluster.local", which is answered here: received "Cluster.local"',
    'forward[0].zones[1]: expected a name outside "cluster.local", which is answered here: received "svc.cluster.local"',
  ],
  [
    '{reverseZones: [244.10.in-addr.arpa], forward: [{zones: [1.244.10.in-addr.arpa, 97.10.in-addr.arpa, 10.in-addr.arpa], upstreams: [192.0.2.1]}]}',
    'forward[0].zones[0]: expected a name outside "244.10.in-addr.arpa", which is answered here: received "1.244.10.in-addr.arpa"',
    'forward[0].zones[1]: expected a name outside "97.10.in-addr.arpa", which is answered here: received "97.10.in-addr.arpa"',
  ],
  [
    '{listen: ["192.0.2.1:53"], forward: [{zones: ["."], upstreams: [192.0.2.2, "tcp://192.0.2.1", "192.0.2.1:54"]}]}',
    'forward[0].upstreams[1]: expected another server than this one, which listens on "192.0.2.1:53": received "tcp://192.0.2.1"',
  ],
  [
    '{listen: ["0.0.0.0:53", "[::]:53"], forward: [{zones: ["."], upstreams: [127.0.0.53, 192.0.2.1]}]}',
    'forward[0].upstreams[0]: expected another server than this one, which listens on "0.0.0.0:53": received "127.0.0.53"',
  ],
  ['cache: 32MiB', 'cache: expected a mapping: received "32MiB"'],
  ['cache: {size: 1}', '"cache.size" is no option'],
  ['cache: {entires: 1}', '"cache.entires" is no option; did you mean "cache.entries"'],
  ['cache: {entries: 0}', 'cache.entries: expected a number from 1 to 1000000: received 0'],
  [
    'cache: {entries: 1000001}',
    'cache.entries: expected a number from 1 to 1000000: received 1000001',
  ],
  ['cache: {bytes: 33554432}', `cache.bytes: expected ${SIZE}: received 33554432`],
  ['cache: {bytes: 32MB}', `cache.bytes: expected ${SIZE}: received "32MB"`],
  ['cache: {bytes: 3MiB}', `cache.bytes: expected ${SIZE}: received "3MiB"`],
  ['cache: {bytes: 2GiB}', `cache.bytes: expected ${SIZE}: received "2GiB"`],
  ['cache: {maxTtl: 1500ms}', `cache.maxTtl: expected ${SECONDS}: received "1500ms"`],
  ['cache: {negativeMaxTtl: 300}', `cache.negativeMaxTtl: expected ${SECONDS}: received 300`],
  ['cache: {serveStale: 25h}', `cache.serveStale: expected ${SECONDS}: received "25h"`],
  ['cache: {prefetch: 1}', 'cache.prefetch: expected true or false: received 1'],
  ['hosts: []', 'hosts: expected a mapping of names to lists of addresses: received []'],
  ['hosts: {a.example: 192.0.2.1}', 'hosts.a.example: expected a list: received "192.0.2.1"'],
  ['hosts: {a.example: []}', 'hosts.a.example: expected at least one entry: received []'],
  [
    'hosts: {a.example: [b.example]}',
    'hosts.a.example[0]: expected an IP address: received "b.example"',
  ],
  [
    'hosts: {"*.a.example": [192.0.2.1], 1.in-addr.arpa: [192.0.2.1]}',
    'hosts: expected a host name, such as "db.corp.example": received "*.a.example"',
    'hosts: expected a host name, such as "db.corp.example": received "1.in-addr.arpa"',
  ],
  [
    'hosts: {a.example: [192.0.2.1, "2001:db8::1", 192.0.2.1, "2001:DB8:0::1"]}',
    'hosts.a.example[2]: expected an entry that is not listed yet: received "192.0.2.1"',
    'hosts.a.example[3]: expected an entry that is not listed yet: received "2001:DB8:0::1"',
  ],
  [
    'hosts: {a.example: [192.0.2.1], A.example.: [192.0.2.1]}',
    'hosts.A.example.: expected a name that is not listed yet: received "A.example."',
  ],
  [
    'hosts: {db.shop.svc.cluster.local: [192.0.2.1], local: [192.0.2.1]}',
    'hosts.db.shop.svc.cluster.local: expected a name outside "cluster.local", which is answered here: received "db.shop.svc.cluster.local"',
  ],
  ['rewrite: {a: b}', 'rewrite: expected a list: received {"a":"b"}'],
  [
    `rewrite: [${Array.from({ length: 1001 }, (_, i) => `{from: a${i}.example, to: b.example}`)}]`,
    'rewrite: expected at most 1000 entries: received [{"from":"a0.example","to":"b.example"},{"from":"a1.example","to":"b.example"},{"from":"a2.example",...',
  ],
  ['rewrite: [{from: a.example}]', `rewrite[0].to: expected ${PATTERN}: received nothing`],
  [
    'rewrite: [{from: "a.*.example", to: "*"}]',
    `rewrite[0].from: expected ${PATTERN}: received "a.*.example"`,
    `rewrite[0].to: expected ${PATTERN}: received "*"`,
  ],
  [
    'rewrite: [{from: "*.a.example", to: b.example}, {from: c.example, to: "*.d.example"}]',
    'rewrite[0].to: expected "*." and a name, as "*.a.example" is: received "b.example"',
    'rewrite[1].to: expected a name without "*.", as "c.example" is: received "*.d.example"',
  ],
  [
    'rewrite: [{from: a.example, to: b.example}, {from: A.example., to: c.example}]',
    'rewrite[1].from: expected a name without a rule so far: received "A.example."',
  ],
  [
    '{hosts: {a.example: [192.0.2.1]}, rewrite: [{from: a.example, to: b.example}]}',
    'rewrite[0].from: expected a name that is not in "hosts": received "a.example"',
  ],
  [
    'rewrite: [{from: "*.shop.svc.cluster.local", to: "*.a.example"}, {from: "*.local", to: "*.b.example"}]',
    'rewrite[0].from: expected a name outside "cluster.local", which is answered here: received "*.shop.svc.cluster.local"',
  ],
  [
    'rewrite: [{from: a.example, to: b.example}, {from: b.example, to: a.example}]',
    'rewrite[0].to: expected a name that no rule rewrites again, as that for "b.example" does: received "b.example"',
    'rewrite[1].to: expected a name that no rule rewrites again, as that for "a.example" does: received "a.example"',
  ],
  [
    'rewrite: [{from: "*.a.example", to: "*.b.a.example"}]',
    'rewrite[0].to: expected a name that no rule rewrites again, as that for "*.a.example" does: received "*.b.a.example"',
  ],
  [
    'rewrite: [{from: "*.a.example", to: "*.b.example"}, {from: c.example, to: d.A.example}]',
    'rewrite[1].to: expected a name that no rule rewrites again, as that for "*.a.example" does: received "d.A.example"',
  ],
];

for (const [text, ...expected] of MISTAKES) {
  test(`loadConfiguration() refuses ${text.slice(0, 150)}`, () => {
    assert.deepEqual(mistakesOf(text), expected);
  });
}

test('loadConfiguration() takes rules of which none meets what another gives', () => {
  const right = [
    'rewrite: [{from: "*.a.example", to: "*.b.example"}, {from: x.a.example, to: y.b.example}]',
    // The suffix itself is not below it.
    'rewrite: [{from: "*.a.example", to: "*.b.example"}, {from: c.example, to: a.example}]',
    'rewrite: [{from: db.corp.example, to: db.shop.svc.cluster.local}]',
    '{hosts: {a.example: [192.0.2.1]}, rewrite: [{from: b.example, to: a.example}]}',
  ];
  for (const text of right) assert.deepEqual(mistakesOf(text), [], text);
});

test('parseSize() reads whole numbers with a binary unit', () => {
  const cases: readonly (readonly [string, number | undefined])[] = [
    ['0KiB', 0],
    ['512KiB', 524_288],
    ['32MiB', 33_554_432],
    ['1GiB', 1_073_741_824],
    ...[
      '',
      '32',
      '32M',
      '32MB',
      '32mib',
      '32 MiB',
      '1.5GiB',
      '-1MiB',
      '01MiB',
      '1MiB\n',
      'MiB',
    ].map((text) => [text, undefined] as const),
  ];
  for (const [text, expected] of cases) assert.equal(parseSize(text), expected, text);
});
