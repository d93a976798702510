/**
 * The upstreams of one forward, and in which order a question goes to them. In: addresses, which may change, and a
 * policy; out: upstreams. Whatever the policy, one that is down comes after those that are not.
 */
import type { ForwardPolicy } from '../config/configuration.ts';
import { randomUint16 } from './random.ts';
import type { Upstream } from './upstream.ts';
import type { UpstreamAddress } from './upstream-address.ts';

/** Upstreams whose times differ by no more share the load. */
const ALIKE_FACTOR = 1.25;
const ALIKE_MS = 1;
/** How long an order holds. */
const ORDER_MS = 10;

export interface UpstreamSetOptions {
  readonly policy: ForwardPolicy;
  /** Gives the upstream at an address, the same one as long as somebody has it; the set closes it when it is done. */
  readonly upstreamAt: (address: UpstreamAddress) => Upstream;
}

export class UpstreamSet {
  readonly #options: UpstreamSetOptions;
  #upstreams: readonly Upstream[] = [];
  /** Orders that are as good as each other, as of `#orderedAt`. */
  #orders: readonly (readonly Upstream[])[] = [[]];
  #orderedAt = Number.NEGATIVE_INFINITY;
  #turn = 0;

  constructor(options: UpstreamSetOptions) {
    this.#options = options;
  }

  get upstreams(): readonly Upstream[] {
    return this.#upstreams;
  }

  /** Takes other addresses; what is known of those that stay is kept. */
  use(addresses: readonly UpstreamAddress[]): void {
    const before = this.#upstreams;
    this.#upstreams = addresses.map((address) => this.#options.upstreamAt(address));
    for (const upstream of before) upstream.close();
    this.#orderedAt = Number.NEGATIVE_INFINITY;
  }

  /** Gives every upstream, the one to be asked first being the first. `now` is in milliseconds. */
  order(now: number): readonly Upstream[] {
    if (now - this.#orderedAt >= ORDER_MS) {
      this.#orders = this.#findOrders();
      this.#orderedAt = now;
    }
    const orders = this.#orders;
    if (orders.length === 1) return orders[0];
    const turn = this.#options.policy === 'roundRobin' ? this.#turn++ : randomUint16();
    return orders[turn % orders.length];
  }

  /** There is none of which an answer can be expected. */
  get isDown(): boolean {
    for (const { health } of this.#upstreams) if (!health.isDown) return false;
    return true;
  }

  close(): void {
    for (const upstream of this.#upstreams) upstream.close();
  }

  #findOrders(): readonly (readonly Upstream[])[] {
    const upstreams = this.#upstreams;
    switch (this.#options.policy) {
      case 'sequential':
        return [downLast(upstreams)];
      case 'roundRobin':
      case 'random':
        return rotations(upstreams).map(downLast);
      case 'fastest': {
        const sorted = upstreams.toSorted((a, b) => a.health.expectedMs - b.health.expectedMs);
        const best = sorted[0]?.health.expectedMs ?? 0;
        const limit = best * ALIKE_FACTOR + ALIKE_MS;
        const alike = sorted.filter(({ health }) => health.expectedMs <= limit);
        const rest = sorted.slice(alike.length);
        return rotations(alike).map((order) => downLast([...order, ...rest]));
      }
    }
  }
}

/** Gives the list with each of its members in the first place once; an empty list once. */
function rotations(upstreams: readonly Upstream[]): readonly (readonly Upstream[])[] {
  if (upstreams.length === 0) return [[]];
  return upstreams.map((_, i) => [...upstreams.slice(i), ...upstreams.slice(0, i)]);
}

function downLast(upstreams: readonly Upstream[]): readonly Upstream[] {
  return upstreams.toSorted((a, b) => Number(a.health.isDown) - Number(b.health.isDown));
}
