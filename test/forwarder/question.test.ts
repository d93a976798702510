import assert from 'node:assert/strict';
import { test } from 'node:test';
import packet from 'dns-packet';
import fc from 'fast-check';
import { TYPE } from '../../src/dns/constants.ts';
import { encodeName } from '../../src/dns/name.ts';
import {
  buildUpstreamQuery,
  copyQuestion,
  isMixedCase,
  type Question,
  questionOfKey,
  randomizeCase,
} from '../../src/forwarder/question.ts';

function questionOf(text: string, flags: Partial<Question> = {}): Question {
  const name = encodeName(text);
  return copyQuestion({
    name,
    nameLength: name.length,
    qtype: TYPE.A,
    dnssecOk: false,
    checkingDisabled: false,
    ...flags,
  });
}

function lower(name: Uint8Array): string {
  return Buffer.from(name).toString('latin1').toLowerCase();
}

test('a question is another one where any of what its answer depends on differs', () => {
  const differing = [
    questionOf('example.org'),
    questionOf('example.net'),
    questionOf('example.org', { qtype: TYPE.AAAA }),
    questionOf('example.org', { dnssecOk: true }),
    questionOf('example.org', { checkingDisabled: true }),
    questionOf('example.org', { dnssecOk: true, checkingDisabled: true }),
  ];
  assert.equal(new Set(differing.map(({ id }) => id)).size, differing.length);
  for (const question of differing) assert.deepEqual(questionOfKey(question.id), question);
});

test('a question whose name is too long for a key has an id all the same', () => {
  const label = 'a'.repeat(63);
  const nameOf = (last: string) => `${label}.${label}.${label}.${last}`;
  const [longest, other] = [nameOf('b'.repeat(61)), nameOf(`${'b'.repeat(60)}c`)].map((name) =>
    questionOf(name),
  );
  assert.deepEqual([longest.hasKey, other.hasKey], [false, false]);
  assert.notEqual(longest.id, other.id);
  assert.notEqual(longest.id, questionOf(nameOf('b'.repeat(61)), { dnssecOk: true }).id);
  assert.equal(questionOf(nameOf('b'.repeat(58))).hasKey, true);
});

test('buildUpstreamQuery() asks with EDNS of our own: 1232 bytes, DO as asked, no options', () => {
  for (const dnssecOk of [false, true]) {
    for (const checkingDisabled of [false, true]) {
      const question = questionOf('example.org', { dnssecOk, checkingDisabled });
      const query = buildUpstreamQuery(question, { name: question.name, hasEdns: true });
      const decoded = packet.decode(query);
      assert.equal(packet.decode.bytes, query.length);
      assert.deepEqual(decoded.questions, [{ name: 'example.org', type: 'A', class: 'IN' }]);
      assert.deepEqual(
        [decoded.flag_rd, decoded.flag_ad, decoded.flag_cd, decoded.flag_qr],
        [true, true, checkingDisabled, false],
      );
      const [opt] = decoded.additionals as unknown as Record<string, unknown>[];
      assert.deepEqual(
        [opt.type, opt.udpPayloadSize, opt.flag_do, opt.ednsVersion, opt.options],
        ['OPT', 1232, dnssecOk, 0, []],
      );
    }
  }
});

test('buildUpstreamQuery() asks without EDNS where it is not understood', () => {
  const question = questionOf('example.org', { dnssecOk: true });
  const query = buildUpstreamQuery(question, { name: question.name, hasEdns: false });
  assert.deepEqual(packet.decode(query).additionals, []);
  assert.equal(packet.decode.bytes, query.length);
});

test('IDs of queries come from all of 16 bits, and one says nothing of the next', () => {
  const question = questionOf('example.org');
  const ids = Array.from({ length: 4000 }, () =>
    buildUpstreamQuery(question, { name: question.name, hasEdns: true }).readUInt16BE(),
  );
  assert.ok(new Set(ids).size > 3700);
  const differences = ids.slice(1).map((id, i) => (id - ids[i]) & 0xffff);
  assert.ok(new Set(differences).size > 3700);
  for (let bit = 0; bit < 16; bit++) {
    const set = ids.filter((id) => (id >> bit) & 1).length;
    assert.ok(set > 1700 && set < 2300, `bit ${bit} is set in ${set} of 4000`);
  }
});

test('randomizeCase() changes the case alone, and gives at least one capital', () => {
  const label = fc.uint8Array({ minLength: 1, maxLength: 63 });
  fc.assert(
    fc.property(fc.array(label, { maxLength: 3 }), (labels) => {
      const text = Buffer.concat([
        ...labels.map((each) => Buffer.concat([Buffer.of(each.length), each])),
        Buffer.of(0),
      ]);
      const name = new Uint8Array(Buffer.from(lower(text), 'latin1'));
      const mixed = randomizeCase(name, undefined);
      assert.equal(lower(mixed), lower(name));
      const hasLetter = name.some((byte) => byte >= 0x61 && byte <= 0x7a);
      assert.equal(Buffer.from(mixed).equals(Buffer.from(name)), !hasLetter);
    }),
  );
});

test('randomizeCase() gives every letter either case, and another case each time', () => {
  const name = encodeName('abcdefgh.ijklmnop');
  const all = Array.from({ length: 500 }, () => randomizeCase(name, name));
  assert.ok(new Set(all.map((each) => Buffer.from(each).toString('latin1'))).size > 480);
  for (let i = 1; i < name.length - 1; i++) {
    if (name[i] < 0x61) continue;
    const capitals = all.filter((each) => each[i] !== name[i]).length;
    assert.ok(capitals > 150 && capitals < 350, `${capitals} of 500 at ${i}`);
  }
});

test('randomizeCase() keeps a name that came in mixed case, and no other', () => {
  const name = encodeName('example.org');
  const spelled = (text: string) => {
    const bytes = Buffer.from(name);
    bytes.write(text, 1, 'latin1');
    return new Uint8Array(bytes);
  };
  const mixed = spelled('eXaMpLe');
  assert.equal(isMixedCase(mixed), true);
  assert.deepEqual(randomizeCase(name, mixed), mixed);
  const capitals = new Uint8Array(Buffer.from('\x07EXAMPLE\x03ORG\0', 'latin1'));
  assert.equal(isMixedCase(capitals), false);
  assert.equal(isMixedCase(name), false);
  const all = Array.from({ length: 20 }, () => Buffer.from(randomizeCase(name, capitals)));
  assert.ok(new Set(all.map((each) => each.toString('latin1'))).size > 10);
});
