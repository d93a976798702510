import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { PackedEndpointSlice } from '../../src/source/packed-endpoint-slice.ts';
import type { EndpointSlice } from '../../src/source/resources.ts';
import { endpoint, endpointPort, slice } from '../support/resources.ts';

const word = fc.stringMatching(/^[a-z0-9.:-]{1,20}$/);
const anyEndpoint = fc.record(
  {
    addresses: fc.array(word, { maxLength: 3 }),
    ready: fc.boolean(),
    hostname: fc.oneof(word, fc.constant('')),
    podName: fc.oneof(word, fc.constant('')),
  },
  { noNullPrototype: true },
);

test('PackedEndpointSlice gives the slice that it was made of', () => {
  fc.assert(
    fc.property(fc.array(anyEndpoint, { maxLength: 5 }), (endpoints) => {
      const plain = slice('shop/web', endpoints, { ports: [endpointPort('http/TCP/80')] });
      assert.deepEqual(fieldsOf(new PackedEndpointSlice(plain)), plain);
    }),
  );
});

test('PackedEndpointSlice is equal where its endpoints are, and not otherwise', () => {
  const pack = (ready: boolean) =>
    new PackedEndpointSlice(slice('shop/web', [endpoint('192.0.2.1', { ready })]));
  assert.ok(isDeepStrictEqual(pack(true), pack(true)));
  assert.ok(!isDeepStrictEqual(pack(true), pack(false)));
});

test('PackedEndpointSlice leaves out a Pod whose name would be taken for something else', () => {
  for (const podName of ['a|1', 'a b', 'a\n192.0.2.9|1||']) {
    const packed = new PackedEndpointSlice(
      slice('shop/web', [endpoint('192.0.2.1', { podName }), endpoint('192.0.2.2')]),
    );
    assert.deepEqual(packed.endpoints, [endpoint('192.0.2.1'), endpoint('192.0.2.2')]);
  }
});

function fieldsOf(packed: PackedEndpointSlice): EndpointSlice {
  const { kind, namespace, name, labels, serviceName, addressType, endpoints, ports } = packed;
  return { kind, namespace, name, labels, serviceName, addressType, endpoints, ports };
}
