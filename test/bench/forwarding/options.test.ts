import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Options, parseOptions } from './options.ts';

test('parseOptions() measures everything without arguments', () => {
  const options = parseOptions([]) as Options;
  assert.deepEqual(options.settings, { seconds: 2, randomNames: 1_000_000 });
  assert.equal(options.rounds, undefined);
  assert.deepEqual(
    options.servers.map(({ name }) => name),
    ['vipdns-batch', 'coredns', 'unbound', 'dnsmasq'],
  );
  assert.equal(options.measurements.length, 11);
});

test('parseOptions() takes measurements and servers by name', () => {
  const options = parseOptions(['--only', 'loss,hit', '--servers', 'unbound']) as Options;
  assert.deepEqual(
    [...options.measurements, ...options.servers].map(({ name }) => name),
    ['hit', 'loss', 'unbound'],
  );
});

test('parseOptions() tells all mistakes at once', () => {
  const mistakes = parseOptions(['--only', 'hits', '--servers', 'bind', '--rounds', '0']);
  assert.ok(Array.isArray(mistakes));
  assert.equal(mistakes.length, 3);
});
