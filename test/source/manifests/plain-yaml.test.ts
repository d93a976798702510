import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseAllDocuments, stringify } from 'yaml';
import { parsePlainYaml } from '../../../src/source/manifests/plain-yaml.ts';

/** What the full reader makes of one document; undefined where it finds a mistake. */
function parseInFull(text: string): unknown {
  const documents = parseAllDocuments(text, { merge: true, logLevel: 'silent' });
  if (documents.length === 0) return null;
  if (documents.length > 1 || documents[0].errors.length > 0) return undefined;
  return documents[0].toJS();
}

const SAMPLE = `# A comment
apiVersion: v1
kind: "Service"   # another
metadata:
  annotations:
    last-applied: |
      {"kind": "Service"}

      # not a comment
    note: 'it''s a text
      on two lines'
  name: web
  empty: {}
  none: ~
  "quoted key": "a \\"word\\""
spec:
  ports:
  - name: http
    port: 80
    ratio: -1.5e3
  -   name: https
      port: 0x1bb
  -
    name: url
    value: http://example.org:80/#top
  flags:
    - true
    - - nested
      - null
    - []
    - [ IPv4,"fd00::1" , 0x1f, null, 10.96.0.1 ]   # words
  families: [IPv4, 'a: b']
  text: a plain
    scalar
`;

test('parsePlainYaml() reads what kubectl writes', () => {
  assert.deepEqual(parsePlainYaml(SAMPLE), parseInFull(SAMPLE));
  assert.notEqual(parsePlainYaml(SAMPLE), undefined);
});

for (const [what, text] of Object.entries({
  'a list in a list': 'a: [[1], 2]',
  'a list of two lines': 'a: [1,\n  2]',
  'a list with an escape': 'a: ["\\n"]',
  'a list with a mapping': 'a: [b: 1]',
  'a list with a colon': 'a: [fd00::1]',
  'a list with an empty item': 'a: [1, ]',
  'a list with a negative number': 'a: [-1]',
  'a list that is not the end of its line': 'a: [1] 2',
  'a list for a key': '[a]: 1',
  'a mapping in braces': 'a: {b: 1}',
  'an anchor': 'a: &x 1',
  'an alias': 'a: *x',
  'a tag': 'a: !!str 1',
  'a folded scalar': 'a: >\n  text',
  'a literal with an indentation': 'a: |2\n    text',
  'a merge key': '<<: {}',
  'a complex key': '? a\n: b',
  'a number for a key': '80: http',
  'a duplicate key': 'a: 1\na: 2',
  'a key that is a prototype': '__proto__:\n  a: 1',
  'a tab for an indentation': 'a:\n\tb: 1',
  'an unfinished quote': 'a: "b',
  'a wrong indentation': 'a:\n    b: 1\n  c: 2',
  'a mapping in one line': 'a: b: c',
  'a scalar document': 'text',
})) {
  test(`parsePlainYaml() leaves to the full reader: ${what}`, () => {
    assert.equal(parsePlainYaml(text), undefined);
  });
}

test('parsePlainYaml() gives null where there is nothing', () => {
  for (const text of ['', '\n\n', '  \n# comment\n']) assert.equal(parsePlainYaml(text), null);
});

test('parsePlainYaml() leaves deep nesting to the full reader', () => {
  assert.equal(parsePlainYaml(`${'- '.repeat(10_000)}a`), undefined);
});

test('parsePlainYaml() reads any object that was written as YAML', () => {
  const word = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.string({ unit: 'grapheme', maxLength: 30 }),
    fc.constantFrom(
      'null',
      'yes',
      '1.0',
      '0x1',
      '~',
      '-',
      '- a',
      'a: b',
      'a #b',
      "'",
      '"',
      'a\nb\n',
    ),
    fc.constantFrom(
      'a long text of many words '.repeat(6),
      '10.96.0.1',
      'fd00::1',
      '::',
      '1e3',
      '.inf',
    ),
  );
  const scalar = fc.oneof(word, fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
  const { object } = fc.letrec<{ value: unknown; object: object; list: unknown[] }>((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, scalar, tie('object'), tie('list')),
    object: fc.dictionary(word, tie('value'), { maxKeys: 4 }),
    list: fc.array(tie('value'), { maxLength: 4 }),
  }));
  const options = fc.record({
    indentSeq: fc.boolean(),
    lineWidth: fc.constantFrom(0, 40, 80),
    singleQuote: fc.boolean(),
    indent: fc.constantFrom(2, 4),
  });
  fc.assert(
    fc.property(object, options, (value, how) => {
      assertSameAsFull(stringify(value, how));
    }),
  );
});

test('parsePlainYaml() never reads anything else than the full reader', () => {
  const piece = fc.constantFrom(
    ...[
      ' ',
      '  ',
      '\n',
      '\n  ',
      '\n    ',
      '-',
      '- ',
      ': ',
      ':',
      '#',
      ' #',
      '"',
      "'",
      "''",
      '\\',
      '|',
      '|-',
    ],
    ...[
      '{}',
      '[]',
      '[',
      ']',
      '[a]',
      '[1, "b"]',
      '{',
      ',',
      '&a',
      '*a',
      '!',
      '?',
      '>',
      '\t',
      'key',
      'key: ',
      '~',
      '1',
      '0',
      '.',
    ],
    ...[
      '\nkey: value',
      '\n- item',
      '\n  - key: 1',
      '\u2028',
      '\ufeff',
      '\r',
      '<<',
      '%',
      '@',
      '`',
      '\\n',
      '\n\n',
    ],
  );
  const edit = fc.record({
    at: fc.nat(SAMPLE.length),
    remove: fc.nat(6),
    insert: fc.array(piece, { maxLength: 3 }),
  });
  const edited = fc
    .array(edit, { minLength: 1, maxLength: 4 })
    .map((edits) =>
      edits.reduce(
        (text, { at, remove, insert }) =>
          text.slice(0, at) + insert.join('') + text.slice(at + remove),
        SAMPLE,
      ),
    );
  const made = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''));
  fc.assert(fc.property(fc.oneof(edited, made), assertSameAsFull), {
    numRuns: Number(process.env.YAML_RUNS ?? 2000),
  });
});

function assertSameAsFull(text: string): void {
  const value = parsePlainYaml(text);
  if (value !== undefined) assert.deepEqual(value, parseInFull(text), JSON.stringify(text));
}
