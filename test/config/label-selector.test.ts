import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { matchesLabels, parseLabelSelector } from '../../src/config/label-selector.ts';

suite('matchesLabels()', () => {
  const labels = { app: 'web', tier: 'front', 'example.org/empty': '' };
  const rows: Record<string, boolean> = {
    '': true,
    'app=web': true,
    'app==web': true,
    'app = api': false,
    'app!=api': true,
    'missing!=api': true,
    'missing=api': false,
    'app in (api, web)': true,
    'app in (api)': false,
    'app notin (api)': true,
    'missing notin (api)': true,
    'missing in (api)': false,
    app: true,
    missing: false,
    '!missing': true,
    '!app': false,
    'app=web,tier in (front, back),!missing': true,
    'app=web,tier in (back)': false,
    'example.org/empty=': true,
    toString: false,
  };
  for (const [selector, expected] of Object.entries(rows)) {
    test(`${JSON.stringify(selector)} ${expected ? 'is met' : 'is not met'}`, () => {
      const requirements = parseLabelSelector(selector);
      assert.ok(requirements);
      assert.equal(matchesLabels(requirements, labels), expected);
    });
  }
});

test('parseLabelSelector() refuses what the API server refuses', () => {
  for (const text of [
    'a in',
    'a in (b',
    '=b',
    'a=b=c',
    'a b',
    ',',
    'a,',
    'a=b!',
    '!!a',
    'a in (b c)',
  ]) {
    assert.equal(parseLabelSelector(text), undefined, text);
  }
});
