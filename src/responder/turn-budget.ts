/**
 * How many TCP messages a responder answers in one turn of its event loop: a client that sends thousands at once must
 * not keep UDP, other connections and timers waiting until all of them are answered. What is over has its turn later,
 * in the order in which it came.
 */

/** Some 2 ms of work. */
export const MESSAGES_A_TURN = 1024;

export class TurnBudget {
  readonly #messages: number;
  #left: number;
  #waiting: (() => void)[] = [];
  #isRenewalDue = false;
  readonly #renewal = () => this.#renew();

  constructor(messages: number = MESSAGES_A_TURN) {
    this.#messages = messages;
    this.#left = messages;
  }

  /** Takes one message of this turn's; false where none is left. */
  take(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    this.#scheduleRenewal();
    return true;
  }

  /** Calls back in a later turn, after those who wait already. */
  wait(goOn: () => void): void {
    this.#waiting.push(goOn);
    this.#scheduleRenewal();
  }

  #scheduleRenewal(): void {
    if (this.#isRenewalDue) return;
    this.#isRenewalDue = true;
    setImmediate(this.#renewal);
  }

  #renew(): void {
    this.#isRenewalDue = false;
    this.#left = this.#messages;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const goOn of waiting) goOn();
  }
}
