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

/** Longest EXTRA-TEXT of an extended error, in bytes. */
export const MAX_TEXT_BYTES = 160;
/** Tenths of a second in a second: what lifetimes are counted in. */
export const TENTHS = 10;

/** What an answer begins with. */
export interface AnswerHead {
  readonly rcode: number;
  /** The upstream has validated it: AD, RFC 6840 section 5.8. */
  readonly isAuthentic: boolean;
  /** An INFO-CODE, or less than 0 for none. */
  readonly extendedError: number;
  readonly answers: number;
  readonly authorities: number;
  readonly additionals: number;
  /** Where the records begin in the message. */
  readonly questionEnd: number;
  /** Compression pointers in the records. */
  readonly pointers: number;
  /** Tenths of a second on the clock of the cache. */
  readonly storedAt: number;
  readonly lifetime: number;
}

/** Room for the longest message with the most records and pointers that are read. */
const DRAFT_BYTES = 128 * 1024;

/** Where an answer is put together; one serves any number of them, one at a time. */
export class AnswerDraft {
  /** What was put together last. */
  readonly view: AnswerView;
  readonly #bytes = new Uint8Array(DRAFT_BYTES);
  readonly #words = new Uint32Array(this.#bytes.buffer);
  readonly #halves = new Uint16Array(this.#bytes.buffer);
  #half = HALF.offsets;
  #length = 0;

  constructor() {
    this.view = new AnswerView(this.#bytes.buffer);
  }

  /** The bytes of the answer, good until the next one is begun. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Begins an answer; `putOffset()` comes next, for each record twice and for each pointer. */
  start(head: AnswerHead): void {
    const words = this.#words;
    const halves = this.#halves;
    words[WORD.storedAt] = head.storedAt;
    words[WORD.lifetime] = head.lifetime;
    words[WORD.staleUntil] = 0;
    words[WORD.mark] = 0;
    halves[HALF.flags] = (head.rcode & RCODE_MASK) | (head.isAuthentic ? AUTHENTIC : 0);
    halves[HALF.extendedError] = head.extendedError < 0 ? NO_EXTENDED_ERROR : head.extendedError;
    halves[HALF.answers] = head.answers;
    halves[HALF.authorities] = head.authorities;
    halves[HALF.additionals] = head.additionals;
    halves[HALF.questionEnd] = head.questionEnd;
    halves[HALF.pointers] = head.pointers;
    this.#half = HALF.offsets;
  }

  /** Puts where a TTL stands, a record ends, or a pointer stands; it counts from the first record. */
  putOffset(offset: number): void {
    this.#halves[this.#half++] = offset;
  }

  /** Ends it with the text of the extended error, in UTF-8, and the records, `message[start, end)`. */
  finish(text: Uint8Array, message: Uint8Array, [start, end]: readonly [number, number]): void {
    const bytes = this.#bytes;
    let at = this.#half * 2;
    this.#halves[HALF.textLength] = text.length;
    for (let i = 0; i < text.length; i++) bytes[at++] = text[i];
    for (let i = start; i < end; i++) bytes[at++] = message[i];
    while ((at & 3) !== 0) bytes[at++] = 0;
    this.#length = at;
  }
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
