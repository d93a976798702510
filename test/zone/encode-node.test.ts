import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TYPE } from '../../src/dns/constants.ts';
import { MAX_VALUE_BYTES } from '../../src/table/layout.ts';
import { decodeRdatas, encodeNode } from '../../src/zone/encode-node.ts';
import { countIn, dataIn, FORM, formIn, MAX_RRS, packLayout } from '../../src/zone/node.ts';
import { scratch } from '../../src/zone/node-scratch.ts';

const OWNER = Uint8Array.of(0);

function encodePointers(rdatas: readonly Uint8Array[]): Uint8Array {
  const bytes = encodeNode({ owner: OWNER, zone: 0, rrsets: [{ type: TYPE.PTR, ttl: 5, rdatas }] });
  return scratch.bytes.slice(0, bytes);
}

test('encodeNode() keeps names of every length that there is, beside each other', () => {
  const names = Array.from({ length: 255 }, (_, i) => new Uint8Array(i + 1).fill(i));
  assert.deepEqual(decodeRdatas(encodePointers(names)), names);
  for (const name of names) assert.deepEqual(decodeRdatas(encodePointers([name])), [name]);
});

test('encodeNode() keeps the first RRs of a set, as many as one message may hold', () => {
  const names = Array.from({ length: MAX_RRS + 1 }, (_, i) => Uint8Array.of(i >> 8, i));
  assert.deepEqual(decodeRdatas(encodePointers(names)), names.slice(0, MAX_RRS));
});

test('packLayout() has room for the most RRs, each form, and data at the end of the largest node', () => {
  for (const count of [1, MAX_RRS]) {
    for (const form of Object.values(FORM)) {
      for (const data of [12, MAX_VALUE_BYTES - 4]) {
        const layout = packLayout(count, form, data);
        assert.deepEqual([countIn(layout), formIn(layout), dataIn(layout)], [count, form, data]);
      }
    }
  }
});
