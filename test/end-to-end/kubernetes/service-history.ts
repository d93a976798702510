/** What a Service's name answered when, by its objects: the measure of what the server answers. */

export interface ServiceModel {
  exists: boolean;
  isHeadless: boolean;
  /** Addresses of its slice, whether there is a Service or not. */
  slice: string[];
  /** What its name has, if it exists. */
  addresses: string[];
}

interface State {
  readonly answer: string;
  /** When it was asked for: from then on it may be seen. */
  readonly from: number;
  /** When the API server said that the next one holds; until then, and a little longer, it may be seen. */
  until: number;
}

/** As `dns.Resolver` has it for a name that does not exist. */
const MISSING = 'ENOTFOUND';

export class ServiceHistory {
  /** `namespace/name`. */
  readonly key: string;
  readonly model: ServiceModel = { exists: false, isHeadless: true, slice: [], addresses: [] };
  #states: State[] = [{ answer: MISSING, from: 0, until: Number.POSITIVE_INFINITY }];

  constructor(key: string) {
    this.key = key;
  }

  /** Resolves when no change is under way: what such a one comes to may be seen before it is known here. */
  settled: Promise<void> = Promise.resolve();

  /** Runs a change of the model and of the objects together, and notes what it comes to. */
  change(act: () => Promise<void>): Promise<void> {
    this.settled = this.#change(act);
    return this.settled;
  }

  async #change(act: () => Promise<void>): Promise<void> {
    const from = performance.now();
    const next: State = { answer: '', from, until: Number.POSITIVE_INFINITY };
    const before = this.#states[this.#states.length - 1];
    await act();
    before.until = performance.now();
    this.#states.push({ ...next, answer: this.#answer() });
    if (this.#states.length > 100) this.#states = this.#states.slice(-50);
  }

  /** Gives every answer that was right at some moment of a time. */
  statesWithin(from: number, until: number): string[] {
    const right = this.#states.filter((state) => state.from <= until && state.until >= from);
    return [...new Set(right.map(({ answer }) => answer))];
  }

  #answer(): string {
    const { exists, addresses } = this.model;
    return exists && addresses.length > 0 ? [...new Set(addresses)].sort().join() : MISSING;
  }
}
