/**
 * One question on its way to the upstreams, for everybody who asks it meanwhile. Asks the first upstream, another one
 * when that takes longer than it usually does, and so on until there is an answer or the time is over.
 *
 *     asking --answer--> settled             asking --time is over, every upstream failed--> settled, by a failure
 *
 * Settled, it waits on for those who have not answered yet, since how long they take is worth knowing.
 */

import { RCODE } from '../dns/constants.ts';
import type { MessageScan } from '../dns/message-scan.ts';
import type { WireName } from '../dns/name.ts';
import { Attempt, type AttemptOwner } from './attempt.ts';
import type { OutgoingUdp } from './outgoing-udp.ts';
import type { Question } from './question.ts';
import type { Upstream } from './upstream.ts';
import type { UpstreamSet } from './upstream-set.ts';
import type { UpstreamFailure } from './upstream-stats.ts';

/** Longest time that a question takes, in milliseconds; stub resolvers wait for 5 s. */
export const QUESTION_LIMIT_MS = 2000;
/** Where one upstream has answered with an error, the others have so long to do better, in milliseconds. */
const SECOND_OPINION_MS = 500;
/** Queries for one question at most. */
const MAX_QUERIES = 12;
/** The same upstream is not asked again sooner, in milliseconds; each time it is asked makes that longer. */
const REPEAT_MS = 60;
const REPEAT_GROWTH = 1.5;
const MAX_REPEAT_MS = 500;

/** What a flight came to. */
export type FlightOutcome =
  /** Good until the call returns. */
  | { readonly kind: 'response'; readonly response: Uint8Array }
  /** Nobody has answered. */
  | { readonly kind: 'failure'; readonly isRefused: boolean; readonly detail: string };

/** What is asked, and of whom. */
export interface FlightPlan {
  readonly question: Question;
  /** The question's name in the case to ask with. */
  readonly name: WireName;
  readonly set: UpstreamSet;
}

/** What all flights have in common. */
export interface FlightContext {
  readonly udp: OutgoingUdp;
  /** Has read the response when `onSettled` is called with one. */
  readonly scan: MessageScan;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** Called once, never before the constructor has returned. */
  readonly onSettled: (flight: Flight, outcome: FlightOutcome) => void;
  /** Called when an upstream has answered, or not, whether it is still waited for or not. */
  readonly onHealth: (upstream: Upstream) => void;
}

export class Flight implements AttemptOwner {
  readonly plan: FlightPlan;
  readonly startedAt: number;
  readonly #context: FlightContext;
  readonly #order: readonly Upstream[];
  readonly #attempts: Attempt[] = [];
  /** Upstreams that answered with an error, or cannot be asked. */
  readonly #failed: Upstream[] = [];
  #lastFailure: FlightOutcome | undefined;
  /** An answer that is an error, for want of a better one. */
  #error: Uint8Array | undefined;
  #endsAt: number;
  #next = 0;
  #queries = 0;
  #nextAt = 0;
  #isSettled = false;

  constructor(plan: FlightPlan, context: FlightContext) {
    const now = context.now();
    this.plan = plan;
    this.startedAt = now;
    this.#endsAt = now + QUESTION_LIMIT_MS;
    this.#context = context;
    this.#order = plan.set.order(now);
    if (!plan.set.isDown) this.#ask(now);
  }

  /** Nothing is under way any more. */
  get isOver(): boolean {
    return this.#isSettled && this.#attempts.length === 0;
  }

