/**
 * Joins the responses to what came in one chunk, each with its length before it, into as few writes as can be.
 * RFC 7766 section 6.2.1.1 (pipelining), section 8 (length and message in one write).
 */
import type { Socket } from 'node:net';
import { LENGTH_BYTES, MAX_FRAME_BYTES } from '../dns/tcp-framing.ts';

/**
 * One buffer for all connections of a listener, which each leaves empty within a turn of the event loop. The kernel
 * nearly always takes a write whole before write() returns, and the buffer is free again; when it does not, the
 * socket keeps the buffer and another takes its place.
 */
export class TcpOutput {
  #bytes = Buffer.allocUnsafeSlow(MAX_FRAME_BYTES);
  #length = 0;

  /** Tells whether a response of `count` bytes still fits. */
  fits(count: number): boolean {
    return this.#length + LENGTH_BYTES + count <= this.#bytes.length;
  }

  /** Puts a response of `count` bytes with its length; it must fit. */
  put(response: Buffer, count: number): void {
    const bytes = this.#bytes;
    const at = this.#length;
    bytes[at] = count >> 8;
    bytes[at + 1] = count;
    response.copy(bytes, at + LENGTH_BYTES, 0, count);
    this.#length = at + LENGTH_BYTES + count;
  }

  /** Writes what was put. `onWritten` is called once the kernel has it, or never will. */
  flush(socket: Socket, onWritten: () => void): void {
    const length = this.#length;
    if (length === 0) return;
    this.#length = 0;
    if (socket.writableLength > 0) {
      // It will wait: in a buffer of just its size, and no slice of Node's pool that would hold the rest of it.
      const waiting = Buffer.allocUnsafeSlow(length);
      this.#bytes.copy(waiting, 0, 0, length);
      socket.write(waiting, onWritten);
      return;
    }
    socket.write(this.#bytes.subarray(0, length), onWritten);
    if (socket.writableLength > 0) this.#bytes = Buffer.allocUnsafeSlow(MAX_FRAME_BYTES);
  }
}
