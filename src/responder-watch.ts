/**
 * Watches over the responders: one that runs and does not work fails /health, is counted, and is ended so that
 * another takes its place.
 */
import { CHECK_MS, Liveness } from './liveness.ts';
import type { LogFunction } from './monitoring/log-event.ts';
import { readPulse } from './monitoring/pulse.ts';
import { SelfQueries } from './self-queries.ts';
import type { ServedZone } from './zone/zone-set.ts';

/** A check that is later than this says nothing: whatever kept this thread waiting did so to the others. */
const MAX_LATE_MS = 250;

export interface WatchedResponder {
  readonly name: string;
  readonly isAlive: boolean;
  readonly restarts: number;
  /** Where it takes queries of this thread, on loopback; 0 for nowhere. */
  readonly selfPort: number;
  /** Ends it where it stands; another takes its place. */
  terminate(): Promise<void>;
}

export interface ResponderWatchOptions {
  readonly responders: readonly WatchedResponder[];
  readonly pulses: SharedArrayBuffer;
  readonly zones: readonly ServedZone[];
  readonly log: LogFunction;
}

export class ResponderWatch {
  readonly #options: ResponderWatchOptions;
  readonly #liveness: readonly Liveness[];
  readonly #stuck: number[];
  readonly #selfQueries: SelfQueries;
  readonly #timer: NodeJS.Timeout;
  #checkedAt = performance.now();
  #isClosed = false;

  constructor(options: ResponderWatchOptions) {
    this.#options = options;
    this.#liveness = options.responders.map(() => new Liveness());
    this.#stuck = options.responders.map(() => 0);
    this.#selfQueries = new SelfQueries(options.zones[0].apex);
    // Only after the poll phase of the turn is known what has come meanwhile.
    this.#timer = setInterval(() => setImmediate(() => this.#check()), CHECK_MS).unref();
  }

  /** How often a responder had to be ended because it did not work. */
  stuck(index: number): number {
    return this.#stuck[index];
  }

  /** What is wrong at present, in words. */
  reasons(): string[] {
    return this.#liveness.flatMap(({ verdict }, i) =>
      verdict === 'alive' ? [] : [`${this.#options.responders[i].name} does not answer`],
    );
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#selfQueries.close();
  }

  #check(): void {
    if (this.#isClosed) return;
    const { responders, pulses, log } = this.#options;
    const now = performance.now();
    const isLate = now - this.#checkedAt > CHECK_MS + MAX_LATE_MS;
    this.#checkedAt = now;
    for (const [index, responder] of responders.entries()) {
      const { name, isAlive, restarts, selfPort } = responder;
      const isAnswering = this.#selfQueries.ask(index, isAlive ? selfPort : 0);
      // One that is not there is the supervisor's business.
      if (!isAlive || isLate) continue;
      const liveness = this.#liveness[index];
      const before = liveness.verdict;
      const pulse = readPulse(pulses, index);
      if (liveness.judge({ restarts, pulse, isAnswering }) !== 'stuck' || before === 'stuck')
        continue;
      this.#stuck[index]++;
      const fields = { code: 'ERR_THREAD_STUCK', thread: name, stuck: this.#stuck[index] };
      log('error', 'thread does not answer, ending it', fields);
      void responder.terminate();
    }
  }
}
