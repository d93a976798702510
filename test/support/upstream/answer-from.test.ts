import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildQuery, printResponse } from '../records.ts';
import { answerFrom } from './answer-from.ts';
import { decodeQuery } from './query.ts';
import { buildResponse } from './response.ts';

const SOA = 'example 60 SOA ns.example hostmaster.example 1 7200 1800 86400 30';
const CLIENT = { transport: 'udp', address: '127.0.0.1', port: 1 } as const;

function answer(records: readonly string[], question: string) {
  const query = decodeQuery(Buffer.from(buildQuery(question)), CLIENT);
  const { status, answer, authority } = printResponse(
    buildResponse(query, answerFrom(records)(query)),
  );
  return { status, answer, authority };
}

test('records of every type come back as they were written', () => {
  const data = [
    'A 192.0.2.1',
    'AAAA 2001:db8::1',
    'NS ns.example.',
    'PTR host.example.',
    'SOA ns.example. hostmaster.example. 1 2 3 4 5',
    'SRV 1 2 80 host.example.',
    'TXT "two" "texts"',
  ];
  for (const text of data) {
    const record = `x.example 300 ${text.replaceAll('"', '')}`;
    assert.deepEqual(answer([record], `x.example ${text.split(' ')[0]}`).answer, [
      `x.example. 300 IN ${text}`,
    ]);
  }
});

test('TTLs of any 32 bits are kept', () => {
  for (const ttl of [0, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]) {
    assert.deepEqual(answer([`x ${ttl} A 192.0.2.1`], 'x A').answer, [`x. ${ttl} IN A 192.0.2.1`]);
  }
});

test('negative answers carry the nearest SOA', () => {
  const records = [SOA, 'a.b.example 300 A 192.0.2.1'];
  const authority = ['example. 60 IN SOA ns.example. hostmaster.example. 1 7200 1800 86400 30'];
  const nodata = { status: 'NOERROR', answer: [], authority };
  assert.deepEqual(answer(records, 'a.b.example AAAA'), nodata);
  assert.deepEqual(answer(records, 'b.example A'), nodata);
  assert.deepEqual(answer(records, 'no.example A'), { ...nodata, status: 'NXDOMAIN' });
  assert.deepEqual(answer(records, 'no.other A'), {
    status: 'NXDOMAIN',
    answer: [],
    authority: [],
  });
});

test('CNAMEs are followed as far as they lead, and in a loop for a while', () => {
  const chain = ['a 9 CNAME b', 'b 9 CNAME c', 'c 9 A 192.0.2.1'];
  assert.deepEqual(answer(chain, 'a A').answer, [
    'a. 9 IN CNAME b.',
    'b. 9 IN CNAME c.',
    'c. 9 IN A 192.0.2.1',
  ]);
  assert.deepEqual(answer(chain, 'a CNAME').answer, ['a. 9 IN CNAME b.']);
  assert.deepEqual(answer(['a 9 CNAME gone'], 'a A'), {
    status: 'NXDOMAIN',
    answer: ['a. 9 IN CNAME gone.'],
    authority: [],
  });
  const loop = answer(['a 9 CNAME b', 'b 9 CNAME a'], 'a A');
  assert.equal(loop.status, 'NOERROR');
  assert.ok(loop.answer.length > 2 && loop.answer.length < 20);
});

test('a wildcard answers with the name that was asked for', () => {
  assert.deepEqual(answer(['*.w 9 A 192.0.2.1'], 'any.thing.w A').answer, [
    'any.thing.w. 9 IN A 192.0.2.1',
  ]);
});
