/** Every upstream there is: one for each address, transport and certificate, however many forwards name it. */
import { formatUpstream } from '../config/upstream.ts';
import type { Upstream } from './upstream.ts';
import type { UpstreamAddress } from './upstream-address.ts';

export class Upstreams {
  readonly #create: (address: UpstreamAddress) => Upstream;
  readonly #known = new Map<string, Upstream>();

  constructor(create: (address: UpstreamAddress) => Upstream) {
    this.#create = create;
  }

  /** Gives the one at an address; each caller closes it once. */
  at(address: UpstreamAddress): Upstream {
    for (const [name, { isClosed }] of this.#known) if (isClosed) this.#known.delete(name);
    const name = formatUpstream({ kind: 'server', ...address });
    const known = this.#known.get(name);
    if (known !== undefined) return known.share();
    const upstream = this.#create(address);
    this.#known.set(name, upstream);
    return upstream;
  }
}
