/** What the log tells of upstreams: who is away and back, which questions failed and why, and loops. */
import type { LogFunction } from '../monitoring/log-event.ts';
import { formatQuestion, type Question } from './question.ts';
import type { Upstream } from './upstream.ts';

/** Failed questions are told one a second, and how many more there were. */
const FAILURE_INTERVAL_MS = 1000;
const LOOP_INTERVAL_MS = 60_000;

export class ForwarderLog {
  readonly #log: LogFunction;
  readonly #now: () => number;
  readonly #down = new WeakSet<Upstream>();
  #nextFailureAt = 0;
  #untold = 0;
  #nextLoopAt = 0;

  /** `now` is monotonic, in milliseconds. */
  constructor(log: LogFunction, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  /** Tells what has changed with an upstream; gives whether it is back. */
  noteHealth(upstream: Upstream): boolean {
    const { health, label, address, lastFailure } = upstream;
    const wasDown = this.#down.has(upstream);
    if (health.isDown === wasDown) return false;
    const fields = { upstream: label, transport: address.transport };
    if (wasDown) {
      this.#down.delete(upstream);
      this.#log('info', 'upstream answers again', fields);
      return true;
    }
    this.#down.add(upstream);
    const reason = health.isRefusing ? lastFailure : 'no answer to queries and probes';
    this.#log('warn', 'upstream does not answer', { ...fields, reason, code: 'ERR_UPSTREAM' });
    return false;
  }

  noteFailure(failed: { question: Question; detail: string; durationMs: number }): void {
    const now = this.#now();
    if (now < this.#nextFailureAt) {
      this.#untold++;
      return;
    }
    this.#nextFailureAt = now + FAILURE_INTERVAL_MS;
    const { detail } = failed;
    // Written out for what is told alone: it takes longer than asking does.
    const question = formatQuestion(failed.question);
    const durationMs = Math.round(failed.durationMs);
    const others = this.#untold;
    this.#untold = 0;
    this.#log('warn', 'no upstream has answered', {
      question,
      detail,
      durationMs,
      others,
      code: 'ERR_UPSTREAM',
    });
  }

  noteLoop(looped: Question): void {
    const now = this.#now();
    if (now < this.#nextLoopAt) return;
    this.#nextLoopAt = now + LOOP_INTERVAL_MS;
    const question = formatQuestion(looped);
    const advice = 'an upstream forwards to this server: see "forward" and its resolv.conf';
    this.#log('error', 'a query has come back to this server', {
      question,
      advice,
      code: 'ERR_FORWARDING_LOOP',
    });
  }
}
