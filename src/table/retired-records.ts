/**
 * Records that no reader can find any more, in the order in which they were withdrawn, each with the epoch at
 * which every reader has let go of it. A ring that doubles when it is full.
 *
 * Invariants: the oldest is at `#first`; `#count` follow one another, modulo the capacity, a power of two.
 */
const FIRST_CAPACITY = 256;

export class RetiredRecords {
  #records = new Int32Array(FIRST_CAPACITY);
  #epochs = new Int32Array(FIRST_CAPACITY);
  #first = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Epoch of the oldest; meaningless where there is none. */
  get oldestEpoch(): number {
    return this.#epochs[this.#first];
  }

  add(record: number, epoch: number): void {
    if (this.#count === this.#records.length) this.#grow();
    const at = (this.#first + this.#count) & (this.#records.length - 1);
    this.#records[at] = record;
    this.#epochs[at] = epoch;
    this.#count++;
  }

  /** Removes the oldest and gives its address. */
  take(): number {
    const record = this.#records[this.#first];
    this.#first = (this.#first + 1) & (this.#records.length - 1);
    this.#count--;
    return record;
  }

  #grow(): void {
    this.#records = this.#doubled(this.#records);
    this.#epochs = this.#doubled(this.#epochs);
    this.#first = 0;
  }

  #doubled(ring: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
    const next = new Int32Array(ring.length * 2);
    next.set(ring.subarray(this.#first));
    next.set(ring.subarray(0, this.#first), ring.length - this.#first);
    return next;
  }
}
