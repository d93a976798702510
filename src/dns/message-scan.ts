/**
 * Reads a message that somebody else made, once, and keeps where its records are. Nothing of it is trusted: every
 * read is within the message, every loop has a bound, and a message is sound as a whole or not at all.
 * RFC 1035 section 4.1; names in RDATA that may be compressed: RFC 3597 section 4.
 */
import { IPV4_BYTES, IPV6_BYTES } from './address.ts';
import {
  FLAG,
  HEADER_BYTES,
  MAX_LABEL_BYTES,
  MAX_NAME_BYTES,
  RECORD_FIXED_BYTES,
  TYPE,
} from './constants.ts';
import { readTtl } from './uint32.ts';

/** Most records that a message may have: a message of 65,535 bytes has no more A records. */
export const MAX_RECORDS = 4096;
/** Most compression pointers that are noted; records have one or two each. */
const MAX_POINTERS = 2 * MAX_RECORDS;
/** Pointers that one name may go through. */
const MAX_HOPS = 64;
const POINTER_MASK = 0xc0;

/**
 * Bytes before the names in the RDATA of a type, how many character-strings behind these, how many names, and bytes
 * behind them, -1 for any number.
 */
interface NamesInRdata {
  readonly before: number;
  readonly strings?: number;
  readonly names: number;
  readonly after: number;
}

/** The types of RFC 1035 and those of RFC 3597 section 4 whose names old servers compress; HINFO has none. */
const NAMES_IN_RDATA: ReadonlyMap<number, NamesInRdata> = new Map([
  ...[TYPE.NS, 3, 4, TYPE.CNAME, 7, 8, 9, TYPE.PTR].map(
    (type) => [type, { before: 0, names: 1, after: 0 }] as const,
  ),
  [TYPE.SOA, { before: 0, names: 2, after: 20 }],
  [14, { before: 0, names: 2, after: 0 }],
  [17, { before: 0, names: 2, after: 0 }],
  ...[TYPE.MX, 18, 21, 36].map((type) => [type, { before: 2, names: 1, after: 0 }] as const),
  [26, { before: 2, names: 2, after: 0 }],
  [TYPE.SIG, { before: 18, names: 1, after: -1 }],
  [30, { before: 0, names: 1, after: -1 }],
  [TYPE.SRV, { before: 6, names: 1, after: 0 }],
  [35, { before: 4, strings: 3, names: 1, after: 0 }],
  [39, { before: 0, names: 1, after: 0 }],
]);

/** The last message that was scanned; one object serves any number of them, so that none is allocated. */
export class MessageScan {
  id = 0;
  flags = 0;
  questions = 0;
  answers = 0;
  authorities = 0;
  additionals = 0;
  /** Where the name of the question ends, its root label included; HEADER_BYTES where there is no question. */
  questionNameEnd = HEADER_BYTES;
  /** Where the records begin. */
  questionEnd = HEADER_BYTES;
  qtype = 0;
  qclass = 0;

  /** Records of all sections, in the message's order. */
  records = 0;
  readonly typeOf = new Uint16Array(MAX_RECORDS);
  readonly ttlAt = new Uint16Array(MAX_RECORDS);
  readonly endAt = new Uint16Array(MAX_RECORDS);
  /** Where compression pointers stand, ascending. */
  pointers = 0;
  readonly pointerAt = new Uint16Array(MAX_POINTERS);

  #bytes: Uint8Array = new Uint8Array(0);
  #length = 0;

  /** Reads `bytes[0, length)`; fields are what they should be where it gives true. */
  scan(bytes: Uint8Array, length: number): boolean {
    if (length < HEADER_BYTES || length > bytes.length) return false;
    this.#bytes = bytes;
    this.#length = length;
    this.id = this.#uint16(0);
    this.flags = this.#uint16(2);
    this.questions = this.#uint16(4);
    this.answers = this.#uint16(6);
    this.authorities = this.#uint16(8);
    this.additionals = this.#uint16(10);
    this.pointers = 0;
    this.records = this.answers + this.authorities + this.additionals;
    // RFC 9619 section 4: no more than one question.
    if (this.questions > 1 || this.records > MAX_RECORDS) return false;
    return this.#scanQuestion() && this.#scanRecords();
  }

  /** Where record `index` begins. */
  startOf(index: number): number {
    return index === 0 ? this.questionEnd : this.endAt[index - 1];
  }

