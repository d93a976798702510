/**
 * Virtual IPs for Services that name none, as the API server would give them. In: what every Service asks
 * for, in path order; out: the addresses of each, or why it has none.
 *
 * The outcome is the same for the same folder and memory, whatever came when: addresses that Services name
 * are theirs first; then every other Service gets the one that it had; then the rest choose, by a hash of their
 * name, in the order of names. The memory is what was given out, also to Services that are gone: their
 * addresses go to others last.
 */
import { formatPrefix, IPV4_BYTES, type Prefix, parseAddress } from '../../dns/address.ts';
import type { IpFamily, ObjectKey } from '../resources.ts';
import { AddressRange } from './address-range.ts';
import type { VipRequest } from './decode-service.ts';
import { hashName } from './name-hash.ts';
import type { Mistake } from './problem.ts';
import { familyOf, planVips, type VipPlan } from './vip-plan.ts';

/** The virtual IPs of a Service. */
export interface Vips {
  /** Primary first; in the form of RFC 5952. */
  readonly addresses: readonly string[];
  /** Whether any of them was chosen here. */
  readonly isAllocated: boolean;
  /** An address that the Service had and could not keep, told once. */
  readonly notice?: Mistake;
}

export type VipResult = Vips | { readonly mistakes: readonly Mistake[] };

/** Addresses that were given out, by Service; those that became free first, in that order. */
export type VipMemory = ReadonlyMap<ObjectKey, readonly string[]>;

/** As many addresses of Services that are gone are remembered. */
const MAX_FORMER = 10_000;

export class VipAllocator {
  readonly #prefixes: readonly Prefix[];
  readonly #ranges: Readonly<Record<IpFamily, AddressRange[]>> = { IPv4: [], IPv6: [] };
  readonly #families: readonly IpFamily[];
  /**
   * Who has each address that was given out, and who had it. No address is in both, and none is in either
   * that a Service names.
   */
  #current = new Map<string, ObjectKey>();
  readonly #former = new Map<string, ObjectKey>();
  /** Every address in use, named or given out. */
  #holders = new Map<string, ObjectKey>();
  /** Families without a free address, so that not every further Service looks through all of them. */
  readonly #exhausted = new Set<IpFamily>();

  /** Takes the prefixes to give out from, each family's first one first; the first one's family is primary. */
  constructor(prefixes: readonly Prefix[]) {
    this.#prefixes = prefixes;
    const families = new Set<IpFamily>();
    for (const prefix of prefixes) {
      const family = familyOfBytes(prefix.address);
      families.add(family);
      this.#ranges[family].push(new AddressRange(prefix));
    }
    this.#families = [...families];
  }

