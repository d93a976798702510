/**
 * Probes upstreams that have fallen silent, or were not asked for long, with a question that each can answer at once:
 * the name servers of the root. Whatever they answer, they are there.
 */
import { TYPE } from '../dns/constants.ts';
import { ROOT } from '../dns/name.ts';
import { type Asked, Attempt, type AttemptContext, type AttemptOwner } from './attempt.ts';
import type { Upstream } from './upstream.ts';
import { PROBE_MS } from './upstream-health.ts';
import type { UpstreamFailure } from './upstream-stats.ts';

const ASKED: Asked = {
  name: ROOT,
  question: {
    name: ROOT,
    qtype: TYPE.NS,
    dnssecOk: false,
    checkingDisabled: false,
    id: '. NS',
    hasKey: false,
  },
};

export interface ProberOptions extends AttemptContext {
  readonly onHealth: (upstream: Upstream) => void;
}

export class Prober implements AttemptOwner {
  readonly #options: ProberOptions;
  readonly #probes = new Map<Upstream, Attempt>();

  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /** Probes who is due, and ends what took too long; false where there is nothing to come back for. */
  tick(upstreams: readonly Upstream[], now: number): boolean {
    for (const [upstream, attempt] of this.#probes) {
      if (now - attempt.startedAt < PROBE_MS) continue;
      this.#end(upstream);
      upstream.health.noteSilentProbe();
      this.#options.onHealth(upstream);
    }
    for (const upstream of upstreams) {
      if (upstream.health.isProbeDue(now) && !this.#probes.has(upstream))
        this.#probe(upstream, now);
    }
    return this.#probes.size > 0 || upstreams.some(({ health }) => health.isSuspect);
  }

  close(): void {
    for (const upstream of [...this.#probes.keys()]) this.#end(upstream);
  }

  answered(attempt: Attempt): void {
    const { upstream } = attempt;
    this.#end(upstream);
    upstream.health.noteAnswer(this.#options.now() - attempt.startedAt);
    this.#options.onHealth(upstream);
  }

  failed(attempt: Attempt, failure: UpstreamFailure): void {
    const { upstream } = attempt;
    this.#end(upstream);
    if (failure === 'refused') upstream.health.noteRefusal();
    this.#options.onHealth(upstream);
  }

  #probe(upstream: Upstream, now: number): void {
    upstream.health.noteProbe(now);
    const options = { asked: ASKED, context: this.#options, owner: this };
    this.#probes.set(upstream, new Attempt(upstream, options));
  }

  #end(upstream: Upstream): void {
    this.#probes.get(upstream)?.close();
    this.#probes.delete(upstream);
  }
}
