import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { replaceFigures } from '../servers/readme.ts';
import { markersOf } from './readme.ts';
import { summarize } from './report.ts';
import { MEASUREMENTS } from './roster.ts';

test('summarize() gives the median of numbers and every text', () => {
  assert.equal(summarize([3, 1, 2], 1), '2.0');
  assert.equal(summarize(['SERVFAIL', 'SERVFAIL'], 0), 'SERVFAIL');
  assert.equal(summarize([12.5, 'not in 30', 11.5], 1), '12.0 / not in 30');
  assert.equal(summarize([undefined], 0), '–');
});

test('the README has a place for each measurement', () => {
  const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
  for (const { name } of MEASUREMENTS) {
    const replaced = replaceFigures(readme, `figures of ${name}`, markersOf(name));
    assert.ok(replaced.includes(`-->\n\nfigures of ${name}\n\n<!--`), name);
  }
});
