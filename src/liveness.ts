/**
 * Decides whether a thread that runs also works: its pulse beats, and it answers queries. In: what each check found;
 * out: a verdict. Checks are counted, not clocked: when the whole process stands still, so do they.
 */

/** How often a thread is looked at, in milliseconds. */
export const CHECK_MS = 500;
/**
 * Checks in a row without any sign of life: /health says so from the first number on, the second ends the thread. One
 * that lacks a processor for a while is not to be ended, so a single kind of sign may be missing for longer.
 */
const WITHOUT_ANY_SIGN = { suspect: 2, stuck: 4 };
const WITHOUT_ONE_SIGN = { suspect: 10, stuck: 20 };
/** Checks that a thread has for its start. */
const START_CHECKS = 40;

export interface Signs {
  /** How often the thread was started again. */
  readonly restarts: number;
  readonly pulse: number;
  /** Whether any query has been answered since the last check; undefined where none could be sent. */
  readonly isAnswering: boolean | undefined;
}

/** `suspect`: something is amiss, and may pass; `stuck`: it will not. */
export type Verdict = 'alive' | 'suspect' | 'stuck';

export class Liveness {
  #last: Signs | undefined;
  #silentPulses = 0;
  #silentQueries = 0;
  #hasAnswered = false;
  #verdict: Verdict = 'alive';

  get verdict(): Verdict {
    return this.#verdict;
  }

  /** Takes what one check found, and gives the verdict. */
  judge(signs: Signs): Verdict {
    const last = this.#last;
    this.#last = signs;
    if (last === undefined || signs.restarts !== last.restarts) {
      this.#silentPulses = WITHOUT_ONE_SIGN.stuck - START_CHECKS;
      this.#silentQueries = 0;
      this.#hasAnswered = false;
    } else {
      const hasBeaten = signs.pulse !== last.pulse;
      this.#silentPulses = hasBeaten ? 0 : this.#silentPulses + 1;
      this.#hasAnswered ||= signs.isAnswering === true;
      // One that never answered may have no way to be asked, such as a loopback interface that is down.
      const isSilent = this.#hasAnswered && signs.isAnswering === false;
      this.#silentQueries = isSilent ? this.#silentQueries + 1 : 0;
    }
    this.#verdict = this.#decide();
    return this.#verdict;
  }

  #decide(): Verdict {
    const any = Math.min(this.#silentPulses, this.#silentQueries);
    const one = Math.max(this.#silentPulses, this.#silentQueries);
    if (any >= WITHOUT_ANY_SIGN.stuck || one >= WITHOUT_ONE_SIGN.stuck) return 'stuck';
    const isSuspect = any >= WITHOUT_ANY_SIGN.suspect || one >= WITHOUT_ONE_SIGN.suspect;
    return isSuspect ? 'suspect' : 'alive';
  }
}
