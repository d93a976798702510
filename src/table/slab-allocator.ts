/**
 * Hands out the arena of the table: private to the writer, and nothing of it is in shared memory but the links
 * of free slots, which stand in the free slots themselves.
 *
 * The arena is cut into slabs of 64 KiB. A small record lives in a slot of a slab of its size class, classes
 * being 8 bytes apart at first and then eight to each doubling; a larger record takes a run of whole slabs. A slab
 * whose last slot is freed goes back to the pool, so that memory serves any class again.
 *
 * What is wasted: a slot is less than 8 bytes or an eighth larger than its record, and full slabs are at least
 * half records (records of 32 KiB and a little are the worst). A slab that is not full serves its class alone: one
 * for each of 77 classes while records come; where they go, any that still holds one, so that 32 bytes may keep
 * 64 KiB. Records never move, since a reader may hold them. The limit holds whatever happens.
 *
 * Invariants: a slab is free, or belongs to one class, or to one run; used[slab] is the number of its slots in
 * use; a slab is in its class's list `partial` if and only if it has a free slot.
 */
import { BitSet } from './bit-set.ts';
import { RECORD_ALIGNMENT_BYTES } from './layout.ts';

export const SLAB_BYTES = 1 << 16;
const MAX_SLOT_BYTES = SLAB_BYTES >> 1;
const GRANULE_BYTES = RECORD_ALIGNMENT_BYTES;

const FREE = 0xff;
const RUN = 0xfe;
const NONE = -1;

/** Slot sizes in bytes, ascending. */
export const SLOT_BYTES: readonly number[] = slotSizes();

/** The smallest class that holds so many granules. */
const CLASS_OF_GRANULES = Uint8Array.from({ length: MAX_SLOT_BYTES / GRANULE_BYTES + 1 }, (_, n) =>
  SLOT_BYTES.findIndex((bytes) => bytes >= n * GRANULE_BYTES),
);

export class SlabAllocator {
  readonly #words: Int32Array;
  readonly #arenaAt: number;
  readonly #slabs: number;
  /** Class of each slab, FREE or RUN. */
  readonly #class: Uint8Array;
  /** Slots in use of a slab; slabs of a run, at its first. */
  readonly #used: Uint16Array;
  /** Slots of a slab that were ever in use: the rest is beyond the list of free ones. */
  readonly #touched: Uint16Array;
  /** First free slot of a slab, as a byte offset, 0 for none; each free slot's first word holds the next. */
  readonly #free: Int32Array;
  /** List of the slabs of each class that have a free slot: its first, and for each slab its neighbours. */
  readonly #partial = new Int32Array(SLOT_BYTES.length).fill(NONE);
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  /** No slab below this one is free. */
  #firstFree = 0;
  #slabsInUse = 0;
  /** Granules at which a claimed record begins, while records are claimed. */
  #claimed: BitSet | undefined;

  /** The arena goes from byte `arenaAt`, a multiple of 8, to the end of the words. */
  constructor(memory: { words: Int32Array; arenaAt: number }) {
    this.#words = memory.words;
    this.#arenaAt = memory.arenaAt;
    this.#slabs = Math.floor((memory.words.byteLength - memory.arenaAt) / SLAB_BYTES);
    this.#class = new Uint8Array(this.#slabs).fill(FREE);
    this.#used = new Uint16Array(this.#slabs);
    this.#touched = new Uint16Array(this.#slabs);
    this.#free = new Int32Array(this.#slabs);
    this.#next = new Int32Array(this.#slabs);
    this.#previous = new Int32Array(this.#slabs);
  }

  /** Bytes of slabs that are not free. */
  get reservedBytes(): number {
    return this.#slabsInUse * SLAB_BYTES;
  }

  /** Most that `reservedBytes` can be. */
  get limitBytes(): number {
    return this.#slabs * SLAB_BYTES;
  }

  /** Gives the byte offset of `bytes` of memory, a multiple of 8; 0 where there is none left. */
  allocate(bytes: number): number {
    return bytes > MAX_SLOT_BYTES ? this.#allocateRun(bytes) : this.#allocateSlot(classOf(bytes));
  }

