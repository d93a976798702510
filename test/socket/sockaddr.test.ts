import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MAX_SOCKADDR_BYTES, putSockaddr, readSockaddr } from '../../src/socket/sockaddr.ts';

const address = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
);

test('readSockaddr() gives what putSockaddr() was given, wherever it stands', () => {
  fc.assert(
    fc.property(address, fc.nat(65_535), fc.nat(7), fc.nat(2 ** 31), (bytes, port, at, index) => {
      const scope = bytes.length === 4 ? 0 : index;
      const target = new Uint8Array(at + MAX_SOCKADDR_BYTES).fill(0xee);
      putSockaddr(target, at, { address: bytes, port, scope });
      assert.deepEqual(readSockaddr(target, at), { address: bytes, port, scope });
      assert.ok(target.subarray(0, at).every((byte) => byte === 0xee));
    }),
  );
});

test('putSockaddr() writes the layout of the kernel', () => {
  const target = new Uint8Array(MAX_SOCKADDR_BYTES);
  assert.equal(putSockaddr(target, 0, { address: Uint8Array.of(192, 0, 2, 1), port: 0x1234 }), 16);
  assert.equal(
    Buffer.from(target.subarray(0, 16)).toString('hex'),
    '02001234c00002010000000000000000',
  );
  const ipv6 = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
  assert.equal(putSockaddr(target, 0, { address: ipv6, port: 53, scope: 3 }), 28);
  assert.equal(
    Buffer.from(target).toString('hex'),
    '0a000035' + '00000000' + 'fe800000000000000000000000000001' + '03000000',
  );
});
