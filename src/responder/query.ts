/**
 * Checks a message once, before any logic, and keeps what later code asks of it.
 * In: the bytes as they came; out: a verdict, and the question with its name folded to lower case.
 * RFC 1035 section 4.1, RFC 9619 (one question), RFC 6891 section 6.1 (OPT).
 */
import {
  EDNS_OPTION_TCP_KEEPALIVE,
  EDNS_UDP_BYTES,
  FLAG,
  HEADER_BYTES,
  MAX_LABEL_BYTES,
  MAX_NAME_BYTES,
  OPCODE_QUERY,
  PLAIN_UDP_BYTES,
  RECORD_FIXED_BYTES,
  TYPE,
} from '../dns/constants.ts';
import { foldCase } from '../dns/name.ts';

/** `ignore` is silence: what is no query, or could not even be answered. */
export type Acceptance = 'accept' | 'ignore' | 'formerr' | 'notimp' | 'badvers';

const FOLDED = Uint8Array.from({ length: 256 }, (_, byte) => foldCase(byte));
const MAX_LABELS = 128;

/** The last message that was decoded; one object serves any number of them, so that none is allocated. */
export class Query {
  id = 0;
  flags = 0;
  qtype = 0;
  qclass = 0;
  /** Where the question ends in the message; it begins behind the header. */
  questionEnd = HEADER_BYTES;

  /** The name in lower case and wire format; the table's key, so its buffer is the table reader's. */
  readonly name: Uint8Array;
  nameLength = 0;
  /** Offset of each label in `name`, the root's included as the last. */
  readonly labelOffsets = new Uint8Array(MAX_LABELS + 1);
  labelCount = 0;

  hasEdns = false;
  dnssecOk = false;
  /** The client speaks edns-tcp-keepalive (RFC 7828). */
  asksKeepalive = false;
  /** The client's UDP payload size, within 512 and our own maximum. */
  payloadBytes = PLAIN_UDP_BYTES;
  #ednsVersion = 0;

  constructor(name: Uint8Array) {
    this.name = name;
  }

  /** The client validates by itself: CD, RFC 4035 section 3.2.2. */
  get checkingDisabled(): boolean {
    return (this.flags & FLAG.cd) !== 0;
  }

