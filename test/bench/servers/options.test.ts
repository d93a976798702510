import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Options, parseOptions } from './options.ts';

test('parseOptions() measures everything without arguments', () => {
  const options = parseOptions([]) as Options;
  assert.deepEqual(options.settings, { names: [1000, 100_000], rounds: 3, seconds: 1.2 });
  assert.equal(options.servers.length, 9);
  assert.deepEqual(options.alone, ['responders', 'intake', 'memory']);
  assert.equal(options.questions.length, 7);
});

test('parseOptions() takes servers and what vipdns is measured for alone from one list', () => {
  const options = parseOptions(['--only', 'memory,knotd', '--questions', 'srv']) as Options;
  assert.deepEqual(
    options.servers.map(({ name }) => name),
    ['knotd'],
  );
  assert.deepEqual(options.alone, ['memory']);
  assert.deepEqual(
    options.questions.map(({ name }) => name),
    ['srv'],
  );
});

test('parseOptions() tells all mistakes at once', () => {
  const mistakes = parseOptions(['--only', 'bind', '--names', '10,x', '--rounds', '0']);
  assert.ok(Array.isArray(mistakes));
  assert.equal(mistakes.length, 3);
  assert.match(mistakes[0], /^--only: expected one of floor, .*: received "bind"$/);
});
