/**
 * Writes a message in wire format into a buffer that it is given, and never beyond its limit.
 * RFC 1035 section 4.1. One writer serves any number of messages, so that none is allocated.
 */
import { CLASS_IN, HEADER_BYTES, MAX_POINTER_OFFSET } from './constants.ts';
import type { WireName } from './name.ts';
import { writeUint32 } from './uint32.ts';

/** Owner as a pointer, type, class, TTL and length of the RDATA. */
export const RECORD_BYTES = 12;

/** Invariant: HEADER_BYTES <= at <= limit <= bytes.length; what lies before `at` is written. */
export class MessageWriter {
  bytes: Uint8Array = new Uint8Array(HEADER_BYTES);
  at = HEADER_BYTES;
  limit = HEADER_BYTES;
  /** Records of each section; whoever puts one counts it. */
  answers = 0;
  authorities = 0;
  additionals = 0;
  /** Where the RDATA began that was started last. */
  lastRdataAt = 0;

  /** Starts a message in `bytes`, of at most `limit` bytes; the header is written last. */
  start(bytes: Uint8Array, limit: number): void {
    this.bytes = bytes;
    this.limit = Math.min(limit, bytes.length);
    this.at = HEADER_BYTES;
    this.answers = 0;
    this.authorities = 0;
    this.additionals = 0;
  }

  /** Tells whether `count` more bytes fit; every put below relies on it having been asked. */
  fits(count: number): boolean {
    return this.at + count <= this.limit;
  }

  putUint8(value: number): void {
    this.bytes[this.at++] = value;
  }

  putUint16(value: number): void {
    const { bytes, at } = this;
    bytes[at] = value >> 8;
    bytes[at + 1] = value;
    this.at = at + 2;
  }

  putUint32(value: number): void {
    writeUint32(this.bytes, this.at, value);
    this.at += 4;
  }

  /** Copies `source[start, end)`. A loop: `set(subarray())` would allocate a view for each call. */
  putBytes(source: Uint8Array, start: number, end: number): void {
    const { bytes } = this;
    let { at } = this;
    for (let i = start; i < end; i++) bytes[at++] = source[i];
    this.at = at;
  }

  /** Points to a name that stands at `offset` in this message, which must be below 16,384. */
  putPointer(offset: number): void {
    this.putUint16(0xc000 | offset);
  }

  canPointTo(offset: number): boolean {
    return offset <= MAX_POINTER_OFFSET;
  }

  putName(name: WireName): void {
    this.putBytes(name, 0, name.length);
  }

  /** Puts owner, type, class IN and TTL of a record whose owner stands at `ownerAt`; 10 bytes. */
  putRecordHead(ownerAt: number, type: number, ttl: number): void {
    this.putPointer(ownerAt);
    this.putRecordBody(type, ttl);
  }

  /** Puts type, class IN and TTL, behind an owner name; 8 bytes. */
  putRecordBody(type: number, ttl: number): void {
    this.putUint16(type);
    this.putUint16(CLASS_IN);
    this.putUint32(ttl);
  }

  /** Leaves room for the length of the RDATA, and gives the offset where the RDATA begins. */
  startRdata(): number {
    this.at += 2;
    this.lastRdataAt = this.at;
    return this.at;
  }

  /** Writes the length of the RDATA that was started last. */
  endRdata(): void {
    const start = this.lastRdataAt;
    const length = this.at - start;
    this.bytes[start - 2] = length >> 8;
    this.bytes[start - 1] = length;
  }

  /** Writes the header, RFC 1035 section 4.1.1, and gives the message's length in bytes. */
  finish(id: number, flags: number, questions: 0 | 1): number {
    const length = this.at;
    this.at = 0;
    this.putUint16(id);
    this.putUint16(flags);
    this.putUint16(questions);
    this.putUint16(this.answers);
    this.putUint16(this.authorities);
    this.putUint16(this.additionals);
    this.at = length;
    return length;
  }
}
