import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { replaceFigures } from './readme.ts';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('replaceFigures() replaces the figures of the README and nothing else', () => {
  const once = replaceFigures(README, 'first');
  const again = replaceFigures(once, 'second');
  assert.match(once, /-->\n\nfirst\n\n<!--/);
  assert.equal(again, once.replace('first', 'second'));
  assert.equal(again.slice(0, 500), README.slice(0, 500));
});

test('replaceFigures() throws where there is no place for them', () => {
  assert.throws(() => replaceFigures('# Benchmarks\n', 'figures'), /Cannot write figures/);
});
