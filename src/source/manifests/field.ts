/**
 * A value read from a manifest, with its place in the object: gives it out in the type that is expected, or
 * notes a mistake and gives what stands for nothing, so that all mistakes of an object are found in one go.
 * Absent and null are the same, as they are for the API server.
 */
import type { Labels } from '../resources.ts';
import type { Mistakes } from './problem.ts';

/** What a text must be: a test, and how it is told to people after the word "expected". */
export interface TextRule {
  readonly expected: string;
  readonly test: (text: string) => boolean;
}

const ANY_TEXT: TextRule = { expected: 'a string', test: () => true };
const NO_LABELS: Labels = Object.freeze({});
const MAX_RECEIVED_LENGTH = 80;

export class Field {
  readonly value: unknown;
  readonly mistakes: Mistakes;
  readonly #parent: Field | undefined;
  readonly #key: string | number;

  constructor(
    value: unknown,
    place: { mistakes: Mistakes; parent?: Field; key?: string | number },
  ) {
    this.value = value;
    this.mistakes = place.mistakes;
    this.#parent = place.parent;
    this.#key = place.key ?? '';
  }

  get isPresent(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  /** `spec.ports[0].port`; empty for the object itself. */
  get path(): string {
    if (this.#parent === undefined) return '';
    if (typeof this.#key === 'number') return `${this.#parent.path}[${this.#key}]`;
    const parent = this.#parent.path;
    const key = /^[\w-]+$/.test(this.#key) ? this.#key : JSON.stringify(this.#key);
    return parent === '' ? key : `${parent}.${key}`;
  }

  /** Gives a field of a mapping; an absent one where this is absent, or wrongly no mapping. */
  get(key: string): Field {
    const place = { mistakes: this.mistakes, parent: this, key };
    if (isMapping(this.value)) return new Field(this.value[key], place);
    if (this.isPresent) this.addMistake('a mapping');
    return new Field(undefined, place);
  }

  /** Gives the items of a list; none where it is absent. */
  items({ min = 0, max = Number.POSITIVE_INFINITY } = {}): Field[] {
    const { value } = this;
    if (this.isPresent && !Array.isArray(value)) {
      this.addMistake('a list');
      return [];
    }
    const items: readonly unknown[] = Array.isArray(value) ? value : [];
    if (items.length < min || items.length > max) {
      const bounds = max === Number.POSITIVE_INFINITY ? `at least ${min}` : `${min} to ${max}`;
      this.addMistake(`a list of ${bounds} items`, `${items.length}`);
    }
    return items.map(
      (item, key) => new Field(item, { mistakes: this.mistakes, parent: this, key }),
    );
  }

  /** Gives a text that follows a rule; empty where it is absent or empty. */
  text(rule: TextRule = ANY_TEXT): string {
    const { value } = this;
    if (value === undefined || value === null || value === '') return '';
    if (typeof value === 'string' && rule.test(value)) return value;
    this.addMistake(rule.expected);
    return '';
  }

  /** Gives a text that must be there. */
  requiredText(rule: TextRule): string {
    const { value } = this;
    if (value === undefined || value === null || value === '') this.addMistake(rule.expected);
    return this.text(rule);
  }

  /** Gives a whole number within bounds; `absent` where there is none. */
  wholeNumber({ min, max, absent }: { min: number; max: number; absent?: number }): number {
    const { value } = this;
    if (!this.isPresent && absent !== undefined) return absent;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
      return value;
    }
    this.addMistake(`a whole number from ${min} to ${max}`);
    return min;
  }

  boolean({ absent }: { absent: boolean }): boolean {
    const { value } = this;
    if (value === undefined || value === null) return absent;
    if (typeof value === 'boolean') return value;
    this.addMistake('true or false');
    return absent;
  }

  /** Gives one of a few words; `absent` where there is none, which is a mistake without it. */
  oneOf<T extends string>(words: readonly T[], { absent }: { absent?: T } = {}): T {
    const { value } = this;
    if ((value === undefined || value === null || value === '') && absent !== undefined) {
      return absent;
    }
    const word = words.find((candidate) => candidate === value);
    if (word !== undefined) return word;
    this.addMistake(`one of ${words.join(', ')}`);
    return words[0];
  }

  /** Gives a mapping of texts, as labels and selectors are. */
  labels(): Labels {
    const { value } = this;
    if (!this.isPresent) return NO_LABELS;
    if (!isMapping(value)) {
      this.addMistake('a mapping');
      return NO_LABELS;
    }
    const entries: [string, string][] = [];
    for (const key of Object.keys(value)) entries.push([key, this.get(key).text()]);
    // As entries, since a label may be called "__proto__".
    return entries.length === 0 ? NO_LABELS : Object.fromEntries(entries);
  }

  /** Notes what was expected here instead of the value; only the first mistake here counts. */
  addMistake(expected: string, received: string = describe(this.value)): void {
    this.mistakes.add({ path: this.path, expected, received });
  }
}

/** Tells whether a value is a mapping, rather than a list, a scalar or nothing. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Writes a value as JSON, cut where it is long. */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (typeof value === 'number') return `${value}`;
  const text = JSON.stringify(value);
  return text.length <= MAX_RECEIVED_LENGTH ? text : `${text.slice(0, MAX_RECEIVED_LENGTH)}...`;
}
