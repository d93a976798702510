/**
 * Pipelined queries of 40 bytes through framing, an echo of 100 bytes and joined output, without sockets: what
 * TCP costs a query besides the kernel and node:net. Run: node --expose-gc test/bench/responder/tcp-framing.bench.ts
 */
import { Socket } from 'node:net';
import { NO_MESSAGE, TcpFraming } from '../../../src/responder/tcp-framing.ts';
import { TcpOutput } from '../../../src/responder/tcp-output.ts';

const CHUNK_BYTES = 65_536;
const RESPONSE_BYTES = 100;
const QUERIES = 2_000_000;

/** A socket whose kernel takes every write at once, which is what a real one does with a client that reads. */
class TakingSocket extends Socket {
  override write(): boolean {
    return true;
  }
}

const frame = Buffer.alloc(42, 7);
frame.writeUInt16BE(40);
const stream = Buffer.concat(Array.from({ length: 42 * 64 }, () => frame));
const socket = new TakingSocket();
const framing = new TcpFraming();
const output = new TcpOutput();
const query = Buffer.alloc(65_535);
const response = Buffer.alloc(65_535);
const onWritten = () => {};

/** Answers at least `count` queries that come in chunks of up to `chunkBytes`, and gives how many. */
function answer(count: number, chunkBytes: number): number {
  let answered = 0;
  for (let at = 0; answered < count; at = at + chunkBytes >= stream.length ? 0 : at + chunkBytes) {
    framing.push(stream.subarray(at, at + chunkBytes));
    while (framing.next(query) > NO_MESSAGE) {
      answered++;
      response[0] = query[0];
      if (!output.fits(RESPONSE_BYTES)) output.flush(socket, onWritten);
      output.put(response, RESPONSE_BYTES);
    }
    output.flush(socket, onWritten);
  }
  return answered;
}

for (const [title, chunkBytes] of [
  ['chunks of 64 KiB', CHUNK_BYTES],
  ['one query a chunk', 42],
  ['a query in two chunks', 21],
] as const) {
  answer(QUERIES / 10, chunkBytes);
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const startedAt = process.hrtime.bigint();
  // Few enough that no garbage is collected meanwhile, so that what is allocated can be seen.
  const few = answer(20_000, chunkBytes);
  const heapBytes = (process.memoryUsage().heapUsed - before) / few;
  const answered = few + answer(QUERIES, chunkBytes);
  const ns = Number(process.hrtime.bigint() - startedAt) / answered;
  console.log(`${title}: ${ns.toFixed(0)} ns, ${heapBytes.toFixed(0)} heap bytes a query`);
}
