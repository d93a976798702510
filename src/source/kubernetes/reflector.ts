/**
 * Keeps what is held of one resource in step with the API server, whatever happens to it:
 *
 *     +--> list: streaming, else by pages --> watch --+--> ended: watch again
 *     |                                       ^       |
 *     |                                       +-------+--> broken off: wait, watch again
 *     +-- wait <--------------------------------------+--> expired, undecodable, out of step
 *
 * What is held is served all the while; a list brings it up to date in place.
 */
import { type Resource, resourceKey } from '../resources.ts';
import type { ApiClient } from './api-client.ts';
import { ApiStatusError } from './api-error.ts';
import { ApiFormatError } from './api-format-error.ts';
import { Backoff } from './backoff.ts';
import { type Clock, sleep } from './clock.ts';
import { HeldResource, type ObjectHandler } from './held-resource.ts';
import { listObjects } from './lister.ts';
import type { OutOfStepError } from './out-of-step-error.ts';
import { ProofSchedule } from './proof-schedule.ts';
import { type ProofDepth, Prover } from './prover.ts';
import { ReflectorLog, type SourceEvent } from './reflector-log.ts';
import { ResourceRequests, type Scope } from './resource-requests.ts';
import { NoInitialEventsError, Watcher } from './watcher.ts';

/** A server that answers a watch with errors, again and again, is asked for a list instead. */
const MAX_WATCH_ERRORS = 5;

export interface ReflectorOptions {
  readonly scope: Scope;
  readonly client: ApiClient;
  readonly handler: ObjectHandler;
  readonly clock: Clock;
  readonly random: () => number;
  readonly onEvent: (event: SourceEvent) => void;
}

/** Numbers that tell how it goes. */
export interface ReflectorStatus {
  readonly scope: Scope;
  readonly objects: number;
  /** Whether every object has been listed once. */
  readonly hasSynced: boolean;
  /** Whether a watch is open at present. */
  readonly isConnected: boolean;
  /** Lists that ended, streaming ones among them. */
  readonly lists: number;
  /** Watches that were opened. */
  readonly watches: number;
  readonly failures: number;
  readonly outOfStep: number;
  readonly problems: number;
  readonly handlerErrors: number;
  /** When it was last known for sure to be in step, in milliseconds since the epoch; 0 for never. */
  readonly lastProofMs: number;
}

export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #log: ReflectorLog;
  readonly #held: HeldResource;
  readonly #requests: ResourceRequests;
  readonly #watcher: Watcher;
  readonly #proofs: ProofSchedule;
  readonly #backoff: Backoff;
  /** Ends the connection that is followed at present. */
  #connection = new AbortController();
  #needsList = true;
  #isConnected = false;
  #watchErrors = 0;
  readonly #counts = { watches: 0, failures: 0, outOfStep: 0, problems: 0, handlerErrors: 0 };

  constructor(options: ReflectorOptions) {
    this.#options = options;
    const { scope, client, handler, clock, random } = options;
    const { kind } = scope.resource;
    this.#log = new ReflectorLog(options);
    this.#held = new HeldResource({
      handler,
      clock,
      onProblem: (key, problem) => {
        this.#counts.problems++;
        this.#log.problem(key, problem);
      },
      onHandlerError: (error) => {
        this.#counts.handlerErrors++;
        this.#log.handlerError(error);
      },
    });
    this.#requests = new ResourceRequests(scope);
    const common = {
      client,
      requests: this.#requests,
      kind,
      scope,
      held: this.#held,
      clock,
      random,
    };
    this.#watcher = new Watcher({
      ...common,
      onConnected: () => this.#noteConnected(),
      onListed: () => this.#noteListed(),
    });
    this.#proofs = new ProofSchedule({
      ...common,
      prover: new Prover(common),
      onOutOfStep: (error) => this.#listAnew(error),
      onRefused: (error) => this.#log.unproved(error),
    });
    this.#backoff = new Backoff({ clock, random });
  }

  /** Follows the resource until the signal ends it; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#follow(signal), this.#proofs.run(signal)]);
  }

  /** Takes an object of an earlier run, which the first list either brings again or sweeps. */
  restore(resource: Resource): void {
    this.#held.put({ key: resourceKey(resource), resourceVersion: 0, resource });
  }

  /** Compares now; true where all is in step. What is not is brought into step. */
  prove(depth: ProofDepth): Promise<boolean> {
    return this.#proofs.prove(depth);
  }

  get status(): ReflectorStatus {
    return {
      scope: this.#options.scope,
      objects: this.#held.ledger.size,
      hasSynced: this.#held.lists > 0,
      isConnected: this.#isConnected,
      lists: this.#held.lists,
      ...this.#counts,
      lastProofMs: this.#proofs.lastProofMs,
    };
  }

  async #follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const connection = new AbortController();
      const end = () => connection.abort();
      signal.addEventListener('abort', end);
      this.#connection = connection;
      try {
        await this.#listOrWatch(connection.signal);
      } catch (error) {
        if (!signal.aborted) await this.#recover(error, signal);
      } finally {
        this.#isConnected = false;
        signal.removeEventListener('abort', end);
      }
    }
  }

  async #listOrWatch(signal: AbortSignal): Promise<void> {
    if (!this.#needsList) {
      await this.#watcher.watch({ isInitial: false }, signal);
      return;
    }
    try {
      await this.#watcher.watch({ isInitial: true }, signal);
    } catch (error) {
      if (!this.#needsList || !isStreamingRefused(error)) throw error;
      const { client, scope } = this.#options;
      const { kind } = scope.resource;
      await listObjects({ client, requests: this.#requests, kind, held: this.#held }, signal);
      this.#noteListed();
    }
  }

  #noteConnected(): void {
    this.#counts.watches++;
    this.#isConnected = true;
    if (!this.#needsList) this.#noteFollowed();
  }

  #noteListed(): void {
    this.#needsList = false;
    this.#proofs.noteListed();
    this.#log.listed(this.#held.ledger.size);
    this.#noteFollowed();
  }

  #noteFollowed(): void {
    this.#proofs.noteConnected();
    this.#log.recovered();
  }

  /** What is held is wrong: a list mends it. */
  #listAnew(error: OutOfStepError): void {
    this.#counts.outOfStep++;
    this.#log.failed(error);
    this.#needsList = true;
    this.#connection.abort(error);
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    this.#isConnected = false;
    this.#proofs.noteInterrupted();
    if (!this.#connection.signal.aborted) this.#noteFailure(error);
    await sleep(this.#options.clock, this.#backoff.delayAfter(error), signal);
  }

  #noteFailure(error: unknown): void {
    this.#counts.failures++;
    if (this.#watcher.hasBroughtEvents) this.#watchErrors = 0;
    if (error instanceof ApiStatusError) this.#watchErrors++;
    if (needsList(error) || this.#watchErrors >= MAX_WATCH_ERRORS) this.#needsList = true;
    this.#log.failed(error);
  }
}

/** Where changes may have been lost, or the server refuses to go on from there. */
function needsList(error: unknown): boolean {
  if (error instanceof ApiFormatError) return true;
  if (!(error instanceof ApiStatusError)) return false;
  const isForNow = error.status === 429 || error.status >= 500;
  return !error.isAboutAccess && !isForNow;
}

/** Servers without streaming lists say that the request is invalid, or take it for a watch. */
function isStreamingRefused(error: unknown): boolean {
  if (error instanceof NoInitialEventsError) return true;
  return error instanceof ApiStatusError && [400, 405, 406, 415, 422].includes(error.status);
}
