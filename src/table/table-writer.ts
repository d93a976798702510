/**
 * The writer's side of the table: the only one that changes it. `layout.ts` says in which order, and why.
 */
import { halfSipHash } from './half-sip-hash.ts';
import {
  ADDRESS_SHIFT,
  MAX_KEY_BYTES,
  MAX_VALUE_BYTES,
  RECORD,
  recordBytes,
  valueOffset,
  WORD,
} from './layout.ts';
import { RetiredRecords } from './retired-records.ts';
import { SlabAllocator } from './slab-allocator.ts';
import { readerWord, type TableView, viewTable } from './table.ts';

/** Retired records that one change frees at most: twice what it retires, so that the rest shrinks. */
const RECLAIM_PER_CHANGE = 2;

export interface TableStats {
  readonly records: number;
  /** Bytes of the records, retired ones not among them. */
  readonly usedBytes: number;
  /** Bytes of slabs in use, retired records and free slots among them. */
  readonly reservedBytes: number;
  readonly limitBytes: number;
  /** Bytes of records that no reader can find any more, but one may still hold. */
  readonly retiredBytes: number;
  /** Changes that were refused because there was no memory left. */
  readonly rejected: number;
}

export class TableWriter {
  readonly #view: TableView;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #allocator: SlabAllocator;
  readonly #keyWords = new Int32Array((MAX_KEY_BYTES + 1) >> 2);
  readonly #keyBytes = new Uint8Array(this.#keyWords.buffer);
  readonly #retired = new RetiredRecords();
  #retiredBytes = 0;
  #records = 0;
  #usedBytes = 0;
  #rejected = 0;
  /** Number of records that were put, replaced or deleted. */
  changes = 0;

  /** Takes over an empty table; there must be no other writer. */
  constructor(buffer: SharedArrayBuffer) {
    this.#view = viewTable(buffer);
    this.#words = this.#view.words;
    this.#bytes = this.#view.bytes;
    this.#allocator = new SlabAllocator(this.#view);
  }

