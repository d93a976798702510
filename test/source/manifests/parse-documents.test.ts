import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  MAX_FULL_YAML_BYTES,
  parseDocuments,
} from '../../../src/source/manifests/parse-documents.ts';

/** Each document as `number: JSON`, or `number: path: what is wrong`. */
function parse(text: string, { isJson = false } = {}): string[] {
  return [...parseDocuments(text, { isJson })].map((document) =>
    'value' in document
      ? `${document.number}: ${JSON.stringify(document.value)}`
      : `${document.number}: ${document.mistakes.map(({ path, received }) => `${path}: ${received}`).join()}`,
  );
}

test('parseDocuments() numbers documents as they stand', () => {
  assert.deepEqual(parse('a: 1\n---\na: 2\n'), ['1: {"a":1}', '2: {"a":2}']);
  assert.deepEqual(parse('---\na: 1\n--- # second\na: 2'), ['1: {"a":1}', '2: {"a":2}']);
  assert.deepEqual(parse('# a comment\n\n---\na: 1\n---\n---\na: 3\n'), [
    '1: {"a":1}',
    '3: {"a":3}',
  ]);
  assert.deepEqual(parse(''), []);
  assert.deepEqual(parse('---\n# nothing\n'), []);
});

test('parseDocuments() reads content on the line of the marker', () => {
  assert.deepEqual(parse('--- {a: 1}\n--- text\n---\ta: 1\n').slice(0, 2), [
    '1: {"a":1}',
    '2: "text"',
  ]);
});

test('parseDocuments() takes "---" in a literal, in a comment and in a longer word for no marker', () => {
  const text = 'a: |\n  x\n  ---\n  y\n# ---\n---b: 1\n';
  assert.deepEqual(parse(text), ['1: {"a":"x\\n---\\ny\\n","---b":1}']);
});

test('parseDocuments() loses a broken document only, and says in which line of the file it is', () => {
  assert.deepEqual(parse('a: 1\n---\nb: 1\nc: [\n---\nd: 1\n'), [
    '1: {"a":1}',
    '2: line 5, column 1: Flow sequence in block collection must be sufficiently indented and end with a ]',
    '3: {"d":1}',
  ]);
});

test('parseDocuments() reports a duplicate key with its line', () => {
  assert.deepEqual(parse('---\na: 1\nb: 2\na: 3\n'), [
    '1: line 4, column 1: Map keys must be unique',
  ]);
});

test('parseDocuments() reads anchors and merge keys, and stops an alias bomb', () => {
  assert.deepEqual(parse('a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n'), [
    '1: {"a":{"b":1},"c":{"b":1},"d":{"b":1}}',
  ]);
  const levels = Array.from(
    { length: 9 },
    (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(9)}]`,
  );
  const [bomb, next, ...others] = parse(`l0: &l0 [x]\n${levels.join('\n')}\n---\na: 1\n`);
  assert.match(bomb, /^1: : Excessive alias count/);
  assert.equal(next, '2: {"a":1}');
  assert.deepEqual(others, []);
});

test('parseDocuments() reads directives and "..."', () => {
  assert.deepEqual(parse('%YAML 1.2\n---\na: 1\n...\n---\nb: 1\n'), ['1: {"a":1}', '2: {"b":1}']);
});

test('parseDocuments() reads a byte order mark and Windows line breaks', () => {
  assert.deepEqual(parse('\ufeffa: 1\r\nb: |\r\n  x\r\n  y\r\n---\r\nc: 1\r\n'), [
    '1: {"a":1,"b":"x\\ny\\n"}',
    '2: {"c":1}',
  ]);
  assert.deepEqual(parse('\ufeff{"a": 1}', { isJson: true }), ['0: {"a":1}']);
});

test('parseDocuments() survives YAML that is nested without end', () => {
  const [document, ...others] = parse(`${'['.repeat(100_000)}\n`);
  assert.match(document, /^1: /);
  assert.deepEqual(others, []);
});

test('parseDocuments() refuses to read a huge document in full', () => {
  const [document] = parse(`a: {b: 1}\nc: ${'x'.repeat(MAX_FULL_YAML_BYTES)}\n`);
  assert.match(document, /^1: : \d+ bytes$/);
});

test('parseDocuments() says what is wrong with JSON', () => {
  assert.match(
    parse('{"a": 1,}', { isJson: true })[0],
    /^0: : Expected double-quoted property name/,
  );
});
