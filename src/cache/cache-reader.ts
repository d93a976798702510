/**
 * A responder's side of the answer cache: finds what is kept for a question, and notes that it was asked for. In: a
 * name, a type and two flags; out: an answer that may be served now. Allocates nothing.
 */
import { MAX_KEY_BYTES } from '../table/layout.ts';
import { TableReader } from '../table/table-reader.ts';
import { AnswerView, TENTHS } from './answer-format.ts';
import { createCacheClock } from './cache-clock.ts';

/** Behind the name: the type, and what the answer depends on besides. */
export const KEY_TAIL_BYTES = 3;
export const KEY_FLAG = { dnssecOk: 1, checkingDisabled: 2 } as const;

/** What is looked up; the name is folded and in wire format. */
export interface CacheQuestion {
  readonly name: Uint8Array;
  readonly nameLength: number;
  readonly qtype: number;
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
}

/** Writes the key of a question into `key`, and gives its length; 0 where no key is as long. */
export function putCacheKey(key: Uint8Array, question: CacheQuestion): number {
  const { name, nameLength, qtype } = question;
  const length = nameLength + KEY_TAIL_BYTES;
  if (length > MAX_KEY_BYTES) return 0;
  for (let i = 0; i < nameLength; i++) key[i] = name[i];
  key[nameLength] = qtype >> 8;
  key[nameLength + 1] = qtype;
  key[nameLength + 2] =
    (question.dnssecOk ? KEY_FLAG.dnssecOk : 0) |
    (question.checkingDisabled ? KEY_FLAG.checkingDisabled : 0);
  return length;
}

/** Shared memory of the cache. */
export interface CacheMemory {
  readonly table: SharedArrayBuffer;
  /** A byte for each answer, in a row for each reader; who reads it writes 1, the cache 0. */
  readonly marks: SharedArrayBuffer;
}

export interface CacheReaderOptions {
  /** This reader's number, in the table and among the rows of marks, of which there are `readers`. */
  readonly reader: number;
  readonly readers: number;
  /** In tenths of a second; by default the clock of all threads. */
  readonly clock?: () => number;
}

export class CacheReader {
  /** The answer that was found last. */
  readonly view: AnswerView;
  /** It is out of date, and served because there is no other. */
  isStale = false;
  /** Seconds since it came. */
  ageSeconds = 0;
  readonly #table: TableReader;
  readonly #marks: Uint8Array;
  readonly #clock: () => number;
  #now = 0;

  constructor(
    { table, marks }: CacheMemory,
    { reader, readers, clock = createCacheClock() }: CacheReaderOptions,
  ) {
    this.#clock = clock;
    this.#table = new TableReader(table, reader);
    this.view = new AnswerView(table);
    const slots = marks.byteLength / readers;
    this.#marks = new Uint8Array(marks, reader * slots, slots);
  }

  /** Begins to read: what is found stays as it is until `leave()`; reads the clock. */
  enter(): void {
    this.#table.enter();
    this.#now = this.#clock();
  }

  leave(): void {
    this.#table.leave();
  }

  /** Finds an answer and turns `view` to it; false where there is none that may be served. */
  find(question: CacheQuestion): boolean {
    const length = putCacheKey(this.#table.key, question);
    if (length === 0) return false;
    const record = this.#table.find(length);
    if (record === 0) return false;
    const { view } = this;
    view.open(this.#table.valueStart(record));
    // Clocks of two threads may be a tenth apart, and no answer comes from the future.
    const age = Math.max(this.#now - view.storedAt, 0);
    this.isStale = age >= view.lifetime;
    if (this.isStale && view.staleUntil <= this.#now) return false;
    this.ageSeconds = Math.floor(age / TENTHS);
    this.#marks[view.mark] = 1;
    return true;
  }
}