  /**
   * Puts a value for a key, and gives whether the table now holds it: where there is no memory left, what was
   * there before stays. An equal value changes nothing. Throws RangeError where a length is out of range.
   */
  set(key: Uint8Array, value: Uint8Array): boolean {
    if (value.length > MAX_VALUE_BYTES) {
      throw new RangeError(`Cannot store value of ${value.length} bytes: over ${MAX_VALUE_BYTES}`);
    }
    const hash = this.#hash(key);
    const link = this.#linkTo(hash, key.length);
    const old = this.#words[link];
    if (old !== 0 && this.#holds(old, value)) return true;
    const record = this.#write(hash, key, value);
    if (record === 0) {
      this.#rejected++;
      return false;
    }
    if (old !== 0) this.#words[wordOf(record)] = this.#words[wordOf(old)];
    Atomics.store(this.#words, link, record);
    this.#records++;
    this.#usedBytes += this.#sizeOf(record);
    this.changes++;
    if (old !== 0) this.#retire(old);
    return true;
  }

  /** Deletes a key and gives whether it was there. */
  delete(key: Uint8Array): boolean {
    const link = this.#linkTo(this.#hash(key), key.length);
    const old = this.#words[link];
    if (old === 0) return false;
    Atomics.store(this.#words, link, this.#words[wordOf(old)]);
    this.changes++;
    this.#retire(old);
    return true;
  }

  /** Gives a copy of a key's value; undefined where there is none. */
  get(key: Uint8Array): Uint8Array | undefined {
    const record = this.#words[this.#linkTo(this.#hash(key), key.length)];
    if (record === 0) return undefined;
    const start = this.#valueStart(record);
    return this.#bytes.slice(start, start + this.#words[wordOf(record) + VALUE_LENGTH_WORD]);
  }

  /** Tells whether a key is held. */
  has(key: Uint8Array): boolean {
    return this.#words[this.#linkTo(this.#hash(key), key.length)] !== 0;
  }

  /** Frees what no reader can hold any more, at most `limit` records, and gives how many it freed. */
  reclaim(limit = Number.POSITIVE_INFINITY): number {
    let freed = 0;
    while (freed < limit && this.#retired.count > 0) {
      if (!this.#isQuietSince(this.#retired.oldestEpoch)) break;
      const record = this.#retired.take();
      this.#retiredBytes -= this.#sizeOf(record);
      this.#allocator.free(record * RECORD_UNIT_BYTES);
      freed++;
    }
    return freed;
  }

  /** Gives what the table holds and takes, in records and bytes. */
  stats(): TableStats {
    return {
      records: this.#records,
      usedBytes: this.#usedBytes,
      reservedBytes: this.#allocator.reservedBytes,
      limitBytes: this.#bytes.length - this.#view.arenaAt,
      retiredBytes: this.#retiredBytes,
      rejected: this.#rejected,
    };
  }

  /** Puts the key into `#keyWords`, zeros behind it, and hashes it. */
  #hash(key: Uint8Array): number {
    if (key.length === 0 || key.length > MAX_KEY_BYTES) {
      throw new RangeError(`Cannot use key of ${key.length} bytes: not 1 to ${MAX_KEY_BYTES}`);
    }
    this.#keyBytes.set(key);
    this.#keyBytes.fill(0, key.length, (key.length + 3) & ~3);
    return halfSipHash(this.#keyWords, key.length, this.#view.key0, this.#view.key1);
  }

  /** Gives the word that holds the address of the key's record, or the 0 at the end of its chain. */
  #linkTo(hash: number, length: number): number {
    const words = this.#words;
    let link = this.#view.bucketsAt + (hash & this.#view.bucketMask);
    for (let record = words[link]; record !== 0; record = words[link]) {
      const at = wordOf(record);
      if (words[at + HASH_WORD] === hash && words[at + KEY_LENGTH_WORD] === length) {
        if (this.#isKey(at + KEY_WORD, length)) return link;
      }
      link = at;
    }
    return link;
  }

  #isKey(at: number, length: number): boolean {
    for (let i = 0; i < (length + 3) >> 2; i++) {
      if (this.#words[at + i] !== this.#keyWords[i]) return false;
    }
    return true;
  }

  #holds(record: number, value: Uint8Array): boolean {
    if (this.#words[wordOf(record) + VALUE_LENGTH_WORD] !== value.length) return false;
    const start = this.#valueStart(record);
    return value.every((byte, i) => this.#bytes[start + i] === byte);
  }

  /** Writes a record that nobody can find yet; the key is in `#keyWords`. Gives 0 where there is no memory. */
  #write(hash: number, key: Uint8Array, value: Uint8Array): number {
    const offset = this.#allocate(recordBytes(key.length, value.length));
    if (offset === 0) return 0;
    const at = offset >> 2;
    this.#words[at + NEXT_WORD] = 0;
    this.#words[at + HASH_WORD] = hash;
    this.#words[at + KEY_LENGTH_WORD] = key.length;
    this.#words[at + VALUE_LENGTH_WORD] = value.length;
    for (let i = 0; i < (key.length + 3) >> 2; i++)
      this.#words[at + KEY_WORD + i] = this.#keyWords[i];
    this.#bytes.set(value, offset + valueOffset(key.length));
    return offset / RECORD_UNIT_BYTES;
  }

  /** Makes room by freeing what is retired, a little at each change and as much as can be where it must. */
  #allocate(bytes: number): number {
    this.reclaim(RECLAIM_PER_CHANGE);
    const offset = this.#allocator.allocate(bytes);
    if (offset !== 0 || this.reclaim() === 0) return offset;
    return this.#allocator.allocate(bytes);
  }

  /** Takes a record that is out of its chain; it is freed when every reader has passed a quiet point. */
  #retire(record: number): void {
    this.#records--;
    this.#usedBytes -= this.#sizeOf(record);
    this.#retiredBytes += this.#sizeOf(record);
    this.#retired.add(record, this.#raiseEpoch());
  }

  /** 0 says that a reader is outside, so it is no epoch; they are compared by their difference. */
  #raiseEpoch(): number {
    const next = (Atomics.load(this.#words, WORD.epoch) + 1) | 0 || 1;
    Atomics.store(this.#words, WORD.epoch, next);
    return next;
  }

  #isQuietSince(epoch: number): boolean {
    for (let reader = 0; reader < this.#view.readers; reader++) {
      const held = Atomics.load(this.#words, readerWord(reader));
      if (held !== 0 && ((held - epoch) | 0) < 0) return false;
    }
    return true;
  }

  #sizeOf(record: number): number {
    const at = wordOf(record);
    return recordBytes(this.#words[at + KEY_LENGTH_WORD], this.#words[at + VALUE_LENGTH_WORD]);
  }

  #valueStart(record: number): number {
    const keyLength = this.#words[wordOf(record) + KEY_LENGTH_WORD];
    return record * RECORD_UNIT_BYTES + valueOffset(keyLength);
  }
}

const NEXT_WORD = RECORD.next >> 2;
const HASH_WORD = RECORD.hash >> 2;
const KEY_LENGTH_WORD = RECORD.keyLength >> 2;
const VALUE_LENGTH_WORD = RECORD.valueLength >> 2;
const KEY_WORD = RECORD.key >> 2;
const RECORD_UNIT_BYTES = 1 << ADDRESS_SHIFT;

/** Index of a record's first word, which is its link to the next. */
function wordOf(record: number): number {
  return record << (ADDRESS_SHIFT - 2);
}