  /** Takes back what `allocate()` gave. */
  free(offset: number): void {
    const slab = Math.floor((offset - this.#arenaAt) / SLAB_BYTES);
    if (this.#class[slab] === RUN) this.#release(slab, this.#used[slab]);
    else this.#freeSlot(slab, offset);
  }

  /** Begins to take over memory that is in use up to byte `end`: `claim()` each record, then `endClaims()`. */
  beginClaims(end: number): void {
    this.#claimed = new BitSet((end - this.#arenaAt) / GRANULE_BYTES);
  }

  /** Takes the slot of a record that stands there already; false where that cannot be one, or is taken. */
  claim(offset: number, bytes: number): boolean {
    const slab = Math.floor((offset - this.#arenaAt) / SLAB_BYTES);
    if (bytes > MAX_SLOT_BYTES) return this.#claimRun(slab, { offset, bytes });
    const kind = classOf(bytes);
    const slot = (offset - this.#startOf(slab)) / SLOT_BYTES[kind];
    const granule = (offset - this.#arenaAt) / GRANULE_BYTES;
    if (!Number.isInteger(slot) || slot >= slotsOf(kind) || this.#claimed?.has(granule))
      return false;
    if (this.#class[slab] === FREE) {
      this.#class[slab] = kind;
      this.#slabsInUse++;
    }
    if (this.#class[slab] !== kind) return false;
    this.#claimed?.add(granule);
    this.#used[slab]++;
    this.#touched[slab] = Math.max(this.#touched[slab], slot + 1);
    return true;
  }

  /** Frees the slots between those that were claimed, and gives the granules at which these begin. */
  endClaims(): BitSet {
    const claimed = this.#claimed;
    if (claimed === undefined) throw new Error('Cannot end claims: none have begun');
    for (let slab = 0; slab < this.#slabs; slab++) {
      const kind = this.#class[slab];
      if (kind === FREE || kind === RUN) continue;
      for (let slot = this.#touched[slab] - 1; slot >= 0; slot--) {
        const offset = this.#startOf(slab) + slot * SLOT_BYTES[kind];
        if (claimed.has((offset - this.#arenaAt) / GRANULE_BYTES)) continue;
        this.#words[offset >> 2] = this.#free[slab];
        this.#free[slab] = offset;
      }
      if (this.#used[slab] < slotsOf(kind)) this.#linkPartial(slab);
    }
    this.#claimed = undefined;
    return claimed;
  }

  /** Byte after the last slab that is in use. */
  get end(): number {
    let slab = this.#slabs;
    while (slab > 0 && this.#class[slab - 1] === FREE) slab--;
    return this.#startOf(slab);
  }

  #claimRun(slab: number, { offset, bytes }: { offset: number; bytes: number }): boolean {
    const count = Math.ceil(bytes / SLAB_BYTES);
    if (offset !== this.#startOf(slab) || slab + count > this.#slabs) return false;
    for (let i = slab; i < slab + count; i++) if (this.#class[i] !== FREE) return false;
    this.#class.fill(RUN, slab, slab + count);
    this.#used[slab] = count;
    this.#slabsInUse += count;
    return true;
  }

  #allocateSlot(kind: number): number {
    const slab = this.#partial[kind] === NONE ? this.#startSlab(kind) : this.#partial[kind];
    if (slab === NONE) return 0;
    if (++this.#used[slab] === slotsOf(kind)) this.#unlinkPartial(slab);
    const free = this.#free[slab];
    if (free === 0) return this.#startOf(slab) + this.#touched[slab]++ * SLOT_BYTES[kind];
    this.#free[slab] = this.#words[free >> 2];
    return free;
  }

  #freeSlot(slab: number, offset: number): void {
    const kind = this.#class[slab];
    this.#words[offset >> 2] = this.#free[slab];
    this.#free[slab] = offset;
    if (this.#used[slab]-- === slotsOf(kind)) this.#linkPartial(slab);
    if (this.#used[slab] > 0) return;
    this.#unlinkPartial(slab);
    this.#release(slab, 1);
  }

  #startSlab(kind: number): number {
    const slab = this.#takeSlabs(1);
    if (slab === NONE) return NONE;
    this.#class[slab] = kind;
    this.#used[slab] = 0;
    this.#touched[slab] = 0;
    this.#free[slab] = 0;
    this.#linkPartial(slab);
    return slab;
  }

  #linkPartial(slab: number): void {
    const kind = this.#class[slab];
    const first = this.#partial[kind];
    this.#next[slab] = first;
    this.#previous[slab] = NONE;
    if (first !== NONE) this.#previous[first] = slab;
    this.#partial[kind] = slab;
  }

  #unlinkPartial(slab: number): void {
    const next = this.#next[slab];
    const previous = this.#previous[slab];
    if (next !== NONE) this.#previous[next] = previous;
    if (previous !== NONE) this.#next[previous] = next;
    else this.#partial[this.#class[slab]] = next;
  }

  #allocateRun(bytes: number): number {
    const count = Math.ceil(bytes / SLAB_BYTES);
    const slab = this.#takeSlabs(count);
    if (slab === NONE) return 0;
    this.#class.fill(RUN, slab, slab + count);
    this.#used[slab] = count;
    return this.#startOf(slab);
  }

  /** Finds the first `count` free slabs in a row. */
  #takeSlabs(count: number): number {
    while (this.#firstFree < this.#slabs && this.#class[this.#firstFree] !== FREE)
      this.#firstFree++;
    let start = this.#firstFree;
    for (let slab = start; slab < this.#slabs; slab++) {
      if (this.#class[slab] !== FREE) start = slab + 1;
      else if (slab - start + 1 === count) {
        this.#slabsInUse += count;
        return start;
      }
    }
    return NONE;
  }

  #release(slab: number, count: number): void {
    this.#class.fill(FREE, slab, slab + count);
    this.#slabsInUse -= count;
    this.#firstFree = Math.min(this.#firstFree, slab);
  }

  #startOf(slab: number): number {
    return this.#arenaAt + slab * SLAB_BYTES;
  }
}

/** Gives the smallest class whose slots hold `bytes`, which are no more than the largest's. */
function classOf(bytes: number): number {
  return CLASS_OF_GRANULES[Math.ceil(bytes / GRANULE_BYTES)];
}

function slotsOf(kind: number): number {
  return Math.floor(SLAB_BYTES / SLOT_BYTES[kind]);
}

function slotSizes(): number[] {
  const sizes: number[] = [];
  for (let size = 32; size <= MAX_SLOT_BYTES; ) {
    sizes.push(size);
    const step = 2 ** Math.floor(Math.log2(size)) / 8;
    size += Math.max(step, GRANULE_BYTES);
  }
  return sizes;
}
