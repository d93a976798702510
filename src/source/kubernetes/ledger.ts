/**
 * Which objects of a resource are held, and in which versions: what lists and proofs are compared with. The objects
 * themselves are in the store.
 *
 * A list marks what it brings with its generation, beside what is held: what has no mark of it at the end is gone,
 * and a list that breaks off has taken nothing away. So there are never two copies of a cluster.
 */
import type { ObjectKey } from '../resources.ts';
import type { Identity } from './watch-event.ts';

interface Entry {
  resourceVersion: number;
  generation: number;
}

export class Ledger {
  readonly #entries = new Map<ObjectKey, Entry>();
  #generation = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** Begins a list. */
  beginList(): void {
    this.#generation++;
  }

  /** Takes in an object, as a list or a watch brings it. */
  put({ key, resourceVersion }: Identity): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#entries.set(key, { resourceVersion, generation: this.#generation });
      return;
    }
    entry.resourceVersion = resourceVersion;
    entry.generation = this.#generation;
  }

  remove(key: ObjectKey): void {
    this.#entries.delete(key);
  }

  versionOf(key: ObjectKey): number | undefined {
    return this.#entries.get(key)?.resourceVersion;
  }

  /** Every object that is held, with its version. */
  *identities(): Iterable<Identity> {
    for (const [key, { resourceVersion }] of this.#entries) yield { key, resourceVersion };
  }

  /** Ends a list: forgets what it did not bring, and gives it. */
  sweep(): ObjectKey[] {
    const gone: ObjectKey[] = [];
    for (const [key, { generation }] of this.#entries) {
      if (generation !== this.#generation) gone.push(key);
    }
    for (const key of gone) this.#entries.delete(key);
    return gone;
  }
}
