/**
 * Pipelined queries of 40 bytes through framing, an echo of 100 bytes and joined output, without sockets: what
 * TCP costs a query besides the kernel and node:net. Run: node test/bench/responder/tcp-framing.bench.ts
 */
import { Socket } from 'node:net';
import { NO_MESSAGE, TcpFraming } from '../../../src/dns/tcp-framing.ts';
import { TcpOutput } from '../../../src/responder/tcp-output.ts';
import { measure, printMeasured } from '../measure.ts';

const RESPONSE_BYTES = 100;

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

/** Answers at least `count` queries that come in chunks of up to `chunkBytes`. */
function answer(count: number, chunkBytes: number): void {
  let answered = 0;
  framing.clear();
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
}

for (const [title, chunkBytes] of [
  ['pipelined, chunks of 64 KiB', 65_536],
  ['one query a chunk', 42],
  ['one query in two chunks', 21],
] as const) {
  printMeasured(
    `tcp: ${title}`,
    measure((count) => answer(count, chunkBytes)),
  );
}
