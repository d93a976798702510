/**
 * The table: bytes to bytes in shared memory, with one writer and any number of readers. This file makes one and
 * reads its layout; `table-writer.ts` and `table-reader.ts` are its two sides, `layout.ts` says why they agree.
 */
import { MAGIC, MAX_TABLE_BYTES, readerWord, WORD } from './layout.ts';
import { randomKey } from './random-key.ts';
import { SLAB_BYTES } from './slab-allocator.ts';

export interface TableOptions {
  /** Most that the table may take, in bytes, up to 2 GiB; pages cost nothing until used. Default 512 MiB. */
  readonly maxBytes?: number;
  /** Number of chains, a power of two, fixed for the table's life. Default 262,144: 1 MiB. */
  readonly buckets?: number;
  /** Most readers, at least 1. Default 16. */
  readonly readers?: number;
  /** 64 bits for the hash, that of an image which is to be read; default random ones. */
  readonly key?: Int32Array | undefined;
}

const DEFAULT_BYTES = 512 << 20;
const DEFAULT_BUCKETS = 1 << 18;
const DEFAULT_READERS = 16;
const ARENA_ALIGNMENT_BYTES = 4096;

/**
 * Reserves a table, touching no page but its first. Throws RangeError where the options leave no room for records
 * or the system refuses the memory.
 */
export function createTable(options: TableOptions = {}): SharedArrayBuffer {
  const {
    maxBytes = DEFAULT_BYTES,
    buckets = DEFAULT_BUCKETS,
    readers = DEFAULT_READERS,
  } = options;
  checkNumbers({ maxBytes, buckets, readers });
  const bucketsAt = readerWord(readers);
  const arenaAt =
    Math.ceil(((bucketsAt + buckets) * 4) / ARENA_ALIGNMENT_BYTES) * ARENA_ALIGNMENT_BYTES;
  const slabs = Math.floor((maxBytes - arenaAt) / SLAB_BYTES);
  if (slabs < 1) {
    const least = arenaAt + SLAB_BYTES;
    throw new RangeError(`Cannot create table of ${maxBytes} bytes: the least is ${least}`);
  }
  const words = new Int32Array(reserve(arenaAt + slabs * SLAB_BYTES));
  words[WORD.buckets] = buckets;
  words[WORD.readers] = readers;
  words[WORD.bucketsAt] = bucketsAt;
  words[WORD.arenaAt] = arenaAt;
  words.set(options.key ?? randomKey(), WORD.key0);
  words[WORD.epoch] = 1;
  words[WORD.magic] = MAGIC;
  return words.buffer;
}

/** What both sides know of a table. */
export interface TableView {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  /** Index of the first bucket's word. */
  readonly bucketsAt: number;
  readonly bucketMask: number;
  /** Byte offset of the arena, which goes on to the end. */
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

/**
 * Lets go of what a reader holds whose thread has ended; never to be called while that still runs. Throws
 * RangeError where the table has no such reader.
 */
export function clearReader(buffer: SharedArrayBuffer, reader: number): void {
  const view = viewTable(buffer);
  checkReader(view, reader);
  Atomics.store(view.words, readerWord(reader), 0);
}

/** Throws RangeError where the table has no reader of this number: its word would be a bucket. */
export function checkReader({ readers }: TableView, reader: number): void {
  if (Number.isInteger(reader) && reader >= 0 && reader < readers) return;
  throw new RangeError(`Cannot use reader ${reader}: the table has ${readers}, from 0`);
}

function checkNumbers(options: Required<Omit<TableOptions, 'key'>>): void {
  const { maxBytes, buckets, readers } = options;
  if (!(maxBytes <= MAX_TABLE_BYTES)) {
    throw new RangeError(
      `Cannot create table of ${maxBytes} bytes: the most is ${MAX_TABLE_BYTES}`,
    );
  }
  if (!(buckets >= 1 && Number.isInteger(Math.log2(buckets)))) {
    throw new RangeError(`Cannot create table with ${buckets} buckets: not a power of two`);
  }
  if (!(Number.isInteger(readers) && readers >= 1)) {
    throw new RangeError(`Cannot create table for ${readers} readers: not a number from 1`);
  }
}

function reserve(bytes: number): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(bytes);
  } catch (cause) {
    throw new RangeError(`Cannot reserve table of ${bytes} bytes: the system has no such memory`, {
      cause,
    });
  }
}
