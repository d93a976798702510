/** Choices that are the same for the same seed. */
import { createRandom, type Random } from '../table/seeded-random.ts';

export class RandomChoice {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = createRandom(seed);
    // The first numbers of small seeds are much alike.
    for (let i = 0; i < 20; i++) this.#random(2);
  }

  /** Gives a whole number from 0 to `limit` less one. */
  below(limit: number): number {
    return this.#random(limit);
  }

  /** Is true `percent` times of a hundred. */
  chance(percent: number): boolean {
    return this.#random(100) < percent;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.#random(items.length)];
  }

  /** Gives up to `count` of the items, none twice. */
  sample<T>(items: readonly T[], count: number): T[] {
    const left = [...items];
    const taken: T[] = [];
    while (taken.length < count && left.length > 0) {
      taken.push(...left.splice(this.#random(left.length), 1));
    }
    return taken;
  }
}
