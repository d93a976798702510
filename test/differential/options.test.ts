import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Options, parseOptions } from './options.ts';

test('parseOptions() chooses a seed where none is given, and another each time', () => {
  const seeds = Array.from({ length: 5 }, () => (parseOptions([]) as Options).seed);
  assert.ok(seeds.every((seed) => Number.isInteger(seed) && seed > 0));
  assert.ok(new Set(seeds).size > 1);
});

test('parseOptions() takes size, modes and API server', () => {
  const text = '--seed 5 --services 100 --rounds 3 --changes 9 --pods verified --api emulation';
  assert.deepEqual(parseOptions([...text.split(' '), '--found-only']), {
    seed: 5,
    services: 100,
    rounds: 3,
    changes: 9,
    api: 'emulation',
    pods: ['verified'],
    mayBuild: false,
  });
});

test('parseOptions() tells all mistakes at once', () => {
  const mistakes = parseOptions(['--seed', 'x', '--pods', 'all', '--api', 'none', '--rounds=-1']);
  assert.ok(Array.isArray(mistakes));
  assert.deepEqual(
    mistakes.map((mistake: string) => mistake.split(':')[0]),
    ['--pods', '--api', '--seed', '--rounds'],
  );
});
