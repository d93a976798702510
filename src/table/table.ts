/**
 * The table: bytes to bytes in shared memory, with one writer and any number of readers. This file makes one and
 * reads its layout; `table-writer.ts` and `table-reader.ts` are its two sides, `layout.ts` says why they agree.
 */
import { randomFillSync } from 'node:crypto';
import { MAGIC, WORD, WORDS_OF_READER } from './layout.ts';

export interface TableOptions {
  /** Most that the table may take, in bytes; pages cost nothing until they are used. Default 512 MiB. */
  readonly maxBytes?: number;
  /** Number of chains, a power of two, fixed for the table's life. Default 262,144: 1 MiB. */
  readonly buckets?: number;
  /** Most readers. Default 16. */
  readonly readers?: number;
}

const DEFAULT_BYTES = 512 << 20;
const DEFAULT_BUCKETS = 1 << 18;
const DEFAULT_READERS = 16;
const ARENA_ALIGNMENT_BYTES = 4096;

/** Reserves a table. Throws RangeError where the options leave no room for records. */
export function createTable(options: TableOptions = {}): SharedArrayBuffer {
  const {
    maxBytes = DEFAULT_BYTES,
    buckets = DEFAULT_BUCKETS,
    readers = DEFAULT_READERS,
  } = options;
  if (!Number.isInteger(Math.log2(buckets))) {
    throw new RangeError(`Cannot create table with ${buckets} buckets: not a power of two`);
  }
  const bucketsAt = WORD.readersAt + readers * WORDS_OF_READER;
  const arenaAt = roundUp((bucketsAt + buckets) * 4, ARENA_ALIGNMENT_BYTES);
  if (maxBytes < arenaAt * 2) {
    throw new RangeError(`Cannot create table of ${maxBytes} bytes: ${arenaAt} go to its buckets`);
  }
  const buffer = new SharedArrayBuffer(roundUp(maxBytes, 4));
  const words = new Int32Array(buffer);
  words[WORD.magic] = MAGIC;
  words[WORD.buckets] = buckets;
  words[WORD.readers] = readers;
  words[WORD.bucketsAt] = bucketsAt;
  words[WORD.arenaAt] = arenaAt;
  words.set(randomFillSync(new Int32Array(2)), WORD.key0);
  words[WORD.epoch] = 1;
  return buffer;
}

/** What both sides know of a table. */
export interface TableView {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly bucketsAt: number;
  readonly bucketMask: number;
  readonly arenaAt: number;
  readonly readers: number;
  readonly key0: number;
  readonly key1: number;
}

/** Reads the layout of a table; throws TypeError where the buffer is none. */
export function viewTable(buffer: SharedArrayBuffer): TableView {
  const words = new Int32Array(buffer);
  if (words[WORD.magic] !== MAGIC) throw new TypeError('Cannot open table: not a table');
  return {
    words,
    bytes: new Uint8Array(buffer),
    bucketsAt: words[WORD.bucketsAt],
    bucketMask: words[WORD.buckets] - 1,
    arenaAt: words[WORD.arenaAt],
    readers: words[WORD.readers],
    key0: words[WORD.key0],
    key1: words[WORD.key1],
  };
}

/** Lets go of what a reader holds whose thread has ended; never to be called while that still runs. */
export function clearReader(buffer: SharedArrayBuffer, reader: number): void {
  Atomics.store(new Int32Array(buffer), readerWord(reader), 0);
}

/** Index of the word in which a reader says what it may hold. */
export function readerWord(reader: number): number {
  return WORD.readersAt + reader * WORDS_OF_READER;
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
