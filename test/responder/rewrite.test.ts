/** Rules that put one name in the place of another, in the memory of the query. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countLabels, encodeName, formatName } from '../../src/dns/name.ts';
import { Query } from '../../src/responder/query.ts';
import { compileRewrites, type RewriteRule, rewriteName } from '../../src/responder/rewrite.ts';
import { buildQuery } from '../support/records.ts';

const RULES: readonly RewriteRule[] = [
  { from: '*.corp.example', to: '*.shop.svc.cluster.local' },
  { from: '*.db.corp.example', to: '*.bank.svc.cluster.local' },
  { from: 'www.db.corp.example', to: 'web.shop.svc.cluster.local' },
  { from: 'corp.example', to: 'example.org' },
];

function ask(name: string): Query {
  const query = new Query(new Uint8Array(256));
  const message = buildQuery(`${name} A`);
  assert.equal(query.decode(message, message.length), 'accept');
  return query;
}

/** The query's name, and what it knows of its labels checked against it. */
function nameOf(query: Query): string {
  const name = query.name.subarray(0, query.nameLength);
  assert.equal(query.labelCount, countLabels(name));
  let at = 0;
  for (let i = 0; i < query.labelCount; at += name[at] + 1, i++) {
    assert.equal(query.labelOffsets[i], at);
  }
  assert.equal(query.labelOffsets[query.labelCount], at);
  assert.equal(at, query.nameLength - 1);
  return formatName(name);
}

/** What a name is rewritten to; undefined where it is not. */
function rewritten(name: string, rules = RULES): string | undefined {
  const query = ask(name);
  const before = nameOf(query);
  const isRewritten = rewriteName(query, compileRewrites(rules));
  const after = nameOf(query);
  if (!isRewritten) assert.equal(after, before);
  return isRewritten ? after : undefined;
}

test('rewriteName() takes an exact name before a longer suffix, and that before a shorter one', () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ['www.db.corp.example', 'web.shop.svc.cluster.local.'],
    ['a.db.corp.example', 'a.bank.svc.cluster.local.'],
    ['a.www.db.corp.example', 'a.www.bank.svc.cluster.local.'],
    ['db.corp.example', 'db.shop.svc.cluster.local.'],
    ['a.b.c.corp.example', 'a.b.c.shop.svc.cluster.local.'],
    ['WWW.Db.CORP.example', 'web.shop.svc.cluster.local.'],
    ['A.Corp.Example', 'a.shop.svc.cluster.local.'],
    ['corp.example', 'example.org.'],
    ['xcorp.example', undefined],
    ['example', undefined],
    ['a.corp.example.org', undefined],
    ['.', undefined],
  ];
  for (const rules of [RULES, RULES.toReversed()]) {
    for (const [name, expected] of cases) assert.equal(rewritten(name, rules), expected, name);
  }
});

test('rewriteName() knows the ends of labels', () => {
  // The length of "corp" is a byte of the first label here, so the bytes alone would match.
  const query = ask('a\u0004corp.example');
  assert.equal(rewriteName(query, compileRewrites(RULES)), false);
});

test('rewriteName() rewrites a name once', () => {
  const rules = [
    { from: 'a.example', to: 'b.example' },
    { from: 'b.example', to: 'c.example' },
  ];
  assert.equal(rewritten('a.example', rules), 'b.example.');
});

test('rewriteName() leaves a name whose other would be longer than 255 bytes', () => {
  const rules = [{ from: '*.example', to: '*.longer.example' }];
  const label = 'a'.repeat(63);
  // 4 labels: 3 times 64 bytes, the last one, and 9 of "example" with the root.
  const nameOfBytes = (bytes: number) =>
    `${label}.${label}.${label}.${'b'.repeat(bytes - 3 * 64 - 1 - 9)}.example`;
  assert.equal(rewritten(nameOfBytes(249), rules), undefined);
  const longest = rewritten(nameOfBytes(248), rules) ?? 'not rewritten';
  assert.match(longest, /b\.longer\.example\.$/);
  assert.equal(encodeName(longest).length, 255);
});

test('rewriteName() gives what the text of the rules says', () => {
  const label = fc.constantFrom('a', 'b', 'aa');
  const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
  const pair = fc.tuple(name, name, fc.boolean());
  const rules = fc.uniqueArray(pair, {
    selector: ([from, , isWildcard]) => `${from} ${isWildcard}`,
  });
  fc.assert(
    fc.property(name, rules, (asked, pairs) => {
      const texts = pairs.map(([from, to, isWildcard]) => {
        const asterisk = isWildcard ? '*.' : '';
        return { from: `${asterisk}${from}`, to: `${asterisk}${to}` };
      });
      assert.equal(rewritten(asked, texts), rewrittenText(asked, texts));
    }),
  );
});

/** The same by text: of the rules that fit, the one with the longest `from`. */
function rewrittenText(name: string, rules: readonly RewriteRule[]): string | undefined {
  const exact = rules.find(({ from }) => from === name);
  if (exact !== undefined) return `${exact.to}.`;
  const [longest] = rules
    .filter(({ from }) => from.startsWith('*') && name.endsWith(from.slice(1)))
    .toSorted((a, b) => b.from.length - a.from.length);
  if (longest === undefined) return undefined;
  return `${name.slice(0, name.length - longest.from.length + 1)}${longest.to.slice(1)}.`;
}
