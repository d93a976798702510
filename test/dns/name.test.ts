import assert from 'node:assert/strict';
import { test } from 'node:test';
import packet from 'dns-packet';
import fc from 'fast-check';
import { FormatError } from '../../src/dns/errors.ts';
import {
  childName,
  countLabels,
  encodeLabels,
  encodeName,
  formatName,
  isAtOrBelow,
  nameKey,
  parentName,
  ROOT,
} from '../../src/dns/name.ts';

const label = fc.string({ unit: fc.constantFrom(...'abcxyz019-_'), minLength: 1, maxLength: 63 });
const plainName = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join('.'));

test('encodeName() writes what dns-packet writes', () => {
  fc.assert(
    fc.property(plainName, (name) => {
      assert.deepEqual(Buffer.from(encodeName(name)), packet.name.encode(name));
    }),
  );
});

test('encodeName() reads back what formatName() wrote, whatever bytes the labels hold', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 5 }), (labels) => {
      const name = encodeLabels(labels.map((each) => String.fromCharCode(...each)));
      assert.deepEqual(encodeName(formatName(name)), name);
      assert.deepEqual(Buffer.from(nameKey(name), 'latin1'), Buffer.from(name));
      assert.equal(countLabels(name), labels.length);
    }),
  );
});

test('encodeName() folds A to Z and nothing else', () => {
  assert.equal(formatName(encodeName('WWW.Example.ORG')), 'www.example.org.');
  assert.equal(nameKey(encodeName('[\\]{|}@`')), nameKey(encodeName('[]{|}@`')));
});

test('encodeName() takes the root with and without its dot', () => {
  assert.deepEqual(encodeName('.'), ROOT);
  assert.deepEqual(encodeName(''), ROOT);
});

test('encodeName() refuses empty labels, long labels and long names', () => {
  const long = 'a'.repeat(63);
  for (const name of ['a..b', '.a', `${long}a.b`, [long, long, long, long].join('.'), 'ä€.b']) {
    assert.throws(() => encodeName(name), FormatError, name);
  }
  assert.equal(encodeName([long, long, long, 'a'.repeat(61)].join('.')).length, 255);
});

test('childName() and parentName() are each other backwards, within 255 bytes', () => {
  const parent = encodeName('svc.cluster.local');
  assert.deepEqual(parentName(childName('Shop', parent)), parent);
  assert.equal(formatName(childName('Shop', parent)), 'shop.svc.cluster.local.');
  const longest = encodeName(
    ['a'.repeat(63), 'b'.repeat(63), 'c'.repeat(63), 'd'.repeat(59)].join('.'),
  );
  assert.equal(childName('e', longest).length, 255);
  assert.throws(() => childName('ee', longest), FormatError);
  assert.throws(() => childName('', parent), FormatError);
});

test('isAtOrBelow() compares whole labels', () => {
  const zone = encodeName('cluster.local');
  assert.ok(isAtOrBelow(encodeName('a.b.cluster.local'), zone));
  assert.ok(isAtOrBelow(zone, zone));
  assert.ok(!isAtOrBelow(encodeName('local'), zone));
  assert.ok(!isAtOrBelow(encodeName('xcluster.local'), zone));
  assert.ok(!isAtOrBelow(encodeName('a\\007cluster.local'), zone));
});
