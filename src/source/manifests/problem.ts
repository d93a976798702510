/**
 * What is wrong in a folder of manifests, as a value: where, what was expected, what was found.
 */

export interface Problem {
  /** As it was found: the configured folder, then the path in it. */
  readonly file: string;
  /** Number of the YAML document in the file, from 1; 0 where the whole file, or all of a JSON file, is meant. */
  readonly document: number;
  /** Of the field in the object, `spec.ports[0].port`; or a line in the file; empty for the whole. */
  readonly path: string;
  readonly expected: string;
  /** JSON, or what the reader of the file said. */
  readonly received: string;
}

/** A problem of one value, by its path in the object. */
export type Mistake = Pick<Problem, 'path' | 'expected' | 'received'>;

/** The mistakes of a document: the first one of each path, as the others follow from it. */
export class Mistakes implements Iterable<Mistake> {
  readonly #byPath = new Map<string, Mistake>();

  get count(): number {
    return this.#byPath.size;
  }

  add(mistake: Mistake): void {
    if (!this.#byPath.has(mistake.path)) this.#byPath.set(mistake.path, mistake);
  }

  [Symbol.iterator](): Iterator<Mistake> {
    return this.#byPath.values();
  }
}

/** Formats a problem as one line. */
export function formatProblem(problem: Problem): string {
  const { file, document, path, expected, received } = problem;
  const place = [file, document > 0 ? `document ${document}` : '', path];
  return `${place.filter((part) => part !== '').join(', ')}: expected ${expected}: received ${received}`;
}
