/**
 * The addresses of a prefix that Services may have, by number.
 */
import { formatAddress, IPV4_BYTES, type Prefix, prefixContains } from '../../dns/address.ts';

/** Larger prefixes are given out from in their first 2^32 addresses only. */
const MAX_HOST_BITS = 32;
/** The API server leaves as many at the beginning, of larger prefixes, to Services that name theirs. */
const MAX_NAMED = 256;
const MIN_NAMED = 16;

export class AddressRange {
  readonly #prefix: Prefix;
  /** Offsets 1 to `#last` may be used: not the network's own address, nor the broadcast address. */
  readonly #last: number;
  readonly #named: number;

  constructor(prefix: Prefix) {
    this.#prefix = prefix;
    const hostBits = Math.min(prefix.address.length * 8 - prefix.bits, MAX_HOST_BITS);
    const size = 2 ** hostBits;
    this.#last = prefix.address.length === IPV4_BYTES ? size - 2 : size - 1;
    this.#named = size <= MIN_NAMED ? 0 : Math.min(Math.max(size / 16, MIN_NAMED), MAX_NAMED);
  }

  /** Tells whether a Service may have an address; one of the other family, never. */
  contains(address: Uint8Array): boolean {
    if (!prefixContains(this.#prefix, address)) return false;
    const isFirst = address.every((byte, i) => byte === this.#prefix.address[i]);
    const isBroadcast =
      address.length === IPV4_BYTES && this.#at(this.#last + 1) === formatAddress(address);
    return !isFirst && !isBroadcast;
  }

  /** Gives every address that may be given out, from a place that `hash` (32 bits) chooses; those that people name last. */
  *candidates(hash: number): Generator<string> {
    const named = Math.min(this.#named, this.#last);
    const count = this.#last - named;
    for (let i = 0; i < count; i++) yield this.#at(named + 1 + ((hash + i) % count));
    for (let offset = 1; offset <= named; offset++) yield this.#at(offset);
  }

  #at(offset: number): string {
    const address = Uint8Array.from(this.#prefix.address);
    const view = new DataView(address.buffer);
    const end = address.length - 4;
    view.setUint32(end, view.getUint32(end) + offset);
    return formatAddress(address);
  }
}
