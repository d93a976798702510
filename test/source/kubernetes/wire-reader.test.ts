import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteQueue } from '../../../src/source/kubernetes/byte-queue.ts';
import { InternedStrings } from '../../../src/source/kubernetes/protobuf/interned-strings.ts';
import { WireReader } from '../../../src/source/kubernetes/protobuf/wire-reader.ts';
import { delimited, tag, varint } from './emulation/encode-protobuf.ts';

function readerOf(...parts: Buffer[]): WireReader {
  const bytes = Buffer.concat(parts);
  const reader = new WireReader(new InternedStrings());
  reader.reset({ bytes, start: 0, end: bytes.length });
  return reader;
}

test('WireReader reads numbers of 32 and 64 bits', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      const reader = readerOf(tag(1, 0), varint(value), tag(2, 0), varint(value));
      assert.ok(reader.next());
      assert.equal(reader.int32(), Number(BigInt.asIntN(32, value)));
      assert.ok(reader.next());
      assert.equal(reader.int64(), Number(value));
      assert.ok(!reader.next());
    }),
  );
});

test('WireReader skips fields of every wire type', () => {
  const reader = readerOf(
    tag(1, 0),
    varint(300n),
    tag(2, 1),
    Buffer.alloc(8, 0xff),
    delimited(3, Buffer.from('skipped')),
    tag(4, 5),
    Buffer.alloc(4, 0xff),
    delimited(5, Buffer.from('read')),
  );
  let text = '';
  while (reader.next()) {
    if (reader.field === 5) text = reader.text();
    else reader.skip();
  }
  assert.equal(text, 'read');
});

const DEFECTS: readonly [string, Buffer, RegExp][] = [
  ['a number without an end', Buffer.concat([tag(1, 0), Buffer.alloc(11, 0xff)]), /10 bytes/],
  ['a number that is cut off', Buffer.concat([tag(1, 0), Buffer.from([0x80])]), /too early/],
  ['a text that is cut off', Buffer.concat([tag(1, 2), varint(5n)]), /past the end/],
  ['a length of 64 bits', Buffer.concat([tag(1, 2), varint(2n ** 40n)]), /past the end/],
  ['a group', tag(1, 3), /wire type is 3/],
  ['the field number 0', tag(0, 0), /field number is 0/],
  ['a fixed number that is cut off', Buffer.concat([tag(1, 1), Buffer.alloc(7)]), /too early/],
];

for (const [defect, bytes, message] of DEFECTS) {
  test(`WireReader refuses ${defect}`, () => {
    const reader = readerOf(bytes);
    assert.throws(
      () => {
        while (reader.next()) reader.skip();
      },
      { code: 'ERR_API_FORMAT', message },
    );
  });
}

test('WireReader refuses a message that is longer than the one around it', () => {
  const reader = readerOf(delimited(1, Buffer.concat([tag(1, 2), varint(9n)])), Buffer.alloc(9));
  reader.next();
  reader.enter();
  assert.ok(reader.next());
  assert.throws(() => reader.text(), { code: 'ERR_API_FORMAT' });
});

test('InternedStrings gives the text that the bytes are, whatever fell on the same slot before', () => {
  const strings = new InternedStrings();
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('Ã©', 'é', 'http', ''));
  fc.assert(
    fc.property(text, (each) => {
      const bytes = Buffer.from(each);
      assert.equal(strings.get(bytes, 0, bytes.length), bytes.toString('utf8'));
    }),
    { numRuns: 5000 },
  );
});

test('ByteQueue gives the bytes back as they came, however they are cut', () => {
  const chunk = fc.uint8Array({ minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(fc.array(chunk), fc.infiniteStream(fc.nat(60)), (chunks, takes) => {
      const queue = new ByteQueue(10_000);
      const taken: number[] = [];
      for (const each of chunks) {
        queue.push(Buffer.from(each));
        const count = Math.min(takes.next().value ?? 0, queue.length);
        taken.push(...queue.bytes.subarray(queue.start, queue.start + count));
        queue.take(count);
      }
      taken.push(...queue.bytes.subarray(queue.start, queue.end));
      assert.deepEqual(
        taken,
        chunks.flatMap((each) => [...each]),
      );
    }),
  );
});

test('ByteQueue takes no more once its limit is left over', () => {
  const queue = new ByteQueue(10);
  queue.push(Buffer.alloc(11));
  assert.throws(() => queue.push(Buffer.alloc(1)), { code: 'ERR_API_FORMAT' });
});
