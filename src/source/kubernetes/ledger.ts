/**
 * Which objects of a resource are held, and in which versions: what lists and proofs are compared with. The objects
 * themselves are in the store.
 *
 * A list notes what it brings, beside what is held: what it has not brought by its end is gone, and a list that breaks
 * off has taken nothing away. So there are never two copies of a cluster.
 */
import type { ObjectKey } from '../resources.ts';
import type { Identity } from './watch-event.ts';

export class Ledger {
  readonly #versions = new Map<ObjectKey, number>();
  /** Keys that the present list has not brought yet; undefined outside of a list, and where none were held before. */
  #missing: Set<ObjectKey> | undefined;

  get size(): number {
    return this.#versions.size;
  }

  /** Begins a list. */
  beginList(): void {
    this.#missing = this.size === 0 ? undefined : new Set(this.#versions.keys());
  }

  /** Takes in an object, as a list or a watch brings it. */
  put({ key, resourceVersion }: Identity): void {
    this.#versions.set(key, resourceVersion);
    this.#missing?.delete(key);
  }

  remove(key: ObjectKey): void {
    this.#versions.delete(key);
    this.#missing?.delete(key);
  }

  versionOf(key: ObjectKey): number | undefined {
    return this.#versions.get(key);
  }

  /** Every object that is held, with its version. */
  *identities(): Iterable<Identity> {
    for (const [key, resourceVersion] of this.#versions) yield { key, resourceVersion };
  }

  /** Ends a list: forgets what it did not bring, and gives it. */
  sweep(): ObjectKey[] {
    const gone = [...(this.#missing ?? [])];
    this.#missing = undefined;
    for (const key of gone) this.#versions.delete(key);
    return gone;
  }
}
