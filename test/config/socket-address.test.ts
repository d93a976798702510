/** Addresses with ports, durations and misspelt words: the small text forms of the configuration. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDuration } from '../../src/config/duration.ts';
import {
  collides,
  formatSocketAddress,
  parseSocketAddress,
} from '../../src/config/socket-address.ts';
import { nearestOf } from '../../src/config/spelling.ts';

test('parseSocketAddress() reads addresses with ports, and keeps them in canonical form', () => {
  const cases = [
    ['192.0.2.1:53', '192.0.2.1', 53, '192.0.2.1:53'],
    ['0.0.0.0:0', '0.0.0.0', 0, '0.0.0.0:0'],
    ['[2001:DB8:0:0::1]:65535', '2001:db8::1', 65_535, '[2001:db8::1]:65535'],
    ['[::]:53', '::', 53, '[::]:53'],
  ] as const;
  for (const [text, address, port, canonical] of cases) {
    const parsed = parseSocketAddress(text);
    assert.deepEqual(parsed, { address, port });
    assert.equal(parsed && formatSocketAddress(parsed), canonical);
  }
});

test('parseSocketAddress() gives undefined for everything else', () => {
  const texts = [
    ...[
      '',
      '53',
      ':53',
      '192.0.2.1',
      '192.0.2.1:',
      '192.0.2.1:65536',
      '192.0.2.1:-1',
      '192.0.2.1:053',
    ],
    ...[
      '192.0.2:53',
      '192.0.2.01:53',
      '192.0.2.1:53 ',
      ' 192.0.2.1:53',
      '192.0.2.1:5e1',
      '192.0.2.1:53\n',
    ],
    ...[
      '::1',
      '::1:53',
      '[::1]',
      '[::1]:',
      '[::1]53',
      '[192.0.2.1]:53',
      '[::1%eth0]:53',
      '[[::1]]:53',
    ],
    ...['example.org:53', 'localhost:53', '[::ffff:192.0.2.1]:53', '[::ffff:c000:201]:53'],
  ];
  for (const text of texts) assert.equal(parseSocketAddress(text), undefined, JSON.stringify(text));
});

test('collides() tells which two sockets cannot both be had', () => {
  const cases: readonly [string, string, boolean][] = [
    ['192.0.2.1:53', '192.0.2.1:53', true],
    ['192.0.2.1:53', '0.0.0.0:53', true],
    ['[::]:53', '[2001:db8::1]:53', true],
    ['192.0.2.1:53', '192.0.2.1:54', false],
    ['192.0.2.1:53', '192.0.2.2:53', false],
    ['0.0.0.0:53', '[::]:53', false],
    ['192.0.2.1:0', '192.0.2.1:0', false],
  ];
  for (const [first, second, expected] of cases) {
    const [a, b] = [parseSocketAddress(first), parseSocketAddress(second)];
    assert.ok(a && b);
    assert.equal(collides(a, b), expected, `${first} ${second}`);
    assert.equal(collides(b, a), expected, `${second} ${first}`);
  }
});

test('parseDuration() reads whole numbers with a unit, at most a day', () => {
  const cases: readonly [string, number | undefined][] = [
    ['500ms', 500],
    ['5s', 5000],
    ['1m', 60_000],
    ['0s', 0],
    ['1440m', 86_400_000],
    ['1441m', undefined],
    ['24h', 86_400_000],
    ['25h', undefined],
    ...['', '5', '5 s', '5S', '1d', '1.5s', '-1s', '05s', '1m30s', 's', '1e3ms', '5s\n'].map(
      (text): [string, undefined] => [text, undefined],
    ),
  ];
  for (const [text, expected] of cases) assert.equal(parseDuration(text), expected, text);
});

test('nearestOf() gives the word that was probably meant, and none that was not', () => {
  const words = ['listen', 'ttl', 'negativeTtl', 'namespaces', 'namespaceLabels', 'io', 'zones'];
  const cases: readonly [string, string | undefined][] = [
    ['lisen', 'listen'],
    ['listenn', 'listen'],
    ['lsiten', 'listen'],
    ['LISTEN', 'listen'],
    ['negative-ttl', 'negativeTtl'],
    ['namespace', 'namespaces'],
    ['zone', 'zones'],
    ['x', undefined],
    ['abc', undefined],
    ['forward', undefined],
    ['', undefined],
  ];
  for (const [text, expected] of cases) assert.equal(nearestOf(text, words), expected, text);
});
