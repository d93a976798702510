/** The shared memory of the answer cache: a table, and marks by which readers say what was asked for. */
import { createTable } from '../table/table.ts';
import type { CacheMemory } from './cache-reader.ts';

/** A row of marks begins at a pair of cache lines, so that no two threads write to one. */
const ROW_BYTES = 128;
const MIN_BUCKETS = 1 << 10;
/** Each kind of answer has one at least, and one more while another goes. */
const SPARE_SLOTS = 8;

export interface CacheMemoryOptions {
  /** Answers that are kept at a time. */
  readonly entries: number;
  /** Bytes of the table, buckets and slack included: 1 MiB at least. */
  readonly bytes: number;
  /** Threads that read. */
  readonly readers: number;
}

/** Reserves the memory; pages cost nothing until they are used. Throws RangeError where it cannot be had. */
export function createCacheMemory({ entries, bytes, readers }: CacheMemoryOptions): CacheMemory {
  const buckets = Math.max(2 ** Math.ceil(Math.log2(entries)), MIN_BUCKETS);
  return {
    table: createTable({ maxBytes: bytes, buckets, readers }),
    marks: new SharedArrayBuffer(
      Math.ceil((entries + SPARE_SLOTS) / ROW_BYTES) * ROW_BYTES * readers,
    ),
  };
}

/** The marks as the cache's writer sees them: of all readers, one slot or all of them. */
export class MarkRows {
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #readers: number;
  readonly #slots: number;

  constructor({ marks }: CacheMemory, readers: number) {
    this.#bytes = new Uint8Array(marks);
    this.#words = new Int32Array(marks);
    this.#readers = readers;
    this.#slots = marks.byteLength / readers;
  }

  /** Tells whether any reader has marked the slot, and takes the marks away. */
  take(slot: number): boolean {
    let isMarked = false;
    for (let reader = 0; reader < this.#readers; reader++) {
      const at = reader * this.#slots + slot;
      if (this.#bytes[at] === 0) continue;
      this.#bytes[at] = 0;
      isMarked = true;
    }
    return isMarked;
  }

  /** Calls for each marked slot, once, and takes the marks away. */
  takeAll(onMarked: (slot: number) => void): void {
    const words = this.#words;
    for (let i = 0; i < words.length; i++) {
      if (words[i] === 0) continue;
      const first = (i * Int32Array.BYTES_PER_ELEMENT) % this.#slots;
      for (let slot = first; slot < first + 4; slot++) if (this.take(slot)) onMarked(slot);
    }
  }
}