  /** Takes what an earlier run gave out; an address that stands there twice is the first one's. */
  restore(memory: VipMemory): void {
    for (const [key, addresses] of memory) {
      for (const address of addresses) {
        if (!this.#former.has(address)) this.#former.set(address, key);
      }
    }
  }

  get memory(): VipMemory {
    const memory = new Map<ObjectKey, string[]>();
    for (const [address, key] of [...this.#former, ...this.#current]) {
      const addresses = memory.get(key);
      if (addresses === undefined) memory.set(key, [address]);
      else addresses.push(address);
    }
    return memory;
  }

  /** Gives each Service its addresses, or the mistakes for which it has none. */
  allocate(requests: ReadonlyMap<ObjectKey, VipRequest>): Map<ObjectKey, VipResult> {
    const results = new Map<ObjectKey, VipResult>();
    const plans = new Map<ObjectKey, VipPlan>();
    const remembered = this.memory;
    this.#holders = new Map();
    this.#exhausted.clear();
    for (const [key, request] of requests) {
      const plan = this.#plan(key, request);
      if ('mistakes' in plan) results.set(key, plan);
      else plans.set(key, plan);
    }
    const before = this.#current;
    this.#current = new Map();
    // In the order of names, so that it does not matter in which file a Service stands.
    const inOrder = [...plans].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [key, plan] of inOrder) this.#giveAgain(key, { plan, remembered });
    this.#retire(before);
    for (const [key, plan] of inOrder) results.set(key, this.#complete(key, { plan, remembered }));
    return results;
  }

  /** Claims the addresses that a Service names: all of them, or none. */
  #plan(key: ObjectKey, request: VipRequest): VipPlan | { mistakes: readonly Mistake[] } {
    const plan = planVips(request, this.#families);
    if ('mistakes' in plan) return plan;
    const mistakes: Mistake[] = [];
    for (const [family, address] of plan.named) {
      const expected = this.#objection(family, address);
      if (expected !== '') mistakes.push({ path: 'spec.clusterIP', expected, received: address });
    }
    if (mistakes.length > 0) return { mistakes };
    for (const address of plan.named.values()) this.#holders.set(address, key);
    return plan;
  }

  /** Says what was expected instead of an address that a Service names; empty where it may have it. */
  #objection(family: IpFamily, address: string): string {
    const holder = this.#holders.get(address);
    if (holder !== undefined) return `an address that no other Service names, as ${holder} does`;
    // Where a family has no range, its addresses are the operator's own.
    if (this.#ranges[family].length === 0 || this.#isInRange(family, address)) return '';
    return `an address that Services may have in ${this.#prefixTexts(family)}`;
  }

  #giveAgain(key: ObjectKey, { plan, remembered }: Remembering): void {
    for (const family of plan.families) {
      const address = rememberedAddress(key, { family, remembered });
      const isFree =
        address !== undefined && !this.#holders.has(address) && this.#isInRange(family, address);
      if (isFree && !plan.named.has(family)) this.#give(address, key);
    }
  }

  /** Notes what is no longer given out, and forgets what was free for the longest time. */
  #retire(before: ReadonlyMap<string, ObjectKey>): void {
    for (const [address, key] of before) {
      if (!this.#holders.has(address)) this.#former.set(address, key);
    }
    for (const address of this.#former.keys()) {
      const isSuperfluous = this.#former.size > MAX_FORMER || this.#holders.has(address);
      if (isSuperfluous) this.#former.delete(address);
    }
  }

  /** Chooses what a Service still lacks, and gives all that it has; or nothing where that is not enough. */
  #complete(key: ObjectKey, { plan, remembered }: Remembering): VipResult {
    const addresses: string[] = [];
    let lacks: IpFamily | undefined;
    let notice: Mistake | undefined;
    for (const family of plan.families) {
      const had = rememberedAddress(key, { family, remembered });
      const kept = had !== undefined && this.#current.get(had) === key ? had : undefined;
      const address = plan.named.get(family) ?? kept ?? this.#choose(key, family);
      const holder = had === undefined ? undefined : this.#holders.get(had);
      if (address === undefined) lacks ??= family;
      else addresses.push(address);
      const isMoved = holder !== undefined && holder !== key && !plan.named.has(family);
      if (address !== undefined && isMoved) {
        const expected = `to keep ${had}, which ${holder} names`;
        notice = { path: 'spec.clusterIP', expected, received: address };
      }
    }
    if (lacks !== undefined) {
      this.#release(addresses);
      const expected = `a free address in ${this.#prefixTexts(lacks)}`;
      return { mistakes: [{ path: 'spec.clusterIP', expected, received: 'none' }] };
    }
    const isAllocated = plan.named.size < addresses.length;
    return notice === undefined ? { addresses, isAllocated } : { addresses, isAllocated, notice };
  }

  #choose(key: ObjectKey, family: IpFamily): string | undefined {
    if (this.#exhausted.has(family)) return undefined;
    const start = hashName(`${family} ${key}`);
    let formerlyUsed: string | undefined;
    for (const range of this.#ranges[family]) {
      for (const address of range.candidates(start)) {
        if (this.#holders.has(address)) continue;
        if (!this.#former.has(address)) return this.#give(address, key);
        formerlyUsed ??= address;
      }
    }
    if (formerlyUsed === undefined) this.#exhausted.add(family);
    return formerlyUsed === undefined ? undefined : this.#give(formerlyUsed, key);
  }

  #give(address: string, key: ObjectKey): string {
    this.#holders.set(address, key);
    this.#current.set(address, key);
    this.#former.delete(address);
    return address;
  }

  #release(addresses: readonly string[]): void {
    for (const address of addresses) {
      this.#holders.delete(address);
      this.#current.delete(address);
      this.#exhausted.delete(familyOf(address));
    }
  }

  #isInRange(family: IpFamily, address: string): boolean {
    const bytes = parseAddress(address);
    return bytes !== undefined && this.#ranges[family].some((range) => range.contains(bytes));
  }

  #prefixTexts(family: IpFamily): string {
    const prefixes = this.#prefixes.filter(({ address }) => familyOfBytes(address) === family);
    return prefixes.map(formatPrefix).join(', ');
  }
}

interface Remembering {
  readonly plan: VipPlan;
  readonly remembered: VipMemory;
}

/** Gives the address that a Service had last. */
function rememberedAddress(
  key: ObjectKey,
  { family, remembered }: { family: IpFamily; remembered: VipMemory },
): string | undefined {
  return remembered.get(key)?.findLast((address) => familyOf(address) === family);
}

function familyOfBytes(address: Uint8Array): IpFamily {
  return address.length === IPV4_BYTES ? 'IPv4' : 'IPv6';
}
