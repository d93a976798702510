/**
 * Draws the numbers below a size in random order without allocating: a partial Fisher-Yates shuffle of a
 * permutation that is kept between draws and set back afterwards, so that drawing k of n costs k steps.
 *
 * Invariant between `end()` and `start()`: items[i] === i.
 */

const MAX_SIZE = 0x10000;

export class RandomOrder {
  readonly #items = Uint16Array.from({ length: MAX_SIZE }, (_, i) => i);
  /** Position that was swapped with position i in draw i. */
  readonly #swapped = new Uint16Array(MAX_SIZE);
  #size = 0;
  #taken = 0;
  #state: number;

  /** `seed` is any 32 bits but 0; random where it is left out. */
  constructor(seed: number = Math.random() * 0x1_0000_0000) {
    this.#state = seed | 0 || 1;
  }

  /** Begins to draw from 0 to `size - 1`; `size` is 1 to 65,536. */
  start(size: number): void {
    this.#size = size;
    this.#taken = 0;
  }

  /** Draws one of those left, each as likely; not to be called more often than `size` times. */
  next(): number {
    const items = this.#items;
    const i = this.#taken++;
    const j = i + this.#below(this.#size - i);
    const drawn = items[j];
    items[j] = items[i];
    items[i] = drawn;
    this.#swapped[i] = j;
    return drawn;
  }

  /** Undoes the swaps of this draw. */
  end(): void {
    const items = this.#items;
    for (let i = this.#taken - 1; i >= 0; i--) {
      const j = this.#swapped[i];
      const item = items[i];
      items[i] = items[j];
      items[j] = item;
    }
    this.#taken = 0;
  }

  /** Xorshift32, scaled instead of taken modulo: the bias is below size / 2^32. */
  #below(size: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return Math.floor(((x >>> 0) / 0x1_0000_0000) * size);
  }
}
