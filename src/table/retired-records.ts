/**
 * Records that no reader can find any more, but one may still hold, in the order in which they were withdrawn;
 * each with the epoch of which `layout.ts` tells. Private to the writer, but for the epoch and readers' words.
 *
 * A ring that doubles when it is full: the oldest is at `#first`; `#count` follow one another, modulo the
 * capacity, a power of two. Epochs in it follow one another, too.
 */
import { readerWord, WORD } from './layout.ts';

const FIRST_CAPACITY = 256;

export class RetiredRecords {
  readonly #words: Int32Array;
  readonly #readers: number;
  #records = new Int32Array(FIRST_CAPACITY);
  #epochs = new Int32Array(FIRST_CAPACITY);
  #first = 0;
  #count = 0;
  /** No reader holds anything that was retired up to this epoch. */
  #quietEpoch: number;

  constructor(memory: { words: Int32Array; readers: number }) {
    this.#words = memory.words;
    this.#readers = memory.readers;
    this.#quietEpoch = Atomics.load(this.#words, WORD.epoch);
  }

  /** Takes a record that is out of its chain. */
  add(record: number): void {
    if (this.#count === this.#records.length) this.#grow();
    const at = (this.#first + this.#count) & (this.#records.length - 1);
    this.#records[at] = record;
    this.#epochs[at] = this.#raiseEpoch();
    this.#count++;
  }

  /** Removes the oldest record and gives its address; 0 where there is none that no reader can hold. */
  takeQuiet(): number {
    if (this.#count === 0) return 0;
    const epoch = this.#epochs[this.#first];
    if (isAfter(epoch, this.#quietEpoch)) {
      this.#quietEpoch = this.#oldestHeldEpoch();
      if (isAfter(epoch, this.#quietEpoch)) return 0;
    }
    const record = this.#records[this.#first];
    this.#first = (this.#first + 1) & (this.#records.length - 1);
    this.#count--;
    return record;
  }

  /** 0 says that a reader is outside, so it is no epoch. */
  #raiseEpoch(): number {
    const epoch = (Atomics.load(this.#words, WORD.epoch) + 1) | 0 || 1;
    Atomics.store(this.#words, WORD.epoch, epoch);
    return epoch;
  }

  /** The present epoch where every reader is outside. */
  #oldestHeldEpoch(): number {
    let oldest = Atomics.load(this.#words, WORD.epoch);
    for (let reader = 0; reader < this.#readers; reader++) {
      const held = Atomics.load(this.#words, readerWord(reader));
      if (held !== 0 && isAfter(oldest, held)) oldest = held;
    }
    return oldest;
  }

  #grow(): void {
    this.#records = this.#doubled(this.#records);
    this.#epochs = this.#doubled(this.#epochs);
    this.#first = 0;
  }

  #doubled(ring: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
    const next = new Int32Array(ring.length * 2);
    next.set(ring.subarray(this.#first));
    next.set(ring.subarray(0, this.#first), ring.length - this.#first);
    return next;
  }
}

function isAfter(epoch: number, other: number): boolean {
  return ((epoch - other) | 0) > 0;
}
