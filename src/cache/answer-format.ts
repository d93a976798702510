/**
 * An answer from outside our zones as it is kept: the records as the upstream sent them, and where in them stands
 * what a response has to change. The same bytes serve from the cache's table and from memory of their own.
 *
 *   word   0  storedAt      tenths of a second on the cache's clock
 *          1  lifetime      tenths of a second; 0 is for those who waited for it, and nobody else
 *          2  staleUntil    0, or when it ends to be served although it is out of date: RFC 8767; may change later
 *          3  mark          where responders note that it was asked for
 *   half   8  flags         RCODE, AD
 *          9  extendedError INFO-CODE of RFC 8914, 0xffff for none
 *         10  answers, 11 authorities, 12 additionals
 *         13  questionEnd   where the records began in the message that they came in
 *         14  pointers      15  textLength
 *         16  for each record: where its TTL stands, where it ends     from the first record on
 *             for each compression pointer: where it stands            likewise
 *   bytes     text of the extended error, then the records
 *
 * Pointers in the records are kept as they are: they mean offsets in a message with the same question.
 */

/** Words and halves before the offsets. */
const WORD = { storedAt: 0, lifetime: 1, staleUntil: 2, mark: 3 } as const;
const HALF = {
  flags: 8,
  extendedError: 9,
  answers: 10,
  authorities: 11,
  additionals: 12,
  questionEnd: 13,
  pointers: 14,
  textLength: 15,
  offsets: 16,
} as const;

const RCODE_MASK = 0x000f;
const AUTHENTIC = 0x0010;
const NO_EXTENDED_ERROR = 0xffff;

/** Tenths of a second in a second: what lifetimes are counted in. */
export const TENTHS = 10;

/** What an answer is made of; offsets count from the first record. */
export interface AnswerParts {
  readonly rcode: number;
  /** The upstream has validated it: AD, RFC 6840 section 5.8. */
  readonly isAuthentic: boolean;
  readonly answers: number;
  readonly authorities: number;
  readonly additionals: number;
  /** Where the records begin in the message. */
  readonly questionEnd: number;
  /** Where each record's TTL stands, and where it ends. */
  readonly offsets: readonly number[];
  readonly pointers: readonly number[];
  readonly records: Uint8Array;
  /** An INFO-CODE, or less than 0 for none. */
  readonly extendedError: number;
  /** EXTRA-TEXT, in UTF-8. */
  readonly text: Uint8Array;
  /** Tenths of a second on the clock of the cache. */
  readonly storedAt: number;
  readonly lifetime: number;
}

/** Puts an answer together. */
export function encodeAnswer(parts: AnswerParts): Uint8Array<ArrayBuffer> {
  const { records, text, offsets, pointers } = parts;
  const head = (HALF.offsets + offsets.length + pointers.length) * 2;
  const buffer = new ArrayBuffer((head + text.length + records.length + 3) & ~3);
  const words = new Uint32Array(buffer, 0, 4);
  words[WORD.storedAt] = parts.storedAt;
  words[WORD.lifetime] = parts.lifetime;
  const halves = new Uint16Array(buffer, 0, head >> 1);
  halves[HALF.flags] = (parts.rcode & RCODE_MASK) | (parts.isAuthentic ? AUTHENTIC : 0);
  halves[HALF.extendedError] = parts.extendedError < 0 ? NO_EXTENDED_ERROR : parts.extendedError;
  halves[HALF.answers] = parts.answers;
  halves[HALF.authorities] = parts.authorities;
  halves[HALF.additionals] = parts.additionals;
  halves[HALF.questionEnd] = parts.questionEnd;
  halves[HALF.pointers] = pointers.length;
  halves[HALF.textLength] = text.length;
  halves.set(offsets, HALF.offsets);
  halves.set(pointers, HALF.offsets + offsets.length);
  const bytes = new Uint8Array(buffer);
  bytes.set(text, head);
  bytes.set(records, head + text.length);
  return bytes;
}

/** Reads answers in one memory; `open()` says which, and the rest is about that one. Allocates nothing. */
export class AnswerView {
  readonly bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #halves: Uint16Array;
  #word = 0;
  #half = 0;

  /** A multiple of 4 bytes. */
  constructor(buffer: ArrayBufferLike) {
    this.bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer);
    this.#halves = new Uint16Array(buffer);
  }

  /** Turns to the answer at byte `at`, a multiple of 4. */
  open(at: number): void {
    this.#word = at >> 2;
    this.#half = at >> 1;
  }

  get storedAt(): number {
    return this.#words[this.#word + WORD.storedAt];
  }

  get lifetime(): number {
    return this.#words[this.#word + WORD.lifetime];
  }

  get staleUntil(): number {
    return this.#words[this.#word + WORD.staleUntil];
  }

  /** The one field that is written after others can read it: a word that is seen old or new. */
  set staleUntil(tenths: number) {
    this.#words[this.#word + WORD.staleUntil] = tenths;
  }

  get mark(): number {
    return this.#words[this.#word + WORD.mark];
  }

  set mark(slot: number) {
    this.#words[this.#word + WORD.mark] = slot;
  }

  get rcode(): number {
    return this.#halves[this.#half + HALF.flags] & RCODE_MASK;
  }

  get isAuthentic(): boolean {
    return (this.#halves[this.#half + HALF.flags] & AUTHENTIC) !== 0;
  }

  /** Less than 0 for none. */
  get extendedError(): number {
    const code = this.#halves[this.#half + HALF.extendedError];
    return code === NO_EXTENDED_ERROR ? -1 : code;
  }

  get answers(): number {
    return this.#halves[this.#half + HALF.answers];
  }

  get authorities(): number {
    return this.#halves[this.#half + HALF.authorities];
  }

  get additionals(): number {
    return this.#halves[this.#half + HALF.additionals];
  }

  get records(): number {
    return this.answers + this.authorities + this.additionals;
  }

  get questionEnd(): number {
    return this.#halves[this.#half + HALF.questionEnd];
  }

  get pointers(): number {
    return this.#halves[this.#half + HALF.pointers];
  }

  get textLength(): number {
    return this.#halves[this.#half + HALF.textLength];
  }

  /** Where the TTL of record `index` stands, from the first record on. */
  ttlAt(index: number): number {
    return this.#halves[this.#half + HALF.offsets + 2 * index];
  }

  /** Where record `index` ends; that of -1 is the start of the first. */
  endAt(index: number): number {
    return index < 0 ? 0 : this.#halves[this.#half + HALF.offsets + 2 * index + 1];
  }

  pointerAt(index: number): number {
    return this.#halves[this.#half + HALF.offsets + 2 * this.records + index];
  }

  /** Where the text stands in `bytes`. */
  get textStart(): number {
    return (this.#half + HALF.offsets + 2 * this.records + this.pointers) * 2;
  }

  /** Where the records stand in `bytes`. */
  get recordsStart(): number {
    return this.textStart + this.textLength;
  }
}
