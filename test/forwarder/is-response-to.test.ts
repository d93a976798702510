import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isResponseTo } from '../../src/forwarder/is-response-to.ts';
import { buildQuery } from '../support/records.ts';

const QUERY = buildQuery('www.example.org A', { payloadBytes: 1232 });

/** A response with nothing but its question. */
function buildResponse(question: string, change: Record<number, number> = {}): Uint8Array {
  const response = buildQuery(question, { id: 1 });
  response[2] |= 0x80;
  return Object.assign(response, change);
}

test('isResponseTo() takes the same question, its name in any case', () => {
  assert.equal(isResponseTo(QUERY, buildResponse('www.example.org A')), true);
  assert.equal(isResponseTo(QUERY, buildResponse('wWw.EXAMPLE.org A')), true);
  assert.equal(isResponseTo(buildQuery('. NS'), buildResponse('. NS')), true);
});

test('isResponseTo() refuses what answers something else', () => {
  const others: Record<string, Uint8Array> = {
    'another name': buildResponse('wwx.example.org A'),
    'a name below': buildResponse('a.www.example.org A'),
    'the name above': buildResponse('example.org A'),
    'the same letters, other labels': buildResponse('www.example.org A', { 12: 2 }),
    'another type': buildResponse('www.example.org AAAA'),
    // 0x41 and 0x61: 'A' and 'a', which are the same in a name only.
    'another class': Object.assign(buildResponse('www.example.org A'), { 32: 0x61 }),
    'a query': buildQuery('www.example.org A'),
    'another opcode': buildResponse('www.example.org A', { 2: 0xa1 }),
    'two questions': buildResponse('www.example.org A', { 5: 2 }),
    'no question': buildResponse('www.example.org A', { 5: 0 }),
    'no header': buildResponse('www.example.org A').subarray(0, 11),
  };
  for (const [what, message] of Object.entries(others)) {
    assert.equal(isResponseTo(QUERY, message), false, what);
  }
  const rare = Object.assign(buildQuery('www.example.org A'), { 32: 0x41 });
  assert.equal(isResponseTo(rare, others['another class']), false);
});

test('isResponseTo() refuses every message that ends within the question', () => {
  const response = buildResponse('www.example.org A');
  for (let length = 0; length < response.length; length++) {
    assert.equal(isResponseTo(QUERY, response.subarray(0, length)), false, `${length} bytes`);
  }
});

test('isResponseTo() takes a header alone where the server could not read the query', () => {
  const header = (rcode: number) => Uint8Array.of(0, 1, 0x80, rcode, 0, 0, 0, 0, 0, 0, 0, 0);
  const isTaken = (rcode: number) => isResponseTo(QUERY, header(rcode));
  assert.deepEqual([0, 1, 2, 3, 4, 5].map(isTaken), [false, true, false, false, true, false]);
  assert.equal(isResponseTo(QUERY, Object.assign(header(1), { 7: 1 })), false);
});
