/**
 * Bytes that have come and are not used up. A chunk that is used up at once is never copied; what is left over is
 * kept in a buffer that grows by doubling, so that an object in many chunks costs each of its bytes a few copies.
 *
 * Invariant: 0 <= start <= end <= bytes.length; what is between them is still to be used.
 */
import { ApiFormatError } from './api-format-error.ts';

export class ByteQueue {
  readonly #maxBytes: number;
  #bytes: Buffer = Buffer.alloc(0);
  #isOwn = true;
  #start = 0;
  #end = 0;

  /** `maxBytes` is the most that may be left over. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Valid until the next call of `push()`. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  get length(): number {
    return this.#end - this.#start;
  }

  /** Adds bytes; throws ApiFormatError where more than the limit are left over. */
  push(chunk: Buffer): void {
    if (this.length === 0) {
      this.#bytes = chunk;
      this.#isOwn = false;
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    const length = this.length + chunk.length;
    if (this.length > this.#maxBytes) {
      throw new ApiFormatError(
        `Cannot decode message of the API server: it has more than ${this.#maxBytes} bytes`,
      );
    }
    this.#makeRoom(length);
    chunk.copy(this.#bytes, this.#end);
    this.#end += chunk.length;
  }

  /** Uses up bytes at the start. */
  take(count: number): void {
    this.#start += count;
  }

  /** Brings the bytes to the start of a buffer of its own that has room for `length`. */
  #makeRoom(length: number): void {
    const isRoomy = this.#isOwn && this.#bytes.length >= length;
    // Not from the pool: it would keep alive what others have in it.
    const target = isRoomy ? this.#bytes : Buffer.allocUnsafeSlow(Math.max(length * 2, 4096));
    this.#bytes.copy(target, 0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    this.#bytes = target;
    this.#isOwn = true;
  }
}
