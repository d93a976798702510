/**
 * Takes the memory of an earlier run's table into a new one: its records stand where they stood, and what the writer
 * alone knows, which slots are free, is found by walking over them. Readers, who may be there already, see nothing of it
 * until the end: links come last.
 *
 * Every address is checked before it is believed, so that a chain without an end, or two records in one slot, is an
 * error here and not a thread that goes round for ever.
 */
import { ImageError } from './image-error.ts';
import {
  MAX_KEY_BYTES,
  MAX_VALUE_BYTES,
  RECORD_WORD,
  REGION_BYTES,
  recordBytes,
} from './layout.ts';
import { SlabAllocator } from './slab-allocator.ts';
import type { TableView } from './table.ts';

const RECORD_ALIGNMENT_BYTES = 16;

export interface Adopted {
  readonly allocator: SlabAllocator;
  /** Byte after the last one that was taken. */
  readonly end: number;
}

export interface AdoptionOptions {
  readonly view: TableView;
  /** Called for each record, before any of them can be found. */
  readonly onRecord: (record: number) => void;
  readonly onFinished: (adopted: Adopted) => void;
}

export class Adoption {
  readonly #options: AdoptionOptions;
  /** What stands before the arena. */
  readonly #head: Int32Array;

  constructor(options: AdoptionOptions) {
    this.#options = options;
    this.#head = new Int32Array(options.view.arenaAt >> 2);
  }

  /** Takes a region's bytes. */
  take(region: number, bytes: Uint8Array): void {
    const { view } = this.#options;
    const start = region * REGION_BYTES;
    const headBytes = Math.min(Math.max(view.arenaAt - start, 0), bytes.length);
    new Uint8Array(this.#head.buffer).set(
      bytes.subarray(0, headBytes),
      start * Number(headBytes > 0),
    );
    const end = Math.min(bytes.length, view.bytes.length - start);
    if (headBytes < end) view.bytes.set(bytes.subarray(headBytes, end), start + headBytes);
  }

  /** Publishes what was taken, up to byte `end`. Throws ImageError where it is no table. */
  finish(end: number): void {
    const { view, onRecord, onFinished } = this.#options;
    const allocator = new SlabAllocator(view);
    const records: number[] = [];
    allocator.beginClaims(end);
    for (let bucket = 0; bucket <= view.bucketMask; bucket++) {
      let record = this.#head[view.bucketsAt + bucket];
      while (record !== 0) {
        this.#check(record, { bucket, end });
        if (!allocator.claim(record, this.#sizeOf(record))) fail(record);
        records.push(record);
        record = view.words[(record >> 2) + RECORD_WORD.next];
      }
    }
    allocator.endClaims();
    onFinished({ allocator, end });
    for (const record of records) onRecord(record);
    for (let bucket = 0; bucket <= view.bucketMask; bucket++) {
      const at = view.bucketsAt + bucket;
      if (this.#head[at] !== 0) Atomics.store(view.words, at, this.#head[at]);
    }
  }

  #check(record: number, { bucket, end }: { bucket: number; end: number }): void {
    const { view } = this.#options;
    const isInside = record >= view.arenaAt && record + RECORD_ALIGNMENT_BYTES * 2 <= end;
    if (!isInside || record % RECORD_ALIGNMENT_BYTES !== 0) fail(record);
    const at = record >> 2;
    const keyLength = view.words[at + RECORD_WORD.keyLength];
    const valueLength = view.words[at + RECORD_WORD.valueLength];
    const isKey = keyLength > 0 && keyLength <= MAX_KEY_BYTES;
    const isValue = valueLength >= 0 && valueLength <= MAX_VALUE_BYTES;
    const isHere = (view.words[at + RECORD_WORD.hash] & view.bucketMask) === bucket;
    if (!isKey || !isValue || !isHere || record + this.#sizeOf(record) > end) fail(record);
  }

  #sizeOf(record: number): number {
    const { words } = this.#options.view;
    const at = record >> 2;
    return recordBytes(words[at + RECORD_WORD.keyLength], words[at + RECORD_WORD.valueLength]);
  }
}

function fail(record: number): never {
  throw new ImageError(`there is no record at ${record}`);
}
