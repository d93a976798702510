/**
 * When to prove that what is held is in step: every few minutes, soon after the connection was lost, and on demand.
 * Many servers follow the same API server, so no time is a fixed one.
 */
import { ApiStatusError } from './api-error.ts';
import { type Clock, sleep } from './clock.ts';
import type { HeldResource } from './held-resource.ts';
import { OutOfStepError } from './out-of-step-error.ts';
import type { ProofDepth, Prover } from './prover.ts';

/** With what a proof takes, and a wait for what is on its way, this keeps within 5 minutes. */
const MIN_PAUSE_MS = 120_000;
const MAX_PAUSE_MS = 200_000;
/** After the connection is back. */
const MAX_HURRY_MS = 5000;
/** After so long without connection the server may be another one: restored, or moved. */
const LONG_ABSENCE_MS = 30_000;

export interface ProofScheduleOptions {
  readonly prover: Prover;
  readonly held: HeldResource;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onOutOfStep: (error: OutOfStepError) => void;
  /** Called when the server does not let anybody compare. */
  readonly onRefused: (error: ApiStatusError) => void;
}

export class ProofSchedule {
  readonly #options: ProofScheduleOptions;
  /** Ends the pause before the next proof. */
  #pause = new AbortController();
  #signal = new AbortController().signal;
  #isHurried = false;
  #isThorough = false;
  #absentSince: number | undefined = undefined;
  #lastProofMs = 0;

  constructor(options: ProofScheduleOptions) {
    this.#options = options;
  }

  /** When it was last known to be in step, in milliseconds since the epoch; 0 for never. */
  get lastProofMs(): number {
    return this.#lastProofMs;
  }

  /** Proves again and again until the signal ends it; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    this.#signal = signal;
    const end = () => this.#pause.abort();
    signal.addEventListener('abort', end);
    while (!signal.aborted) {
      this.#pause = new AbortController();
      const pauseMs = MIN_PAUSE_MS + random() * (MAX_PAUSE_MS - MIN_PAUSE_MS);
      // The connection may have come back while a proof was made.
      if (!this.#isHurried) await sleep(clock, pauseMs, this.#pause.signal);
      if (this.#isHurried) await sleep(clock, random() * MAX_HURRY_MS, signal);
      if (!signal.aborted) await this.prove(this.#takeDepth());
    }
    signal.removeEventListener('abort', end);
  }

  /** Proves now; false where it is out of step, or where nothing could be proved. */
  async prove(depth: ProofDepth): Promise<boolean> {
    const { prover, held, clock, onOutOfStep, onRefused } = this.#options;
    // Without a connection there is nothing to prove, and the next one sees to it.
    if (held.lists === 0 || this.#absentSince !== undefined) return false;
    const startedAt = clock.now();
    try {
      const isProved = await prover.prove(depth, this.#signal);
      if (isProved) this.#lastProofMs = startedAt;
      return isProved;
    } catch (error) {
      // Where the server cannot be asked, the age of the last proof tells it, and the watch finds out by itself.
      if (error instanceof OutOfStepError) onOutOfStep(error);
      // A streaming list needs no more than `watch`: nothing else would ever tell that `list` is missing.
      if (error instanceof ApiStatusError && error.isAboutAccess) onRefused(error);
      return false;
    }
  }

  /** A list is a proof. */
  noteListed(): void {
    this.#lastProofMs = this.#options.clock.now();
    this.#isThorough = false;
    this.#absentSince = undefined;
  }

  noteInterrupted(): void {
    this.#absentSince ??= this.#options.clock.now();
  }

  noteConnected(): void {
    if (this.#absentSince === undefined) return;
    const absenceMs = this.#options.clock.now() - this.#absentSince;
    this.#absentSince = undefined;
    if (absenceMs >= LONG_ABSENCE_MS) this.#isThorough = true;
    this.#isHurried = true;
    this.#pause.abort();
  }

  /** What comes in a hurry is cheap, as all others are in the same hurry. */
  #takeDepth(): ProofDepth {
    if (this.#isHurried) {
      this.#isHurried = false;
      return 'quick';
    }
    const depth = this.#isThorough ? 'thorough' : 'usual';
    this.#isThorough = false;
    return depth;
  }
}