  /** TTL of a record, in seconds. */
  ttlOf(index: number): number {
    return readTtl(this.#bytes, this.ttlAt[index]);
  }

  /** RCODE, whose upper bits are in the OPT record: RFC 6891 section 6.1.3. */
  get rcode(): number {
    const low = this.flags & FLAG.rcodeMask;
    for (let i = this.answers + this.authorities; i < this.records; i++) {
      if (this.typeOf[i] === TYPE.OPT) return (this.#bytes[this.ttlAt[i]] << 4) | low;
    }
    return low;
  }

  #scanQuestion(): boolean {
    this.questionNameEnd = HEADER_BYTES;
    this.questionEnd = HEADER_BYTES;
    if (this.questions === 0) return true;
    const bytes = this.#bytes;
    let at = HEADER_BYTES;
    while (at < this.#length && bytes[at] !== 0) {
      if (bytes[at] > MAX_LABEL_BYTES) return false;
      at += bytes[at] + 1;
    }
    this.questionNameEnd = at + 1;
    this.questionEnd = at + 5;
    if (this.questionEnd > this.#length || at + 1 - HEADER_BYTES > MAX_NAME_BYTES) return false;
    this.qtype = this.#uint16(at + 1);
    this.qclass = this.#uint16(at + 3);
    return true;
  }

  #scanRecords(): boolean {
    let at = this.questionEnd;
    for (let i = 0; i < this.records; i++) {
      const fixed = this.#skipName(at);
      if (fixed === 0 || fixed + RECORD_FIXED_BYTES > this.#length) return false;
      const rdata = fixed + RECORD_FIXED_BYTES;
      const end = rdata + this.#uint16(fixed + 8);
      if (end > this.#length) return false;
      const type = this.#uint16(fixed);
      if (!this.#checkRdata(type, rdata, end)) return false;
      this.typeOf[i] = type;
      this.ttlAt[i] = fixed + 4;
      this.endAt[i] = end;
      at = end;
    }
    return true;
  }

  #checkRdata(type: number, rdata: number, end: number): boolean {
    if (type === TYPE.A) return end - rdata === IPV4_BYTES;
    if (type === TYPE.AAAA) return end - rdata === IPV6_BYTES;
    const shape = NAMES_IN_RDATA.get(type);
    if (shape === undefined) return true;
    let at = rdata + shape.before;
    for (let i = shape.strings ?? 0; i > 0 && at < end; i--) at += this.#bytes[at] + 1;
    for (let i = 0; i < shape.names; i++) {
      if (at >= end) return false;
      at = this.#skipName(at);
      if (at === 0) return false;
    }
    return shape.after < 0 ? at <= end : at + shape.after === end;
  }

  /**
   * Gives the offset behind the name at `start`, and notes its pointer; 0 where it is malformed. Each pointer leads
   * to before where its part of the name began, so that no name goes round. What begins in the question's name ends
   * there, so that it can be moved with it.
   */
  #skipName(start: number): number {
    const bytes = this.#bytes;
    let at = start;
    let partAt = start;
    let end = 0;
    let nameLength = 0;
    for (let hops = 0; hops < MAX_HOPS; ) {
      if (at >= this.#length) return 0;
      if (partAt < this.questionEnd && at >= this.questionNameEnd) return 0;
      const size = bytes[at];
      if (size === 0) return nameLength + 1 > MAX_NAME_BYTES ? 0 : end === 0 ? at + 1 : end;
      if (size <= MAX_LABEL_BYTES) {
        nameLength += size + 1;
        if (nameLength >= MAX_NAME_BYTES) return 0;
        at += size + 1;
        continue;
      }
      if (size < POINTER_MASK || at + 2 > this.#length) return 0;
      // The question has no pointer: what looks like one is the middle of a label.
      if (at < this.questionEnd) return 0;
      if (end === 0) {
        if (this.pointers === MAX_POINTERS) return 0;
        this.pointerAt[this.pointers++] = at;
        end = at + 2;
      }
      at = ((size & ~POINTER_MASK) << 8) | bytes[at + 1];
      if (at >= partAt || at < HEADER_BYTES) return 0;
      // The question's name was read already.
      if (at === HEADER_BYTES && nameLength === 0 && this.questions === 1) return end;
      partAt = at;
      hops++;
    }
    return 0;
  }

  #uint16(at: number): number {
    return (this.#bytes[at] << 8) | this.#bytes[at + 1];
  }
}
