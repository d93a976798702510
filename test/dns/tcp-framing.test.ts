import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  MALFORMED_LENGTH,
  MAX_FRAME_BYTES,
  NO_MESSAGE,
  TcpFraming,
} from '../../src/dns/tcp-framing.ts';
import { frame } from '../support/tcp-client.ts';

const message = Buffer.alloc(65_535);

/** Reads everything that `chunk` completes; -1 stands for a malformed length. */
function readAll(framing: TcpFraming, chunk: Buffer): (Buffer | number)[] {
  const read: (Buffer | number)[] = [];
  framing.push(chunk);
  for (;;) {
    const length = framing.next(message);
    if (length === NO_MESSAGE) return read;
    if (length === MALFORMED_LENGTH) return [...read, length];
    read.push(Buffer.from(message.subarray(0, length)));
  }
}

/** Cuts at the given places, each a number from 0 to 1. */
function cut(bytes: Buffer, places: number[]): Buffer[] {
  const ends = places.map((place) => Math.floor(place * bytes.length)).sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
}

const anyMessage = fc.oneof(
  { weight: 9, arbitrary: fc.uint8Array({ minLength: 12, maxLength: 300 }) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 12, max: 65_535 }).map((n) => new Uint8Array(n).fill(n)),
  },
);

test('TcpFraming gives the same messages in the same order for any segmentation', () => {
  fc.assert(
    fc.property(
      fc.array(anyMessage, { maxLength: 12 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 }),
      (messages, places) => {
        const framing = new TcpFraming();
        const stream = Buffer.concat(messages.map(frame));
        const read = cut(stream, places).flatMap((chunk) => readAll(framing, chunk));
        assert.deepEqual(
          read,
          messages.map((each) => Buffer.from(each)),
        );
        assert.equal(framing.hasRest, false);
        assert.equal(framing.heldBytes, 0);
      },
    ),
  );
});

test('TcpFraming reads a stream that comes a byte at a time', () => {
  const framing = new TcpFraming();
  const messages = [12, 13, 513, 65_535].map((length) => Buffer.alloc(length, length));
  const stream = Buffer.concat(messages.map(frame));
  const read: (Buffer | number)[] = [];
  for (let at = 0; at < stream.length; at++) {
    read.push(...readAll(framing, stream.subarray(at, at + 1)));
  }
  assert.deepEqual(read, messages);
});

test('TcpFraming gives MALFORMED_LENGTH for 0 to 11 bytes, whole or in two segments, after what is whole', () => {
  const good = Buffer.alloc(12, 1);
  for (let length = 0; length < 12; length++) {
    const stream = Buffer.concat([frame(good), Buffer.from([0, length])]);
    for (let at = 0; at <= stream.length; at++) {
      const framing = new TcpFraming();
      const read = cut(stream, [at / stream.length]).flatMap((chunk) => readAll(framing, chunk));
      assert.deepEqual(read, [good, MALFORMED_LENGTH]);
    }
  }
});

test('TcpFraming holds memory for what came, not for the length that was claimed', () => {
  const framing = new TcpFraming();
  readAll(framing, Buffer.from([0xff, 0xff, 1]));
  assert.ok(framing.heldBytes <= 64);
  readAll(framing, Buffer.alloc(1000));
  assert.ok(framing.heldBytes <= 2006);
  readAll(framing, Buffer.alloc(64_000));
  assert.ok(framing.heldBytes <= MAX_FRAME_BYTES);
  framing.clear();
  assert.equal(framing.heldBytes, 0);
  assert.equal(framing.hasRest, false);
});
