/**
 * A reader's side of the table; one for each thread that reads. Nothing here allocates or locks.
 * Between `enter()` and `leave()` whatever `find()` gives stays as it is; afterwards it may be freed at any
 * time. Never to be held across a turn of the event loop: what it may hold takes memory that the writer needs.
 */
import { halfSipHash } from './half-sip-hash.ts';
import {
  KEY_TAG_MASK,
  keyLengthOf,
  keyTag,
  MAX_KEY_BYTES,
  RECORD_WORD,
  readerWord,
  valueLengthOf,
  valueOffset,
  WORD,
} from './layout.ts';
import { checkReader, viewTable } from './table.ts';

export class TableReader {
  /** Where the key to look up is put, at most 255 bytes; up to three that follow it become zeros. */
  readonly key: Uint8Array;
  /** The whole memory, for values. */
  readonly bytes: Uint8Array;
  readonly #keyWords = new Int32Array((MAX_KEY_BYTES + 1) >> 2);
  readonly #words: Int32Array;
  readonly #bucketsAt: number;
  readonly #bucketMask: number;
  readonly #key0: number;
  readonly #key1: number;
  readonly #ownWord: number;

  /** `reader` is this reader's number, 0 to the table's number of readers less one, and nobody else's. */
  constructor(buffer: SharedArrayBuffer, reader: number) {
    const view = viewTable(buffer);
    checkReader(view, reader);
    this.key = new Uint8Array(this.#keyWords.buffer);
    this.bytes = view.bytes;
    this.#words = view.words;
    this.#bucketsAt = view.bucketsAt;
    this.#bucketMask = view.bucketMask;
    this.#key0 = view.key0;
    this.#key1 = view.key1;
    this.#ownWord = readerWord(reader);
  }

  /** Begins to read; not to be nested. Goes round again only where the writer raised the epoch within. */
  enter(): void {
    const words = this.#words;
    let epoch: number;
    do {
      epoch = Atomics.load(words, WORD.epoch);
      Atomics.store(words, this.#ownWord, epoch);
    } while (Atomics.load(words, WORD.epoch) !== epoch);
  }

  /** Ends reading: a quiet point. */
  leave(): void {
    Atomics.store(this.#words, this.#ownWord, 0);
  }

  /** Finds the record of the first `length` bytes of `key`; 0 where there is none. */
  find(length: number): number {
    const { key } = this;
    for (let i = length; (i & 3) !== 0; i++) key[i] = 0;
    const keyWords = this.#keyWords;
    const words = this.#words;
    const hash = halfSipHash(keyWords, length, this.#key0, this.#key1);
    const tag = keyTag(hash, length);
    const count = (length + 3) >> 2;
    let record = Atomics.load(words, this.#bucketsAt + (hash & this.#bucketMask));
    while (record !== 0) {
      const at = record >> 2;
      if ((words[at + RECORD_WORD.lengths] & KEY_TAG_MASK) === tag) {
        const keyAt = at + RECORD_WORD.key;
        let i = 0;
        while (i < count && words[keyAt + i] === keyWords[i]) i++;
        if (i === count) return record;
      }
      record = Atomics.load(words, at + RECORD_WORD.next);
    }
    return 0;
  }

  /** Gives where a record's value begins in `bytes`, a multiple of 4. */
  valueStart(record: number): number {
    return record + valueOffset(keyLengthOf(this.#words[(record >> 2) + RECORD_WORD.lengths]));
  }

  /** Gives the length of a record's value in bytes. */
  valueLength(record: number): number {
    return valueLengthOf(this.#words[(record >> 2) + RECORD_WORD.lengths]);
  }
}
