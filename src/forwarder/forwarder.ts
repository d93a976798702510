/**
 * Asks the upstreams what no zone of ours holds. In: questions, as many at a time as come; out: an answer to each,
 * from an upstream, from the cache although it is out of date, or that there is none.
 *
 *     resolve() --> flight of the same question?  yes: wait with the others
 *                                                 no:  start one --> settled: keep the answer, tell all who wait
 */
import type { AnswerCache } from '../cache/answer-cache.ts';
import { AnswerDraft, type AnswerView } from '../cache/answer-format.ts';
import { EXTENDED_ERROR } from '../dns/constants.ts';
import { MessageScan } from '../dns/message-scan.ts';
import type { WireName } from '../dns/name.ts';
import type { LogFunction } from '../monitoring/log-event.ts';
import { draftFailure } from './failure-answer.ts';
import { Flight, type FlightContext, type FlightOutcome } from './flight.ts';
import type { ForwardZones } from './forward-zones.ts';
import { ForwarderLog } from './forwarder-log.ts';
import type { OutgoingUdp } from './outgoing-udp.ts';
import { Prober } from './prober.ts';
import { canBeMarked, type Question, questionOfKey, randomizeCase } from './question.ts';
import { type LifetimeLimits, type ReceivedAnswer, receiveAnswer } from './received-answer.ts';
import type { Upstream } from './upstream.ts';

/** Questions under way at a time; the oldest gives way to a new one. */
const MAX_FLIGHTS = 4096;
/** Questions that have their answer, and of which an upstream may still tell how long it takes. */
const MAX_LINGERING = 256;
/** Those who wait for one question; twice as many as queries may wait for answers. */
const MAX_WAITING = 16_384;
/** Answers that are fetched again before they end, at a time. */
const MAX_PREFETCHES = 64;
/** How exact the times of flights are. */
const TICK_MS = 10;

/** Takes an answer, good until this returns; `isStale` where its time is over and there is no other. */
export type OnResolved = (answer: AnswerView, isStale: boolean) => void;

export interface ForwarderOptions extends LifetimeLimits {
  readonly zones: ForwardZones;
  /** Every upstream there is at present. */
  readonly upstreams: () => readonly Upstream[];
  readonly udp: OutgoingUdp;
  readonly cache: AnswerCache;
  readonly prefetch: boolean;
  /** Default MAX_FLIGHTS. */
  readonly maxFlights?: number;
  readonly log: LogFunction;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** Monotonic, in tenths of a second: the clock of the cache. */
  readonly cacheNow: () => number;
}

export interface Asking {
  /** The question's name in the case in which a client has spelled it; undefined where no client has. */
  readonly spelled: WireName | undefined;
  readonly done: OnResolved;
  /** Whether anybody still waits for it. */
  readonly isWanted: () => boolean;
}

type Waiting = Pick<Asking, 'done' | 'isWanted'>;

interface Underway {
  readonly flight: Flight;
  waiting: Waiting[];
  /** The case of the name is of our making, and nobody else's query has it. */
  readonly isMarked: boolean;
}

/** What is counted of all upstreams together. */
export class ForwarderCounts {
  /** Questions that went to an upstream. */
  asked = 0;
  /** Questions that waited for an answer that somebody else had asked for. */
  joined = 0;
  prefetched = 0;
  shed = 0;
  loops = 0;
  /** Questions that no upstream has answered. */
  failed = 0;
}

export class Forwarder {
  readonly counts = new ForwarderCounts();
  readonly #options: ForwarderOptions;
  readonly #underway = new Map<string, Underway>();
  readonly #lingering = new Set<Flight>();
  readonly #scan = new MessageScan();
  readonly #draft = new AnswerDraft();
  readonly #context: FlightContext;
  readonly #log: ForwarderLog;
  readonly #prober: Prober;
  #timer: NodeJS.Timeout | undefined;
  #prefetches = 0;
  #isClosed = false;