  /** Does what is due. To be called every few milliseconds. */
  tick(now: number): void {
    for (let i = this.#attempts.length - 1; i >= 0; i--) this.#noteTime(this.#attempts[i], now);
    if (this.#isSettled) return;
    if (this.plan.set.isDown || now >= this.#endsAt) this.#fail();
    else if (now >= this.#nextAt) this.#ask(now);
  }

  /** Ends it now, for a reason that is not the upstreams'. */
  shed(detail: string): void {
    this.#settle({ kind: 'failure', isRefused: false, detail });
    this.close();
  }

  /** Waits for nobody any more. */
  close(): void {
    this.#isSettled = true;
    for (const attempt of this.#attempts.splice(0)) attempt.close();
  }

  answered(attempt: Attempt, response: Uint8Array): void {
    const { scan, now, onHealth } = this.#context;
    const { upstream } = attempt;
    const at = now();
    // What cannot be read to the end answers nothing.
    if (!scan.scan(response, response.length)) {
      upstream.stats.ignored++;
      return;
    }
    this.#remove(attempt);
    const { rcode } = scan;
    const durationMs = at - attempt.startedAt;
    upstream.stats.countResponse(rcode, durationMs);
    upstream.health.noteAnswer(attempt.repeats === 0 ? durationMs : undefined);
    onHealth(upstream);
    if (this.#isSettled) return;
    this.#failed.push(upstream);
    const isAnswer = rcode === RCODE.NOERROR || rcode === RCODE.NXDOMAIN;
    if (isAnswer || this.#hasNobodyLeft()) {
      this.#settle({ kind: 'response', response });
      return;
    }
    this.#error = Uint8Array.from(response);
    this.#endsAt = Math.min(this.#endsAt, at + SECOND_OPINION_MS);
    this.#ask(at);
  }

  failed(attempt: Attempt, failure: UpstreamFailure, detail: string): void {
    const { now, onHealth } = this.#context;
    const { upstream } = attempt;
    this.#remove(attempt);
    // Whatever else happens to a query may be for what it asks; who has no TCP still answers by UDP.
    const isItsOwn = attempt.transport === upstream.address.transport;
    if (failure === 'refused' && isItsOwn) upstream.health.noteRefusal();
    onHealth(upstream);
    if (this.#isSettled) return;
    this.#failed.push(upstream);
    const place = `${upstream.label} (${attempt.transport})`;
    this.#lastFailure = { kind: 'failure', isRefused: true, detail: `${place}: ${detail}` };
    if (this.#hasNobodyLeft()) this.#fail();
    else this.#ask(now());
  }

  /** Asks the next upstream, or one that was asked before once more, and says when the one after that is due. */
  #ask(now: number): void {
    const index = this.#findNext();
    this.#nextAt = Number.POSITIVE_INFINITY;
    if (index === -1 || this.#queries === MAX_QUERIES) return;
    const upstream = this.#order[index];
    const before = this.#attemptOf(upstream);
    this.#queries++;
    this.#next = index + 1;
    if (before === undefined) this.#attempts.push(this.#startAttempt(upstream));
    else before.repeat();
    this.#nextAt = this.#whenNext(now + upstream.health.patienceMs);
  }

  #startAttempt(upstream: Upstream): Attempt {
    return new Attempt(upstream, { asked: this.plan, context: this.#context, owner: this });
  }

  /** Gives the place in the order of who is asked next; -1 where all have failed. */
  #findNext(): number {
    const count = this.#order.length;
    for (let i = 0; i < count; i++) {
      const index = (this.#next + i) % count;
      if (!this.#failed.includes(this.#order[index])) return index;
    }
    return -1;
  }

  /** Not before `patient`; and who was asked before is given the time to answer. */
  #whenNext(patient: number): number {
    const index = this.#findNext();
    if (index === -1) return patient;
    const { health } = this.#order[index];
    const before = this.#attemptOf(this.#order[index]);
    if (before === undefined) return patient;
    const repeatMs = Math.max(REPEAT_MS, health.patienceMs) * REPEAT_GROWTH ** before.repeats;
    return Math.max(patient, before.sentAt + Math.min(repeatMs, MAX_REPEAT_MS));
  }

  #noteTime(attempt: Attempt, now: number): void {
    const { upstream } = attempt;
    if (!attempt.isLate && now - attempt.sentAt >= upstream.health.patienceMs) {
      attempt.isLate = true;
      upstream.health.noteSilence();
      this.#context.onHealth(upstream);
    }
    if (now - attempt.startedAt < QUESTION_LIMIT_MS) return;
    upstream.stats.failures.silence++;
    this.#remove(attempt);
  }

  #attemptOf(upstream: Upstream): Attempt | undefined {
    return this.#attempts.find((each) => each.upstream === upstream);
  }

  #remove(attempt: Attempt): void {
    attempt.close();
    const index = this.#attempts.indexOf(attempt);
    if (index >= 0) this.#attempts.splice(index, 1);
  }

  /** Every upstream has answered with an error, or cannot be asked. */
  #hasNobodyLeft(): boolean {
    return this.#failed.length === this.#order.length;
  }

  #fail(): void {
    const response = this.#error;
    if (response !== undefined && this.#context.scan.scan(response, response.length)) {
      this.#settle({ kind: 'response', response });
      return;
    }
    this.#settle(this.#lastFailure ?? this.#describeSilence());
  }

  #describeSilence(): FlightOutcome {
    const { upstreams } = this.plan.set;
    const isRefused = upstreams.length > 0 && upstreams.every(({ health }) => health.isRefusing);
    const labels = upstreams.map(({ label }) => label).join(', ');
    if (labels === '') return { kind: 'failure', isRefused, detail: 'no upstream is known' };
    return { kind: 'failure', isRefused, detail: `no answer from ${labels}` };
  }

  #settle(outcome: FlightOutcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#context.onSettled(this, outcome);
  }
}
