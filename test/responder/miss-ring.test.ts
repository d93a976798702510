import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import {
  createMissRing,
  MAX_MISS_BYTES,
  MissReader,
  MissWriter,
} from '../../src/responder/miss-ring.ts';
import { REPLY_TO_BYTES } from '../../src/socket/datagram-batch.ts';

/** Puts a query whose every byte, and those of its reply-to, are `mark`; tells whether there was room. */
function put(writer: MissWriter, mark: number, length: number): boolean {
  const at = writer.reserve(length);
  if (at === -1) return false;
  writer.bytes.fill(mark, at, at + REPLY_TO_BYTES);
  const query = new Uint8Array(length).fill(mark);
  writer.commit(query, length, { listener: mark, ticket: 2 ** 32 - 1 - mark });
  return true;
}

function check(reader: MissReader, mark: number, length: number): void {
  const miss = reader.take();
  assert.ok(miss);
  assert.deepEqual(miss.query, Buffer.alloc(length, mark));
  assert.deepEqual(miss.replyTo, Buffer.alloc(REPLY_TO_BYTES, mark));
  assert.equal(miss.listener, mark);
  assert.equal(miss.ticket, 2 ** 32 - 1 - mark);
}

test('MissRing gives back what was put, in order, and refuses what does not fit', () => {
  const step = fc.oneof(fc.constant('take' as const), fc.nat(400));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const ring = createMissRing(2048);
      const writer = new MissWriter(ring);
      const reader = new MissReader(ring);
      const queue: { mark: number; length: number }[] = [];
      for (const [i, each] of steps.entries()) {
        const mark = i & 0xff;
        if (each !== 'take') {
          const held = queue.reduce((sum, { length }) => sum + 104 + length, 0);
          const isPut = put(writer, mark, each);
          if (isPut) queue.push({ mark, length: each });
          else {
            // Alignment takes up to 7 bytes of each, and the gap before the end is less than the record behind it.
            const largest = Math.max(each, ...queue.map(({ length }) => length));
            const taken = held + queue.length * 7 + (104 + largest + 7) + (104 + each + 7);
            assert.ok(taken > 2048, 'refused in spite of room');
          }
        } else if (queue.length === 0) {
          assert.equal(reader.take(), undefined);
        } else {
          const { mark: first, length } = queue.shift() ?? assert.fail();
          check(reader, first, length);
        }
      }
      for (const { mark, length } of queue) check(reader, mark, length);
      assert.equal(reader.take(), undefined);
    }),
  );
});

test('MissRing goes on where positions wrap around 32 bits', () => {
  const ring = createMissRing(1024);
  const words = new Int32Array(ring);
  // Both sides close to the end of what 32 bits hold, at a multiple of 8.
  words[0] = 2 ** 31 - 512;
  words[16] = 2 ** 31 - 512;
  const writer = new MissWriter(ring);
  const reader = new MissReader(ring);
  for (let i = 0; i < 50; i++) {
    assert.ok(put(writer, i, 100));
    assert.ok(put(writer, i, 50));
    check(reader, i, 100);
    check(reader, i, 50);
  }
});

test('MissWriter refuses what is longer than any question', () => {
  const writer = new MissWriter(createMissRing());
  assert.equal(writer.reserve(MAX_MISS_BYTES + 1), -1);
  assert.notEqual(writer.reserve(MAX_MISS_BYTES), -1);
});

test('a successor of the writer goes on where it died, without what it did not commit', () => {
  const ring = createMissRing(1024);
  const dying = new MissWriter(ring);
  put(dying, 1, 10);
  dying.reserve(20);
  const next = new MissWriter(ring);
  put(next, 2, 30);
  const reader = new MissReader(ring);
  check(reader, 1, 10);
  check(reader, 2, 30);
  assert.equal(reader.take(), undefined);
});

const WRITER = `
  import { workerData } from 'node:worker_threads';
  const { MissWriter } = await import(workerData.module);
  const writer = new MissWriter(workerData.ring);
  const query = new Uint8Array(300);
  for (let i = 0; i < workerData.count; i++) {
    const length = 20 + (i % 280);
    query.fill(i & 0xff, 0, length);
    let at;
    while ((at = writer.reserve(length)) === -1) writer.wake();
    writer.bytes.fill(i & 0xff, at, at + 72);
    writer.commit(query, length, { listener: i & 0xff, ticket: 2 ** 32 - 1 - (i & 0xff) });
    if (i % 7 === 0) writer.wake();
  }
  writer.wake();
`;

test('MissReader.wait() misses nothing that another thread puts', async () => {
  const ring = createMissRing(4096);
  const count = 50_000;
  const module = new URL('../../src/responder/miss-ring.ts', import.meta.url).href;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(WRITER)}`), {
    workerData: { ring, count, module },
  });
  const ended = once(worker, 'exit');
  const reader = new MissReader(ring);
  for (let i = 0; i < count; ) {
    await reader.wait();
    for (let miss = reader.take(); miss !== undefined; miss = reader.take()) {
      const mark = i & 0xff;
      const isWhole =
        miss.listener === mark &&
        miss.query.length === 20 + (i % 280) &&
        miss.query.every((byte) => byte === mark) &&
        miss.replyTo.every((byte) => byte === mark);
      assert.ok(isWhole, `miss ${i}`);
      i++;
    }
  }
  assert.deepEqual(await ended, [0]);
});

test('MissReader.close() ends a wait, now and later', async () => {
  const reader = new MissReader(createMissRing(1024));
  const waiting = reader.wait();
  reader.close();
  await waiting;
  await reader.wait();
});
