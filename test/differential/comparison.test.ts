import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differencesOf } from './comparison.ts';
import { denied, printed } from './printed.ts';

const A = ['web.example.org. 30 IN A 192.0.2.1', 'web.example.org. 30 IN A 192.0.2.2'];

function differences(one: Parameters<typeof printed>[0], other: Parameters<typeof printed>[0]) {
  return [...differencesOf(printed(one), printed(other))];
}

test('differencesOf() takes sections as sets, and names in any case', () => {
  assert.deepEqual(differences({ answer: A }, { answer: A.toReversed() }), []);
  const upper = A.map((record) => record.replace('web', 'WEB'));
  assert.deepEqual(differences({ answer: A }, { answer: upper }), []);
});

test('differencesOf() tells each aspect by its name', () => {
  assert.deepEqual(differences({ answer: A }, { answer: A.slice(1) }), ['answer']);
  assert.deepEqual(differences({ answer: A.slice(1) }, { answer: A }), ['answer']);
  assert.deepEqual(differences({ authority: A }, {}), ['authority']);
  assert.deepEqual(differences({ additional: A }, {}), ['additional']);
  assert.deepEqual(differences({ status: 'NXDOMAIN' }, {}), ['rcode']);
  assert.deepEqual(differences({ flags: 'qr aa rd ra' }, {}), ['flags']);
  assert.deepEqual(differences({ flags: 'qr aa tc rd' }, {}), ['tc']);
  assert.deepEqual(differences({ question: ['x. IN A'] }, {}), ['question']);
  assert.deepEqual(differences({ payloadBytes: 4096 }, { payloadBytes: 1232 }), ['payload']);
  assert.deepEqual(differences({}, { extendedErrors: [14] }), ['extendedErrors']);
  const later = A.map((record) => record.replace(' 30 ', ' 5 '));
  assert.deepEqual(differences({ answer: A }, { answer: later }), ['ttl']);
});

test('differencesOf() overlooks what CoreDNS says twice, and not what vipdns does', () => {
  assert.deepEqual(differences({ answer: [...A, ...A] }, { answer: A }), []);
  assert.deepEqual(differences({ answer: A }, { answer: [...A, ...A] }), ['duplicates']);
});

test('differencesOf() tells the times of a SOA apart, and leaves its serial out', () => {
  const [one, other] = [denied('NXDOMAIN', 30), denied('NXDOMAIN', 7)];
  assert.deepEqual([...differencesOf(one, other)], ['soaTimes']);
  const later = {
    ...one,
    authority: one.authority.map((soa) => soa.replace(' 1 7200', ' 2 7200')),
  };
  assert.deepEqual([...differencesOf(one, later)], []);
  const foreign = one.authority.map((soa) => soa.replace('ns.dns', 'ns'));
  assert.deepEqual([...differencesOf(one, { ...one, authority: foreign })], ['authority']);
});
