/**
 * The writer's side of the table: the only one that changes it. `layout.ts` says in which order, and why.
 */
import { Adoption } from './adoption.ts';
import { BitSet } from './bit-set.ts';
import { halfSipHash } from './half-sip-hash.ts';
import {
  KEY_TAG_MASK,
  keyLengthOf,
  keyTag,
  MAX_KEY_BYTES,
  MAX_VALUE_BYTES,
  packLengths,
  RECORD_ALIGNMENT_BYTES,
  RECORD_WORD,
  REGION_BYTES,
  recordBytes,
  valueLengthOf,
  valueOffset,
  WORD,
} from './layout.ts';
import { RetiredRecords } from './retired-records.ts';
import { SlabAllocator } from './slab-allocator.ts';
import { type TableView, viewTable } from './table.ts';

/** Retired records that one change frees at most: twice what it retires, so that the rest shrinks. */
const RECLAIM_PER_CHANGE = 2;
const POISON = 0xdb;
const FIRST_VALUE_WORDS = 64;

export interface TableWriterOptions {
  /** Overwrites what is freed, so that a reader that goes on to use it is found out. Default false. */
  readonly poisonFreed?: boolean;
}

export interface TableStats {
  readonly records: number;
  /** Bytes of the keys alone. */
  readonly keyBytes: number;
  /** Bytes of the records, retired ones not among them. */
  readonly usedBytes: number;
  /** Bytes of slabs in use, retired records and free slots among them. */
  readonly reservedBytes: number;
  /** Most that `reservedBytes` can be. */
  readonly limitBytes: number;
  /** Bytes of records that no reader can find any more, but one may still hold. */
  readonly retiredBytes: number;
  /** Changes that were refused because there was no memory left. */
  readonly rejected: number;
}

