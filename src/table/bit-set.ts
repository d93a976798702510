/** A set of small numbers, a bit each. */
export class BitSet {
  readonly #words: Int32Array;

  /** Holds numbers from 0 to `size - 1`. */
  constructor(size: number) {
    this.#words = new Int32Array((size + 31) >> 5);
  }

  has(number: number): boolean {
    return ((this.#words[number >> 5] >>> (number & 31)) & 1) !== 0;
  }

  add(number: number): void {
    this.#words[number >> 5] |= 1 << (number & 31);
  }

  delete(number: number): void {
    this.#words[number >> 5] &= ~(1 << (number & 31));
  }

  /** Gives the numbers in ascending order, and holds none of them any more. */
  take(): number[] {
    const numbers: number[] = [];
    for (const [index, word] of this.#words.entries()) {
      if (word === 0) continue;
      for (let bit = 0; bit < 32; bit++) {
        if (((word >>> bit) & 1) !== 0) numbers.push(index * 32 + bit);
      }
      this.#words[index] = 0;
    }
    return numbers;
  }
}
