/**
 * Where everything stands in the table's shared memory, and who may write it.
 *
 *   words   0..15   magic, sizes, hash key, claim of the writer       once
 *           16      epoch                                             the writer
 *           32..    one word for each reader, each in 64 bytes        that reader
 *           then    buckets: address of the first record, 0 for none  the writer
 *   arena           records, 8-byte aligned                           the writer
 *
 *   record   next (4)  lengths (4)  key, zeros to a multiple of 4  value
 *   lengths  bits 0..7 of the key, 8..28 of the value; 29..31 are the key's hash from there on
 *
 * So little of the hash does, since the bucket says most of it: of the other keys in a chain, few have the same length
 * and the same bits. Passing one of them takes the first 8 bytes, which are in one line of the processor's cache.
 *
 * An address is the record's offset in bytes from the start of the memory: at most 2 GiB, so that each is a
 * positive 32-bit integer, in a word of memory as in a register.
 *
 * How a reader never sees half a record, nor a freed one (quiescent-state reclamation):
 *
 *   writer                                       reader
 *   1 writes a record that nobody can reach      a stores the epoch in its word, until the      (enter)
 *   2 stores its address where a reader looks      epoch still is what it stored
 *   3 raises the epoch to E, and tags with E     b loads addresses, reads records
 *     the record that step 2 put out of reach    c stores 0 in its word                         (leave)
 *   4 frees what is tagged E once every word
 *     is 0 or at least E
 *
 * The epoch, the readers' words, and the links (buckets, and `next` of records that were published) are shared by
 * sequentially consistent Atomics alone: one order holds for all of them, on ARM as on x86. The rest of a record
 * is written before step 2 and not again before step 4, so plain reads of it in b come after those writes; and
 * since step 4 has seen c, what is written into freed memory comes after the reads of b.
 *
 *   publish B' for B    A ----> B ----> C        A --.   B ----> C      B keeps its link for those who stand
 *   (one store in A)                                 '-> B' ---^        on it, and so does a deleted record
 *
 * - A reader that holds B, tagged E, stored its word before the store of step 2 that withdrew B. Either it loaded
 *   B's address before that store; or from the stale link of a record withdrawn still earlier, which it held, and
 *   the same goes for that one. So its word is an epoch from before step 3, less than E, until c: step 4 waits.
 * - A reader may load the epoch, be held up, and store it late, when step 4 has already found its word at 0. Its
 *   loads in b then come after step 4, hence after step 2, and find nothing of what was freed.
 * - Epochs are compared by the sign of their difference in 32 bits. That cannot go wrong: an epoch is current
 *   when a ends, which is why a looks again; and while the reader is inside, nothing is freed that was retired
 *   since. At 32 bytes or more each, 2 GiB are full after 2^26 of those, and a full table changes no more.
 *
 * A key that is there throughout is found by every walk, since a replacement takes the place of what it replaces.
 */

export const MAGIC = 0x76_69_70_32;

/** Indices of words. */
export const WORD = {
  magic: 0,
  buckets: 1,
  readers: 2,
  /** Index of the first bucket's word. */
  bucketsAt: 3,
  /** Byte offset of the arena. */
  arenaAt: 4,
  key0: 5,
  key1: 6,
  /** 1 once a writer has taken the table over. */
  writer: 7,
  epoch: 16,
  readersAt: 32,
} as const;

/** A cache line for each reader, so that none slows another down. */
export const WORDS_OF_READER = 16;

/** Words of a record, counted from its first. */
export const RECORD_WORD = { next: 0, lengths: 1, key: 2 } as const;

const RECORD_HEADER_BYTES = 8;
/** Records begin at multiples of it. */
export const RECORD_ALIGNMENT_BYTES = 8;

/** Addresses are 32-bit integers of which none is negative. */
export const MAX_TABLE_BYTES = 2 ** 31;
export const MAX_KEY_BYTES = 255;
export const MAX_VALUE_BYTES = 1 << 20;

/** Of the file with an image of the table: `table-image.ts`. */
export const IMAGE_HEADER_BYTES = 4096;
/** Parts of the memory that are copied there one by one. */
export const REGION_BYTES = 1 << 16;

const KEY_BITS = 8;
const VALUE_MASK = 0x1f_ffff;
const HASH_MASK = 0xe000_0000;

/** Of the word `lengths`: what differs where the key does, but for some. */
export const KEY_TAG_MASK = 0xe000_00ff;

/** Gives the key's part of the word `lengths`, to be compared with it under the mask. */
export function keyTag(hash: number, keyLength: number): number {
  return (hash & HASH_MASK) | keyLength;
}

/** Gives the word `lengths`. */
export function packLengths(tag: number, valueLength: number): number {
  return tag | (valueLength << KEY_BITS);
}

export function keyLengthOf(lengths: number): number {
  return lengths & MAX_KEY_BYTES;
}

export function valueLengthOf(lengths: number): number {
  return (lengths >>> KEY_BITS) & VALUE_MASK;
}

/** Gives the bytes of a record, for a key and a value of so many; both begin at multiples of 4. */
export function recordBytes(keyLength: number, valueLength: number): number {
  return valueOffset(keyLength) + ((valueLength + 3) & ~3);
}

/** Gives the offset of the value from the start of its record, in bytes. */
export function valueOffset(keyLength: number): number {
  return RECORD_HEADER_BYTES + ((keyLength + 3) & ~3);
}

/** Gives the index of the word in which a reader says what it may hold. */
export function readerWord(reader: number): number {
  return WORD.readersAt + reader * WORDS_OF_READER;
}
