/** Things in the order in which they were last used. Every operation takes constant time and allocates nothing. */

/** A thing's place in one list at a time; one that stands in none is linked to itself. */
export class RecencyLink<T> {
  readonly value: T;
  previous: RecencyLink<T> = this;
  next: RecencyLink<T> = this;

  constructor(value: T) {
    this.value = value;
  }

  /** Leaves the list, if it is in one. */
  remove(): void {
    this.previous.next = this.next;
    this.next.previous = this.previous;
    this.previous = this;
    this.next = this;
  }
}

/**
 * A ring around a link that holds nothing:
 *
 *     ring <-> oldest <-> ... <-> newest <-> ring
 */
export class RecencyList<T> {
  readonly #ring = new RecencyLink<T | undefined>(undefined);

  /** Gives what was used longest ago; undefined where the list is empty. */
  get oldest(): T | undefined {
    return this.#ring.next.value;
  }

  /** Makes it the one used last, wherever it stood. */
  append(link: RecencyLink<T | undefined>): void {
    link.remove();
    const newest = this.#ring.previous;
    link.previous = newest;
    link.next = this.#ring;
    newest.next = link;
    this.#ring.previous = link;
  }
}
