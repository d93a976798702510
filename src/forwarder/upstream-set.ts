/**
 * The upstreams of one forward, and in which order a question goes to them. In: addresses, which may change, and a
 * policy; out: upstreams. Whatever the policy, one that is down comes after those that are not.
 */
import type { ForwardPolicy } from '../config/configuration.ts';
import { randomUint16 } from './random.ts';
import type { Upstream } from './upstream.ts';
import { labelOf } from './upstream.ts';
import type { UpstreamAddress } from './upstream-address.ts';

/** Upstreams whose times differ by no more share the load. */
const ALIKE_FACTOR = 1.25;
const ALIKE_MS = 1;

export interface UpstreamSetOptions {
  readonly policy: ForwardPolicy;
  readonly create: (address: UpstreamAddress) => Upstream;
}

export class UpstreamSet {
  readonly #options: UpstreamSetOptions;
  #upstreams: readonly Upstream[] = [];
  #turn = 0;

  constructor(options: UpstreamSetOptions) {
    this.#options = options;
  }

  get upstreams(): readonly Upstream[] {
    return this.#upstreams;
  }

  /** Takes other addresses; what is known of those that stay is kept. */
  use(addresses: readonly UpstreamAddress[]): void {
    const known = new Map(this.#upstreams.map((upstream) => [labelOf(upstream.address), upstream]));
    this.#upstreams = addresses.map((address) => {
      const upstream = known.get(labelOf(address));
      if (upstream?.address.serverName !== address.serverName) return this.#options.create(address);
      known.delete(labelOf(address));
      return upstream;
    });
    for (const gone of known.values()) gone.close();
  }

  /** Gives every upstream, the one to be asked first being the first. */
  order(): Upstream[] {
    const ordered = this.#orderByPolicy();
    if (!ordered.some(({ health }) => health.isDown)) return ordered;
    return [
      ...ordered.filter(({ health }) => !health.isDown),
      ...ordered.filter(({ health }) => health.isDown),
    ];
  }

  /** There is none of which an answer can be expected. */
  get isDown(): boolean {
    return this.#upstreams.every(({ health }) => health.isDown);
  }

  close(): void {
    for (const upstream of this.#upstreams) upstream.close();
  }

  #orderByPolicy(): Upstream[] {
    const upstreams = this.#upstreams;
    switch (this.#options.policy) {
      case 'sequential':
        return [...upstreams];
      case 'roundRobin':
        return rotated(upstreams, this.#turn++);
      case 'random':
        return rotated(upstreams, randomUint16());
      case 'fastest':
        return orderByTime(upstreams);
    }
  }
}

function rotated(upstreams: readonly Upstream[], by: number): Upstream[] {
  const first = upstreams.length === 0 ? 0 : by % upstreams.length;
  return [...upstreams.slice(first), ...upstreams.slice(0, first)];
}

function orderByTime(upstreams: readonly Upstream[]): Upstream[] {
  if (upstreams.length < 2) return [...upstreams];
  const sorted = upstreams.toSorted((a, b) => a.health.expectedMs - b.health.expectedMs);
  const limit = sorted[0].health.expectedMs * ALIKE_FACTOR + ALIKE_MS;
  const alike = sorted.filter(({ health }) => health.expectedMs <= limit).length;
  return [...rotated(sorted.slice(0, alike), randomUint16()), ...sorted.slice(alike)];
}
