/**
 * Where everything stands in the table's shared memory, and who may write it.
 *
 *   words   0..15   magic, sizes, hash key                            written once
 *           16      epoch                                             the writer
 *           32..    one word for each reader, each in 64 bytes        that reader
 *           then    buckets: address of the first record, 0 for none  the writer
 *   arena           records, 16-byte aligned                          the writer
 *
 *   record   next (4)  hash (4)  key length (4)  value length (4)  key, padded to 4  value
 *
 * An address is a record's offset in bytes from the start of the memory, divided by 16: 32 bits cover any
 * SharedArrayBuffer there can be.
 *
 * How a reader never sees half a record, nor a freed one (quiescent-state reclamation):
 *
 *   writer                                       reader
 *   1 writes a record that nobody can reach      a stores the epoch in its word     (enter)
 *   2 stores its address where a reader looks    b loads addresses, reads records
 *   3 raises the epoch to E, and tags with E     c stores 0 in its word             (leave)
 *     what step 2 made unreachable
 *   4 frees what is tagged E once every word
 *     is 0 or at least E
 *
 * Epoch, words, buckets and `next` are only touched by Atomics, which are sequentially consistent on every
 * processor: one order holds for all of them. What else a record holds is written before step 2 and not again
 * before step 4, so plain reads of it in b come after those writes.
 * A reader that could still hold the record loaded its address before step 2, hence stored its word before that,
 * and what it stored was the epoch before step 3: less than E. Step 4 sees that until c. A reader that loaded
 * the epoch early and stores it late only keeps memory longer; if step 4 found its word at 0, its store comes
 * after step 4, its loads after that, and they find what step 2 published.
 * Epochs are compared by the sign of their difference in 32 bits, so they may wrap: nobody is inside for the
 * length of 2^31 changes. The writer itself needs no Atomics to read what only it writes.
 */

export const MAGIC = 0x76_69_70_31;

/** Indices of words. */
export const WORD = {
  magic: 0,
  buckets: 1,
  readers: 2,
  /** Word index of the first bucket. */
  bucketsAt: 3,
  /** Byte offset of the arena. */
  arenaAt: 4,
  key0: 5,
  key1: 6,
  epoch: 16,
  readersAt: 32,
} as const;

export const WORDS_OF_READER = 16;

/** Byte offsets in a record. */
export const RECORD = { next: 0, hash: 4, keyLength: 8, valueLength: 12, key: 16 } as const;

export const RECORD_HEADER_BYTES = 16;
export const ADDRESS_SHIFT = 4;

export const MAX_KEY_BYTES = 255;
export const MAX_VALUE_BYTES = 1 << 20;

/** Bytes that a record takes; keys and values begin at multiples of 4. */
export function recordBytes(keyLength: number, valueLength: number): number {
  return RECORD_HEADER_BYTES + paddedLength(keyLength) + paddedLength(valueLength);
}

/** Offset of the value from the start of its record. */
export function valueOffset(keyLength: number): number {
  return RECORD_HEADER_BYTES + paddedLength(keyLength);
}

function paddedLength(length: number): number {
  return (length + 3) & ~3;
}
