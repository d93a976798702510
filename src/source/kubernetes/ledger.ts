/**
 * Which objects of a resource are held, and in which versions: what lists and proofs are compared with. The objects
 * themselves are in the store.
 *
 * A list marks what it brings, beside what is held: what has no mark at its end is gone, and a list that breaks off has
 * taken nothing away. So there are never two copies of a cluster. In columns, since 150,000 Pods have 150,000 rows.
 */
import type { ObjectKey } from '../resources.ts';
import type { Identity } from './watch-event.ts';

const FIRST_ROWS = 64;
/** Of what no bytes are known. */
const NO_FINGERPRINT = 0;

export class Ledger {
  readonly #rows = new Map<ObjectKey, number>();
  readonly #freeRows: number[] = [];
  #versions = new Float64Array(FIRST_ROWS);
  #fingerprints = new Int32Array(FIRST_ROWS);
  /** Number of the list that has brought it, or during or after which it has come. */
  #marks = new Uint32Array(FIRST_ROWS);
  #list = 0;

  get size(): number {
    return this.#rows.size;
  }

  /** Begins a list. */
  beginList(): void {
    this.#list++;
  }

  /** Takes in an object, as a list or a watch brings it. */
  put({ key, resourceVersion, fingerprint = NO_FINGERPRINT }: Identity): void {
    let row = this.#rows.get(key);
    if (row === undefined) {
      row = this.#addRow();
      this.#rows.set(key, row);
    }
    this.#versions[row] = resourceVersion;
    this.#fingerprints[row] = fingerprint;
    this.#marks[row] = this.#list;
  }

  remove(key: ObjectKey): void {
    const row = this.#rows.get(key);
    if (row === undefined) return;
    this.#rows.delete(key);
    this.#freeRows.push(row);
  }

  versionOf(key: ObjectKey): number | undefined {
    const row = this.#rows.get(key);
    return row === undefined ? undefined : this.#versions[row];
  }

  /** Tells whether an object is held in this version, from bytes with this fingerprint. */
  holds({ key, resourceVersion, fingerprint = NO_FINGERPRINT }: Identity): boolean {
    const row = this.#rows.get(key);
    if (row === undefined || fingerprint === NO_FINGERPRINT) return false;
    return this.#versions[row] === resourceVersion && this.#fingerprints[row] === fingerprint;
  }

  /** Every object that is held, with its version. */
  *identities(): Iterable<Identity> {
    for (const [key, row] of this.#rows) yield { key, resourceVersion: this.#versions[row] };
  }

  /** Ends a list: forgets what it did not bring, and gives it. */
  sweep(): ObjectKey[] {
    const gone: ObjectKey[] = [];
    for (const [key, row] of this.#rows) if (this.#marks[row] !== this.#list) gone.push(key);
    for (const key of gone) this.remove(key);
    return gone;
  }

  #addRow(): number {
    const free = this.#freeRows.pop();
    if (free !== undefined) return free;
    const row = this.#rows.size;
    if (row === this.#versions.length) this.#grow(row * 2);
    return row;
  }

  #grow(rows: number): void {
    const [versions, fingerprints, marks] = [this.#versions, this.#fingerprints, this.#marks];
    this.#versions = new Float64Array(rows);
    this.#versions.set(versions);
    this.#fingerprints = new Int32Array(rows);
    this.#fingerprints.set(fingerprints);
    this.#marks = new Uint32Array(rows);
    this.#marks.set(marks);
  }
}
