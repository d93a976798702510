/**
 * Takes the memory of an earlier run's table into a new one: its records stand where they stood. Readers, who may be
 * there already, see nothing of it until it is published: links come last. The writer may change nothing before it has
 * settled, which takes several times as long: what it alone knows, which slots are free, is found by a walk over all
 * records.
 *
 * Checksums have shown that the memory is as it was written. That walk believes no address all the same: a chain without
 * an end, or two records in one slot, is an error there. A record in a chain that is not its own would be one that nobody
 * finds and nobody puts again, so that the sweep takes it.
 */
import type { BitSet } from './bit-set.ts';
import { ImageError } from './image-error.ts';
import {
  keyLengthOf,
  MAX_VALUE_BYTES,
  RECORD_ALIGNMENT_BYTES,
  RECORD_WORD,
  REGION_BYTES,
  recordBytes,
  valueLengthOf,
} from './layout.ts';
import { SlabAllocator } from './slab-allocator.ts';
import type { TableView } from './table.ts';

export interface Adopted {
  readonly allocator: SlabAllocator;
  /** Granules at which a record begins. */
  readonly granules: BitSet;
  readonly records: number;
  /** Bytes of the keys, and of the whole records. */
  readonly keyBytes: number;
  readonly usedBytes: number;
}

export class Adoption {
  readonly #view: TableView;
  /** What stands before the arena. */
  readonly #head: Int32Array;
  #end = 0;

  constructor(view: TableView) {
    this.#view = view;
    this.#head = new Int32Array(view.arenaAt >> 2);
  }

  /** Takes a region's bytes. */
  take(region: number, bytes: Uint8Array): void {
    const view = this.#view;
    const start = region * REGION_BYTES;
    const headBytes = Math.min(Math.max(view.arenaAt - start, 0), bytes.length);
    new Uint8Array(this.#head.buffer).set(
      bytes.subarray(0, headBytes),
      start * Number(headBytes > 0),
    );
    const end = Math.min(bytes.length, view.bytes.length - start);
    if (headBytes < end) view.bytes.set(bytes.subarray(headBytes, end), start + headBytes);
  }

  /** Lets readers find what was taken, up to byte `end`. */
  publish(end: number): void {
    const view = this.#view;
    this.#end = end;
    for (let at = view.bucketsAt; at <= view.bucketsAt + view.bucketMask; at++) {
      if (this.#head[at] !== 0) Atomics.store(view.words, at, this.#head[at]);
    }
  }

  /**
   * Goes over every record once: they lie far from one another, so that each costs a miss of the cache. Throws
   * ImageError where that is no table.
   */
  settle(): Adopted {
    const view = this.#view;
    const end = this.#end;
    const allocator = new SlabAllocator(view);
    allocator.beginClaims(end);
    let [records, keyBytes, usedBytes] = [0, 0, 0];
    for (let bucket = 0; bucket <= view.bucketMask; bucket++) {
      let record = this.#head[view.bucketsAt + bucket];
      while (record !== 0) {
        const size = this.#sizeOf(record, end);
        if (!allocator.claim(record, size)) fail(record);
        records++;
        keyBytes += keyLengthOf(view.words[(record >> 2) + RECORD_WORD.lengths]);
        usedBytes += size;
        record = view.words[(record >> 2) + RECORD_WORD.next];
      }
    }
    return { allocator, granules: allocator.endClaims(), records, keyBytes, usedBytes };
  }

  /** Gives the bytes of the record that a link leads to; throws where there can be none. */
  #sizeOf(record: number, end: number): number {
    const { arenaAt, words } = this.#view;
    const isInside = record >= arenaAt && record + RECORD_ALIGNMENT_BYTES <= end;
    if (!isInside || record % RECORD_ALIGNMENT_BYTES !== 0) fail(record);
    const lengths = words[(record >> 2) + RECORD_WORD.lengths];
    const keyLength = keyLengthOf(lengths);
    const valueLength = valueLengthOf(lengths);
    const size = recordBytes(keyLength, valueLength);
    if (keyLength === 0 || valueLength > MAX_VALUE_BYTES || record + size > end) fail(record);
    return size;
  }
}

function fail(record: number): never {
  throw new ImageError(`there is no record at ${record}`);
}