export class TableWriter {
  readonly view: TableView;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  #allocator: SlabAllocator;
  readonly #retired: RetiredRecords;
  readonly #poisonFreed: boolean;
  readonly #keyWords = new Int32Array((MAX_KEY_BYTES + 1) >> 2);
  #valueWords = new Int32Array(FIRST_VALUE_WORDS);
  /** The key of `put()` and `find()`, which take its length: whoever makes keys makes them here, without an object. */
  readonly key: Uint8Array = new Uint8Array(this.#keyWords.buffer);
  /** What `find()` looked for, and the word that holds its address, or would. */
  #foundHash = 0;
  #foundLength = 0;
  #foundLink = 0;
  #records = 0;
  #keyBytes = 0;
  #usedBytes = 0;
  #retiredBytes = 0;
  #rejected = 0;
  #changes = 0;
  /** Regions that have changed since somebody began to copy them. */
  #changedRegions: BitSet | undefined;
  #adoption: Adoption | undefined;
  /** Granules of records that were adopted and not put since. */
  #unconfirmed: BitSet | undefined;

  /** Takes over a new table; throws where it has had a writer, whose memory of what is free is not shared. */
  constructor(buffer: SharedArrayBuffer, { poisonFreed = false }: TableWriterOptions = {}) {
    this.view = viewTable(buffer);
    this.#words = this.view.words;
    this.#bytes = this.view.bytes;
    if (Atomics.exchange(this.#words, WORD.writer, 1) !== 0) {
      throw new Error('Cannot open table for writing: it has had a writer');
    }
    this.#allocator = new SlabAllocator(this.view);
    this.#retired = new RetiredRecords(this.view);
    this.#poisonFreed = poisonFreed;
  }

  /** Number of records that were put, replaced or deleted. */
  get changes(): number {
    return this.#changes;
  }

  /** The table's memory. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** As `put()`, from bytes. */
  set(key: Uint8Array, value: Uint8Array): number {
    this.#takeKey(key);
    const count = (Math.min(value.length, MAX_VALUE_BYTES) + 3) >> 2;
    if (count > this.#valueWords.length) this.#valueWords = new Int32Array(count * 2);
    this.#valueWords[Math.max(count - 1, 0)] = 0;
    new Uint8Array(this.#valueWords.buffer).set(value.subarray(0, MAX_VALUE_BYTES));
    return this.put(key.length, this.#valueWords, value.length);
  }

  /**
   * Puts a value, which stands in words with zeros up to a multiple of 4 bytes, for the key in `key`. Gives the
   * record's address, which is the key's until that is deleted or set to another value; an equal value changes
   * nothing. Gives 0 where there is no memory left: what was there before stays. Throws RangeError for a key of no
   * or over 255 bytes, or a value over 1 MiB.
   */
  put(keyLength: number, value: Int32Array, valueLength: number): number {
    this.find(keyLength);
    return this.putFound(value, valueLength);
  }

  /** As `put()`, for the key that `find()` looked for last, with no change since. */
  putFound(value: Int32Array, valueLength: number): number {
    if (valueLength > MAX_VALUE_BYTES) {
      throw new RangeError(`Cannot store value of ${valueLength} bytes: over ${MAX_VALUE_BYTES}`);
    }
    const link = this.#foundLink;
    const old = this.#words[link];
    if (old !== 0 && this.#holds(old, value, valueLength)) {
      this.#unconfirmed?.delete(this.#granuleOf(old));
      return old;
    }
    const record = this.#write(value, valueLength);
    if (record === 0) {
      this.#rejected++;
      return 0;
    }
    if (old !== 0) this.#words[record >> 2] = this.#words[old >> 2];
    Atomics.store(this.#words, link, record);
    this.#noteChange(link, record);
    this.#count(record, 1);
    this.#changes++;
    if (old !== 0) this.#retire(old);
    return record;
  }

  /** Gives the address of the record with the key in `key`, 0 where there is none. Throws RangeError as `put()` does. */
  find(keyLength: number): number {
    this.#foundHash = this.#hash(keyLength);
    this.#foundLength = keyLength;
    this.#foundLink = this.#linkTo(this.#foundHash, keyLength);
    return this.#words[this.#foundLink];
  }

  /** Deletes the key in `key` and gives whether it was there. Throws RangeError as `put()` does. */
  remove(keyLength: number): boolean {
    const link = this.#linkTo(this.#hash(keyLength), keyLength);
    const old = this.#words[link];
    if (old === 0) return false;
    this.#unlink(link, old);
    return true;
  }

  /** Deletes a key and gives whether it was there. Throws RangeError as `put()` does. */
  delete(key: Uint8Array): boolean {
    this.#takeKey(key);
    return this.remove(key.length);
  }

  /** Gives a copy of a key's value; undefined where there is none. Throws RangeError as `set()` does. */
  get(key: Uint8Array): Uint8Array | undefined {
    this.#takeKey(key);
    const record = this.find(key.length);
    if (record === 0) return undefined;
    const start = this.valueStart(record);
    return this.#bytes.slice(start, start + this.#valueLength(record));
  }

  /** Tells whether a key is held. Throws RangeError as `set()` does. */
  has(key: Uint8Array): boolean {
    this.#takeKey(key);
    return this.find(key.length) !== 0;
  }

  /** Gives where the value begins, a multiple of 4, of the record that `set()` put at this address. */
  valueStart(record: number): number {
    return record + valueOffset(this.#keyLength(record));
  }

  /** Gives a copy of the key whose record `set()` put at this address, which must still be that key's. */
  keyAt(record: number): Uint8Array {
    if (record < this.view.arenaAt) {
      throw new RangeError(`Cannot read key at ${record}: no record's address`);
    }
    const start = record + RECORD_WORD.key * 4;
    return this.#bytes.slice(start, start + this.#keyLength(record));
  }

  /**
   * Frees what no reader can hold any more, at most `limit` records, and gives how many it freed. Changes do so
   * a little each, and as far as can be before one is refused; call it where changes end.
   */
  reclaim(limit = Number.POSITIVE_INFINITY): number {
    for (let freed = 0; freed < limit; freed++) {
      const record = this.#retired.takeQuiet();
      if (record === 0) return freed;
      const size = this.#sizeOf(record);
      this.#retiredBytes -= size;
      if (this.#poisonFreed) this.#bytes.fill(POISON, record, record + size);
      this.#allocator.free(record);
    }
    return limit;
  }

  /** Begins to take over the memory of an earlier run's table; this one must be empty, and is not to change meanwhile. */
  adopt(): Adoption {
    if (this.#records > 0) throw new Error('Cannot adopt records: the table has some');
    this.#adoption = new Adoption(this.view);
    return this.#adoption;
  }

  /** Ends that: from now on the table may change. Throws ImageError where what was taken over is no table. */
  settle(): void {
    const adopted = this.#adoption?.settle();
    this.#adoption = undefined;
    if (adopted === undefined) return;
    this.#allocator = adopted.allocator;
    this.#unconfirmed = adopted.granules;
    this.#records = adopted.records;
    this.#keyBytes = adopted.keyBytes;
    this.#usedBytes = adopted.usedBytes;
  }

  /** Whether a record was adopted and not put since: nobody has said yet that it still holds. */
  isUnconfirmed(record: number): boolean {
    return this.#unconfirmed?.has(this.#granuleOf(record)) ?? false;
  }

  /** Deletes what was adopted and not put since, and gives how many records that were. */
  sweep(): number {
    let swept = 0;
    for (
      let bucket = 0;
      this.#unconfirmed !== undefined && bucket <= this.view.bucketMask;
      bucket++
    ) {
      let link = this.view.bucketsAt + bucket;
      for (let record = this.#words[link]; record !== 0; record = this.#words[link]) {
        if (this.isUnconfirmed(record)) {
          this.#unlink(link, record);
          swept++;
        } else link = (record >> 2) + RECORD_WORD.next;
      }
    }
    this.#unconfirmed = undefined;
    return swept;
  }

  /** From now on notes which regions change, until `ignoreChanges()`. */
  noteChanges(): BitSet {
    this.#changedRegions = new BitSet(Math.ceil(this.#bytes.length / REGION_BYTES));
    return this.#changedRegions;
  }

  ignoreChanges(): void {
    this.#changedRegions = undefined;
  }

  /** Regions from the start of the memory to the last that is in use. */
  get usedRegions(): number {
    return Math.ceil(this.#allocator.end / REGION_BYTES);
  }

  /** Copies a region, with zeros for the words that readers write, and for what is behind the memory's end. */
  copyRegion(region: number, into: Uint8Array): void {
    const start = region * REGION_BYTES;
    const bytes = this.#bytes.subarray(start, start + REGION_BYTES);
    into.fill(0, bytes.length);
    into.set(bytes);
    into.fill(0, 0, Math.min(Math.max(this.view.bucketsAt * 4 - start, 0), into.length));
  }

  /** Gives what the table holds and takes, in records and bytes. */
  stats(): TableStats {
    return {
      records: this.#records,
      keyBytes: this.#keyBytes,
      usedBytes: this.#usedBytes,
      reservedBytes: this.#allocator.reservedBytes,
      limitBytes: this.#allocator.limitBytes,
      retiredBytes: this.#retiredBytes,
      rejected: this.#rejected,
    };
  }

  #takeKey(key: Uint8Array): void {
    checkKeyLength(key.length);
    this.key.set(key);
  }

  /** Hashes the key in `key`, and puts zeros behind it up to a whole word. */
  #hash(keyLength: number): number {
    checkKeyLength(keyLength);
    for (let i = keyLength; (i & 3) !== 0; i++) this.key[i] = 0;
    return halfSipHash(this.#keyWords, keyLength, this.view.key0, this.view.key1);
  }

  /**
   * Gives the word that holds the address of the key's record, or the 0 at the end of its chain. Plain reads do
   * here and below: nobody else writes what the writer reads.
   */
  #linkTo(hash: number, length: number): number {
    const words = this.#words;
    const tag = keyTag(hash, length);
    let link = this.view.bucketsAt + (hash & this.view.bucketMask);
    for (let record = words[link]; record !== 0; record = words[link]) {
      const at = record >> 2;
      if ((words[at + RECORD_WORD.lengths] & KEY_TAG_MASK) === tag) {
        if (this.#isKey(at + RECORD_WORD.key, length)) return link;
      }
      link = at + RECORD_WORD.next;
    }
    return link;
  }

  #isKey(at: number, length: number): boolean {
    for (let i = 0; i < (length + 3) >> 2; i++) {
      if (this.#words[at + i] !== this.#keyWords[i]) return false;
    }
    return true;
  }

  #holds(record: number, value: Int32Array, valueLength: number): boolean {
    if (this.#valueLength(record) !== valueLength) return false;
    const at = this.valueStart(record) >> 2;
    for (let i = 0; i < (valueLength + 3) >> 2; i++) {
      if (this.#words[at + i] !== value[i]) return false;
    }
    return true;
  }

  /** Writes a record, for the key that was looked for, that nobody can find yet. Gives 0 where there is no memory. */
  #write(value: Int32Array, valueLength: number): number {
    const keyLength = this.#foundLength;
    const record = this.#allocate(recordBytes(keyLength, valueLength));
    if (record === 0) return 0;
    const words = this.#words;
    const at = record >> 2;
    words[at + RECORD_WORD.next] = 0;
    words[at + RECORD_WORD.lengths] = packLengths(keyTag(this.#foundHash, keyLength), valueLength);
    for (let i = 0; i < (keyLength + 3) >> 2; i++) {
      words[at + RECORD_WORD.key + i] = this.#keyWords[i];
    }
    const valueAt = (record + valueOffset(keyLength)) >> 2;
    for (let i = 0; i < (valueLength + 3) >> 2; i++) words[valueAt + i] = value[i];
    return record;
  }

  /** Makes room by freeing what is retired, a little at each change and as much as can be where it must. */
  #allocate(bytes: number): number {
    this.reclaim(RECLAIM_PER_CHANGE);
    const record = this.#allocator.allocate(bytes);
    if (record !== 0 || this.reclaim() === 0) return record;
    return this.#allocator.allocate(bytes);
  }

  #unlink(link: number, record: number): void {
    Atomics.store(this.#words, link, this.#words[record >> 2]);
    this.#noteChange(link, 0);
    this.#changes++;
    this.#retire(record);
    this.reclaim(RECLAIM_PER_CHANGE);
  }

  /** Notes that a link has changed, and a record is new, where there is one. */
  #noteChange(link: number, record: number): void {
    const changed = this.#changedRegions;
    if (changed === undefined) return;
    changed.add(Math.floor((link * 4) / REGION_BYTES));
    if (record === 0) return;
    const last = Math.floor((record + this.#sizeOf(record) - 1) / REGION_BYTES);
    for (let region = Math.floor(record / REGION_BYTES); region <= last; region++)
      changed.add(region);
  }

  #granuleOf(record: number): number {
    return (record - this.view.arenaAt) / RECORD_ALIGNMENT_BYTES;
  }

  /** Takes a record that is out of its chain; it is freed when every reader has passed a quiet point. */
  #retire(record: number): void {
    this.#count(record, -1);
    this.#unconfirmed?.delete(this.#granuleOf(record));
    this.#retiredBytes += this.#sizeOf(record);
    this.#retired.add(record);
  }

  #count(record: number, change: 1 | -1): void {
    this.#records += change;
    this.#keyBytes += change * this.#keyLength(record);
    this.#usedBytes += change * this.#sizeOf(record);
  }

  #sizeOf(record: number): number {
    return recordBytes(this.#keyLength(record), this.#valueLength(record));
  }

  #keyLength(record: number): number {
    return keyLengthOf(this.#words[(record >> 2) + RECORD_WORD.lengths]);
  }

  #valueLength(record: number): number {
    return valueLengthOf(this.#words[(record >> 2) + RECORD_WORD.lengths]);
  }
}

function checkKeyLength(length: number): void {
  if (length > 0 && length <= MAX_KEY_BYTES) return;
  throw new RangeError(`Cannot use key of ${length} bytes: not 1 to ${MAX_KEY_BYTES}`);
}