  /** Decodes `bytes[0, length)`; fields hold the question where it gives `accept` or `badvers`. */
  decode(bytes: Uint8Array, length: number): Acceptance {
    if (length < HEADER_BYTES || length > bytes.length) return 'ignore';
    this.id = (bytes[0] << 8) | bytes[1];
    this.flags = (bytes[2] << 8) | bytes[3];
    // A response answered by a response could go on for ever.
    if ((this.flags & FLAG.qr) !== 0) return 'ignore';
    if ((this.flags & FLAG.opcodeMask) >> 11 !== OPCODE_QUERY) return 'notimp';
    if (bytes[4] !== 0 || bytes[5] !== 1) return 'formerr';
    if (!this.#decodeQuestion(bytes, length)) return 'formerr';
    if (!this.#decodeRecords(bytes, length)) return 'formerr';
    return this.#ednsVersion === 0 ? 'accept' : 'badvers';
  }

  /** Makes the name at `source[start, start + length)` the one to look up; it comes from the table. */
  setName(source: Uint8Array, start: number, length: number): void {
    const { name, labelOffsets } = this;
    for (let i = 0; i < length; i++) name[i] = FOLDED[source[start + i]];
    let labels = 0;
    for (let at = 0; name[at] !== 0; at += name[at] + 1) labelOffsets[labels++] = at;
    labelOffsets[labels] = length - 1;
    this.nameLength = length;
    this.labelCount = labels;
  }

  /** Gives where in the name a suffix of so many labels begins, -1 where the name does not end with it. */
  offsetOf(suffix: Uint8Array, labelCount: number): number {
    const offset = this.nameLength - suffix.length;
    const label = this.labelCount - labelCount;
    if (label < 0 || this.labelOffsets[label] !== offset) return -1;
    for (let i = suffix.length - 1; i >= 0; i--) {
      if (this.name[offset + i] !== suffix[i]) return -1;
    }
    return offset;
  }

  #decodeQuestion(bytes: Uint8Array, length: number): boolean {
    const { name, labelOffsets } = this;
    let at = HEADER_BYTES;
    let out = 0;
    let labels = 0;
    for (;;) {
      if (at >= length) return false;
      const size = bytes[at];
      labelOffsets[labels] = out;
      if (size === 0) break;
      // Compression has nothing to point to in a question, and no other label type is in use.
      if (size > MAX_LABEL_BYTES || out + size + 2 > MAX_NAME_BYTES) return false;
      const end = at + size + 1;
      if (end >= length) return false;
      // A length octet is below 'A', so it folds to itself.
      while (at < end) name[out++] = FOLDED[bytes[at++]];
      labels++;
    }
    name[out++] = 0;
    at++;
    if (at + 4 > length) return false;
    this.nameLength = out;
    this.labelCount = labels;
    this.qtype = (bytes[at] << 8) | bytes[at + 1];
    this.qclass = (bytes[at + 2] << 8) | bytes[at + 3];
    this.questionEnd = at + 4;
    // OPT and the types of transactions are no question: RFC 6891 section 6.1.1.
    return this.qtype !== TYPE.OPT;
  }

  /** Walks the records behind the question, for the OPT record; each takes at least 11 bytes. */
  #decodeRecords(bytes: Uint8Array, length: number): boolean {
    this.hasEdns = false;
    this.dnssecOk = false;
    this.asksKeepalive = false;
    this.payloadBytes = PLAIN_UDP_BYTES;
    this.#ednsVersion = 0;
    const before = ((bytes[6] << 8) | bytes[7]) + ((bytes[8] << 8) | bytes[9]);
    const count = before + ((bytes[10] << 8) | bytes[11]);
    let at = this.questionEnd;
    for (let i = 0; i < count; i++) {
      const fixed = skipName(bytes, at, length);
      if (fixed === 0 || fixed + RECORD_FIXED_BYTES > length) return false;
      const end = fixed + RECORD_FIXED_BYTES + ((bytes[fixed + 8] << 8) | bytes[fixed + 9]);
      if (end > length) return false;
      const type = (bytes[fixed] << 8) | bytes[fixed + 1];
      if (type === TYPE.OPT) {
        // RFC 6891 section 6.1.1: at most one, with the root as its owner, among the additionals.
        if (this.hasEdns || i < before || bytes[at] !== 0) return false;
        if (!this.#decodeOpt(bytes, fixed, end)) return false;
      }
      at = end;
    }
    return at === length;
  }

  #decodeOpt(bytes: Uint8Array, fixed: number, end: number): boolean {
    this.hasEdns = true;
    const payload = (bytes[fixed + 2] << 8) | bytes[fixed + 3];
    // RFC 6891 section 6.2.3: below 512 counts as 512.
    this.payloadBytes = Math.min(Math.max(payload, PLAIN_UDP_BYTES), EDNS_UDP_BYTES);
    this.#ednsVersion = bytes[fixed + 5];
    this.dnssecOk = (bytes[fixed + 6] & 0x80) !== 0;
    let at = fixed + RECORD_FIXED_BYTES;
    while (at < end) {
      if (at + 4 > end) return false;
      if (((bytes[at] << 8) | bytes[at + 1]) === EDNS_OPTION_TCP_KEEPALIVE)
        this.asksKeepalive = true;
      at += 4 + ((bytes[at + 2] << 8) | bytes[at + 3]);
    }
    return at === end;
  }
}

/** Gives the offset behind the name at `at`, 0 where it is malformed; pointers are not followed. */
function skipName(bytes: Uint8Array, at: number, length: number): number {
  const last = at + MAX_NAME_BYTES;
  for (let next = at; next < length && next < last; next += bytes[next] + 1) {
    if (bytes[next] === 0) return next + 1;
    if (bytes[next] >= 0xc0) return next + 2 <= length ? next + 2 : 0;
    if (bytes[next] > MAX_LABEL_BYTES) return 0;
  }
  return 0;
}
