/** Names outside the cluster. */

/** Begins every name that is asked for again and again; the upstream counts those apart. */
const POPULAR = 'popular';

export class NameSource {
  #count = 0;

  /** Gives so many questions, as `name TYPE`, that were never given before: no cache can know the answers. */
  take(count: number): string[] {
    return Array.from({ length: count }, () => `name-${this.#count++}.forwarded.example A`);
  }

  takeOne(): string {
    return this.take(1)[0];
  }

  /** Gives so many questions, the same ones each time. */
  popular(count: number): string[] {
    return Array.from({ length: count }, (_, i) => `${POPULAR}-${i}.forwarded.example A`);
  }
}
