/** Label selectors: the grammar of Kubernetes, and what its labels have to meet. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  findLabelSelectorMistake,
  matchesLabels,
  parseLabelSelector,
} from '../../src/config/label-selector.ts';

/** Selector, labels that meet it, labels that do not. */
const CASES: readonly [string, Record<string, string>[], Record<string, string>[]][] = [
  ['', [{}, { app: 'web' }], []],
  ['  \t', [{}], []],
  ['app=web', [{ app: 'web' }], [{}, { app: 'Web' }, { App: 'web' }]],
  ['app == web', [{ app: 'web' }], [{}]],
  ['app=', [{ app: '' }], [{}, { app: 'web' }]],
  ['app!=web', [{}, { app: 'x' }], [{ app: 'web' }]],
  ['app', [{ app: '' }, { app: 'x' }], [{}, { toString: 'x' }]],
  ['!app', [{}], [{ app: '' }]],
  ['! app', [{}], [{ app: '' }]],
  ['tier in (front, back)', [{ tier: 'front' }, { tier: 'back' }], [{}, { tier: 'db' }]],
  ['tier notin (front,back)', [{}, { tier: 'db' }], [{ tier: 'back' }]],
  ['tier in(front)', [{ tier: 'front' }], [{}]],
  ['tier in ()', [{ tier: '' }], [{}, { tier: 'x' }]],
  ['tier in (a,)', [{ tier: '' }, { tier: 'a' }], [{}]],
  ['app=web,tier in (front,back),!canary', [{ app: 'web', tier: 'back' }], [{ app: 'web' }]],
  ['a=b,a=c', [], [{ a: 'b' }, { a: 'c' }]],
  ['in in (in,notin),notin', [{ in: 'notin', notin: '' }], [{ in: 'x', notin: '' }]],
  ['in', [{ in: 'x' }], [{}]],
  ['example.org/app=web', [{ 'example.org/app': 'web' }], [{ app: 'web' }]],
  ['n>5', [{ n: '6' }, { n: '9007199254740993' }], [{}, { n: '5' }, { n: 'x' }, { n: '' }]],
  ['n < -3', [{ n: '-4' }], [{ n: '-3' }, { n: '7' }]],
  ['toString', [{ toString: 'x' }], [{}]],
];

for (const [text, met, unmet] of CASES) {
  test(`matchesLabels() decides as Kubernetes does for "${text}"`, () => {
    const selector = structuredClone(parseLabelSelector(text));
    assert.ok(selector);
    assert.equal(findLabelSelectorMistake(text), undefined);
    for (const labels of met)
      assert.equal(matchesLabels(selector, labels), true, JSON.stringify(labels));
    for (const labels of unmet) {
      assert.equal(matchesLabels(selector, labels), false, JSON.stringify(labels));
    }
  });
}

/** Selector, and what the error says. */
const MISTAKES: readonly [string, string][] = [
  [',', 'expected a label key, found ","'],
  ['app,', 'expected a label key, found the end'],
  ['app,,tier', 'expected a label key, found ","'],
  ['=web', 'expected a label key, found "="'],
  ['-app', 'expected a label key, found "-app"'],
  ['a/b/c', 'expected a label key, found "a/b/c"'],
  ['/app', 'expected a label key, found "/app"'],
  ['Example.org/app', 'expected a label key, found "Example.org/app"'],
  ['!', 'expected a label key, found the end'],
  ['!app=web', 'expected "," or the end, found "="'],
  ['app=a b', 'expected "," or the end, found "b"'],
  ['app=a,!b c', 'expected "," or the end, found "c"'],
  ['app=a=b', 'expected "," or the end, found "="'],
  ['app web', 'expected "=", "==", "!=", "in", "notin", ">", "<", "," or the end, found "web"'],
  ['app=wéb', 'expected a label value, found "wéb"'],
  [`app=${'a'.repeat(64)}`, `expected a label value, found "${'a'.repeat(64)}"`],
  ['app in a', 'expected "(", found "a"'],
  ['app in (a', 'expected "," or ")", found the end'],
  ['app in (a b)', 'expected "," or ")", found "b"'],
  ['app in (a)) ', 'expected "," or the end, found ")"'],
  ['n>x', 'expected a whole number, found "x"'],
  ['n>', 'expected a whole number, found the end'],
  ['n>9223372036854775808', 'expected a whole number, found "9223372036854775808"'],
];

for (const [text, message] of MISTAKES) {
  test(`parseLabelSelector() refuses "${text.slice(0, 20)}" and says what it expected`, () => {
    assert.equal(parseLabelSelector(text), undefined);
    assert.equal(findLabelSelectorMistake(text), message);
  });
}

test('parseLabelSelector() never throws, and ends', () => {
  const token = fc.constantFrom(
    'a',
    'in',
    'notin',
    '=',
    '==',
    '!=',
    '!',
    '(',
    ')',
    ',',
    '>',
    '<',
    ' ',
    '5',
    '/',
  );
  const texts = fc.oneof(
    fc.string(),
    fc.array(token, { maxLength: 12 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const selector = parseLabelSelector(text);
      assert.equal(selector === undefined, findLabelSelectorMistake(text) !== undefined);
      assert.equal(typeof matchesLabels(selector ?? [], { a: '5' }), 'boolean');
    }),
    { numRuns: 2000 },
  );
});

test('parseLabelSelector() gives each requirement back that was written', () => {
  const name = fc.stringMatching(/^[a-zA-Z0-9]([-a-zA-Z0-9_.]{0,8}[a-zA-Z0-9])?$/);
  const key = name.filter((text) => text !== 'in' && text !== 'notin');
  const pairs = fc.array(fc.tuple(key, fc.uniqueArray(name, { minLength: 1, maxLength: 3 })), {
    minLength: 1,
  });
  fc.assert(
    fc.property(pairs, (requirements) => {
      const text = requirements
        .map(([each, values]) => `${each} in (${values.join(', ')})`)
        .join(' , ');
      assert.deepEqual(
        parseLabelSelector(text),
        requirements.map(([each, values]) => ({ key: each, operator: 'in', values })),
      );
    }),
  );
});
