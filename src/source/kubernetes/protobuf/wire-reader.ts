/**
 * Reads the wire format of Protocol Buffers, field by field, from bytes that may be anything: it leaves no message
 * at another place than its end, and every loop over it moves on.
 *
 *   while (reader.next()) {
 *     if (reader.field === 1) name = reader.text();
 *     else reader.skip();
 *   }
 */
import { ApiFormatError } from '../api-format-error.ts';
import type { InternedStrings } from './interned-strings.ts';

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;
const MAX_VARINT_BITS = 70;

/** Where a message lies. */
export interface Span {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Invariant: 0 <= position <= end <= bytes.length, where `end` is that of the innermost message. */
export class WireReader {
  readonly #strings: InternedStrings;
  #bytes: Buffer = Buffer.alloc(0);
  #position = 0;
  #end = 0;
  #wireType = VARINT;
  /** Upper half of the varint that was read last. */
  #high = 0;
  /** Number of the field that `next()` came to. */
  field = 0;
  /** Where the value lies that `locate()` came to. */
  valueStart = 0;
  valueEnd = 0;

  constructor(strings: InternedStrings) {
    this.#strings = strings;
  }

  /** Begins to read a message. */
  reset({ bytes, start, end }: Span): void {
    this.#bytes = bytes;
    this.#position = start;
    this.#end = end;
  }

  /** Moves to the next field; false at the end of the message. Its value has to be read, or skipped. */
  next(): boolean {
    if (this.#position === this.#end) return false;
    const tag = this.#varint() >>> 0;
    this.field = tag >>> 3;
    this.#wireType = tag & 7;
    if (this.field === 0) fail('field number is 0');
    return true;
  }

  skip(): void {
    switch (this.#wireType) {
      case VARINT:
        this.#varint();
        return;
      case LENGTH_DELIMITED:
        this.#advance(this.#length());
        return;
      case FIXED_64:
        this.#advance(8);
        return;
      case FIXED_32:
        this.#advance(4);
        return;
      default:
        fail(`wire type is ${this.#wireType}`);
    }
  }

  /** Enters a message within this one; gives what `leave()` needs to come out. */
  enter(): number {
    const outerEnd = this.#end;
    const length = this.#length();
    this.#end = this.#position + length;
    return outerEnd;
  }

  /** Comes out of a message, read to its end or not. */
  leave(outerEnd: number): void {
    this.#position = this.#end;
    this.#end = outerEnd;
  }

  /** Reads a text that hardly repeats. */
  text(): string {
    const length = this.#length();
    const start = this.#position;
    this.#position += length;
    return this.#bytes.toString('utf8', start, this.#position);
  }

  /** Reads a text that other objects have as well. */
  repeatedText(): string {
    const length = this.#length();
    const start = this.#position;
    this.#position += length;
    return this.#strings.get(this.#bytes, start, this.#position);
  }

  /** Notes where a text lies, without making one. */
  locate(): void {
    const length = this.#length();
    this.valueStart = this.#position;
    this.#position += length;
    this.valueEnd = this.#position;
  }

  /** The bytes that are read. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Reads where a message lies that is to be read on its own. */
  span(): Span {
    const length = this.#length();
    const start = this.#position;
    this.#position += length;
    return { bytes: this.#bytes, start, end: this.#position };
  }

  bool(): boolean {
    return this.int64() !== 0;
  }

  int32(): number {
    this.#expect(VARINT);
    return this.#varint();
  }

  /** Reads a number of 64 bits, exact as far as doubles are. */
  int64(): number {
    this.#expect(VARINT);
    const low = this.#varint() >>> 0;
    return this.#high * 2 ** 32 + low;
  }

  #length(): number {
    this.#expect(LENGTH_DELIMITED);
    const length = this.#varint() >>> 0;
    if (this.#high !== 0 || length > this.#end - this.#position)
      fail('a length points past the end');
    return length;
  }

  #advance(count: number): void {
    if (count > this.#end - this.#position) fail('a value ends too early');
    this.#position += count;
  }

  #expect(wireType: number): void {
    if (this.#wireType !== wireType) fail(`wire type of field ${this.field} is ${this.#wireType}`);
  }

  /** Gives the lower 32 bits, signed. */
  #varint(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < MAX_VARINT_BITS; shift += 7) {
      if (this.#position >= this.#end) fail('a number ends too early');
      const byte = this.#bytes[this.#position++];
      const bits = byte & 0x7f;
      if (shift < 32) low |= bits << shift;
      if (shift === 28) high = bits >>> 4;
      else if (shift > 28) high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.#high = high | 0;
        return low;
      }
    }
    return fail('a number has more than 10 bytes');
  }
}

function fail(reason: string): never {
  throw new ApiFormatError(`Cannot decode message of the API server: ${reason}`);
}
