/**
 * Labels of one Service, each once, numbered in the order in which they came. One stands at `end` before it is
 * added, so that nothing is made for a label that is there already.
 *
 * A hash table of open addressing, which grows by doubling; its seed is nobody's to know, since tenants choose labels.
 */

const FIRST_SLOTS = 64;
const SEED = Math.floor(Math.random() * 2 ** 31);
const FNV_PRIME = 0x01000193;

export class LabelIndex {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(4096);
  /** Where the next label is written. */
  end = 0;
  /** Bytes of the label at `end`. */
  length = 0;
  readonly starts: number[] = [];
  readonly lengths: number[] = [];
  readonly #hashes: number[] = [];
  #count = 0;
  /** Number of a label and 1, by hash; only the first `#slotCount` are in use. */
  #slots = new Int32Array(FIRST_SLOTS);
  #slotCount = FIRST_SLOTS;

  clear(): void {
    this.#count = 0;
    this.end = 0;
    this.#slotCount = FIRST_SLOTS;
    this.#slots.fill(0, 0, FIRST_SLOTS);
  }

  /** Makes room for a label of so many bytes at `end`, and gives the memory. */
  room(length: number): Uint8Array {
    if (this.end + length > this.bytes.length) {
      const next = new Uint8Array(this.bytes.length * 2 + length);
      next.set(this.bytes);
      this.bytes = next;
    }
    return this.bytes;
  }

  /** Adds the label at `end`, and gives its number, which is that of an equal one where there is one. */
  add(): number {
    const hash = hashOf(this.bytes, this.end, this.length);
    const slot = this.#slotOf(hash, this, this.end, this.length);
    if (this.#slots[slot] !== 0) return this.#slots[slot] - 1;
    const label = this.#count++;
    this.#slots[slot] = label + 1;
    this.starts[label] = this.end;
    this.lengths[label] = this.length;
    this.#hashes[label] = hash;
    this.end += this.length;
    if (this.#count * 2 > this.#slotCount) this.#grow();
    return label;
  }

  /** Gives the number of the label that is equal to another's; -1 where there is none. */
  find(other: LabelIndex, label: number): number {
    const slot = this.#slotOf(
      other.#hashes[label],
      other,
      other.starts[label],
      other.lengths[label],
    );
    return this.#slots[slot] - 1;
  }

  /** Gives a label's bytes, which are those of this. */
  get(label: number): Uint8Array {
    return this.bytes.subarray(this.starts[label], this.starts[label] + this.lengths[label]);
  }

  /** The slot of an equal label, or the free one where it belongs. */
  #slotOf(hash: number, { bytes }: LabelIndex, start: number, length: number): number {
    const mask = this.#slotCount - 1;
    let slot = hash & mask;
    for (let held = this.#slots[slot]; held !== 0; held = this.#slots[slot]) {
      if (this.#isEqual(held - 1, bytes, start, length)) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #isEqual(label: number, bytes: Uint8Array, start: number, length: number): boolean {
    if (this.lengths[label] !== length) return false;
    const own = this.starts[label];
    for (let i = 0; i < length; i++) {
      if (this.bytes[own + i] !== bytes[start + i]) return false;
    }
    return true;
  }

  #grow(): void {
    this.#slotCount *= 4;
    if (this.#slots.length < this.#slotCount) this.#slots = new Int32Array(this.#slotCount);
    else this.#slots.fill(0, 0, this.#slotCount);
    const mask = this.#slotCount - 1;
    for (let label = 0; label < this.#count; label++) {
      let slot = this.#hashes[label] & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = label + 1;
    }
  }
}

/** FNV-1a, 32 bits, from a start of our own; its upper bits come down, as slots are chosen by the lower ones. */
function hashOf(bytes: Uint8Array, start: number, length: number): number {
  let hash = SEED;
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ bytes[start + i], FNV_PRIME);
  return hash ^ (hash >>> 15);
}