  constructor(options: ForwarderOptions) {
    const { log, now, udp } = options;
    const onHealth = (upstream: Upstream) => this.#noteHealth(upstream);
    this.#options = options;
    this.#log = new ForwarderLog(log, now);
    this.#prober = new Prober({ udp, now, onHealth });
    this.#context = {
      udp,
      scan: this.#scan,
      now,
      onHealth,
      onSettled: (flight, outcome) => this.#settle(flight, outcome),
    };
  }

  /** Questions under way. */
  get underway(): number {
    return this.#underway.size;
  }

  /** Finds the answer to a question and calls with it, later and once. */
  resolve(question: Question, asking: Asking): void {
    const { spelled } = asking;
    const same = this.#underway.get(question.id);
    if (same === undefined) {
      this.#start(question, { spelled, waiting: [asking] });
    } else if (spelled !== undefined && same.isMarked && isEqual(spelled, same.flight.plan.name)) {
      this.#refuseLoop(question, asking);
    } else {
      this.counts.joined++;
      // More than may wait at a time: some have been told already that they wait in vain.
      if (same.waiting.length >= MAX_WAITING) {
        same.waiting = same.waiting.filter(({ isWanted }) => isWanted());
      }
      same.waiting.push(asking);
    }
  }

  /** Fetches the answers of these keys of the cache again. */
  prefetch(keys: readonly string[]): void {
    if (!this.#options.prefetch) return;
    for (const key of keys) {
      if (this.#prefetches >= MAX_PREFETCHES) return;
      const question = questionOfKey(key);
      if (this.#underway.has(question.id)) continue;
      this.counts.prefetched++;
      this.#prefetches++;
      const done = () => void this.#prefetches--;
      this.#start(question, { spelled: undefined, waiting: [{ done, isWanted: () => true }] });
    }
  }

  /** Ends everything that is under way: whoever waits gets a failure. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const { flight } of [...this.#underway.values()]) flight.shed('this server stops');
    for (const flight of this.#lingering) flight.close();
    this.#prober.close();
  }

  #start(
    question: Question,
    { spelled, waiting }: { spelled: WireName | undefined; waiting: Waiting[] },
  ): void {
    const { zones, now } = this.#options;
    const set = zones.find(question.name);
    if (set === undefined || this.#isClosed) {
      queueMicrotask(() => this.#tellFailure(waiting, 'nobody is to be asked'));
      return;
    }
    this.#makeRoom();
    const name = randomizeCase(question.name, spelled);
    const flight = new Flight({ question, name, set }, this.#context);
    this.counts.asked++;
    const isMarked = name !== spelled && canBeMarked(question.name);
    this.#underway.set(question.id, { flight, waiting, isMarked });
    // One whose upstreams are all down is settled by its first tick.
    if (set.isDown) queueMicrotask(() => flight.tick(now()));
    this.#arm();
  }

  #makeRoom(): void {
    if (this.#underway.size < (this.#options.maxFlights ?? MAX_FLIGHTS)) return;
    const [oldest] = this.#underway.values();
    this.#underway.delete(oldest.flight.plan.question.id);
    this.counts.shed++;
    // Not at once: whoever asks may have just been told of an answer, and others are still to be told of it.
    queueMicrotask(() => this.#shed(oldest));
  }

  #shed({ flight, waiting }: Underway): void {
    const { plan, startedAt } = flight;
    const detail = 'too many questions are under way';
    const durationMs = this.#options.now() - startedAt;
    flight.close();
    this.#log.noteFailure({ question: plan.question, detail, durationMs });
    tell(waiting, this.#describe(EXTENDED_ERROR.noReachableAuthority, detail), false);
  }

  #settle(flight: Flight, outcome: FlightOutcome): void {
    const { question } = flight.plan;
    const underway = this.#underway.get(question.id);
    // One that was shed, while its question has begun again.
    if (underway?.flight !== flight) {
      flight.close();
      return;
    }
    this.#underway.delete(question.id);
    this.#linger(flight);
    this.#conclude(underway, this.#draftOutcome(flight, outcome));
  }

  /** Puts the answer together, and gives how it is to be held. */
  #draftOutcome({ plan, startedAt }: Flight, outcome: FlightOutcome): ReceivedAnswer {
    const { now, cacheNow } = this.#options;
    if (outcome.kind === 'response') {
      const message = { scan: this.#scan, message: outcome.response };
      return receiveAnswer(this.#draft, message, { limits: this.#options, now: cacheNow() });
    }
    const { isRefused, detail } = outcome;
    this.counts.failed++;
    this.#log.noteFailure({ question: plan.question, detail, durationMs: now() - startedAt });
    const { networkError, noReachableAuthority } = EXTENDED_ERROR;
    const { lifetime } = this.#describe(isRefused ? networkError : noReachableAuthority, detail);
    return { kind: 'failure', lifetime };
  }

  /** Keeps the answer that was put together, and tells it; a failure gives way to what is out of date. */
  #conclude({ flight, waiting }: Underway, { kind, lifetime }: ReceivedAnswer): void {
    const { id, hasKey } = flight.plan.question;
    const { cache } = this.#options;
    const stale = kind === 'failure' && hasKey ? cache.useStale(id) : undefined;
    if (stale === undefined && lifetime > 0 && hasKey) {
      cache.put(id, { kind, answer: this.#draft.bytes });
    }
    tell(waiting, stale ?? this.#draft.view, stale !== undefined);
  }

  /** Drafts a failure. */
  #describe(extendedError: number, detail: string): AnswerView {
    draftFailure(this.#draft, { extendedError, detail, now: this.#options.cacheNow() });
    return this.#draft.view;
  }

  #tellFailure(waiting: readonly Waiting[], detail: string): void {
    tell(waiting, this.#describe(EXTENDED_ERROR.networkError, detail), false);
  }

  /** Our own query has come back to us by way of the upstream. */
  #refuseLoop(question: Question, asking: Asking): void {
    const detail = 'the query came back: an upstream forwards to this server';
    this.counts.loops++;
    this.#log.noteLoop(question);
    queueMicrotask(() => this.#tellFailure([asking], detail));
  }

  #linger(flight: Flight): void {
    if (flight.isOver) return;
    this.#lingering.add(flight);
    if (this.#lingering.size <= MAX_LINGERING) return;
    const [oldest] = this.#lingering;
    oldest.close();
    this.#lingering.delete(oldest);
  }

  #noteHealth(upstream: Upstream): void {
    if (this.#log.noteHealth(upstream)) this.#options.cache.forgetFailures();
  }

  /** Sees to the timer as long as there is something to do. */
  #arm(): void {
    if (this.#timer !== undefined || this.#isClosed) return;
    this.#timer = setTimeout(() => this.#tick(), TICK_MS).unref();
    this.#options.udp.wakeWithin(TICK_MS);
  }

  #tick(): void {
    const now = this.#options.now();
    this.#timer = undefined;
    for (const { flight } of this.#underway.values()) flight.tick(now);
    for (const flight of this.#lingering) {
      flight.tick(now);
      if (flight.isOver) this.#lingering.delete(flight);
    }
    const isProbing = this.#prober.tick(this.#options.upstreams(), now);
    if (this.#underway.size + this.#lingering.size > 0 || isProbing) this.#arm();
  }
}

function tell(waiting: readonly Waiting[], answer: AnswerView, isStale: boolean): void {
  for (const { done, isWanted } of waiting) if (isWanted()) done(answer, isStale);
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
