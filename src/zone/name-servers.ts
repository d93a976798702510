/**
 * The Services that lead to this very server, as far as that can be known: those with one of its own addresses
 * among their ready endpoints. They are the names in NS records; without any it is `ns.dns.<domain>`.
 */
import { formatAddress, parseAddress } from '../dns/address.ts';
import type { WireName } from '../dns/name.ts';
import type { ObjectKey, Service } from '../source/resources.ts';
import { type ServiceInput, serviceName } from './service-nodes.ts';

const IPV4_LOOPBACK = 127;
const IPV6_LOOPBACK = '::1';

export class NameServers {
  readonly #own: readonly Uint8Array[];
  /** Own addresses as objects write them; loopback is everybody's. */
  readonly #ownTexts: ReadonlySet<string>;
  readonly #services = new Map<ObjectKey, Service>();

  constructor(own: readonly Uint8Array[]) {
    this.#own = own;
    this.#ownTexts = new Set(own.filter((address) => !isLoopback(address)).map(formatAddress));
  }

  /** Takes a Service's present state, and tells whether the name servers are others than before. */
  note(key: ObjectKey, input: ServiceInput | undefined): boolean {
    const before = this.#services.get(key);
    if (this.#ownTexts.size === 0) return false;
    const leadsHere = input !== undefined && this.#leadsHere(input);
    if (leadsHere) this.#services.set(key, input.service);
    else this.#services.delete(key);
    return leadsHere ? before !== input.service : before !== undefined;
  }

  /** Gives the names in a cluster domain, in an order that does not depend on what came when. */
  names(domain: WireName): WireName[] {
    const keys = [...this.#services.keys()].sort();
    return keys.flatMap((key) => {
      const service = this.#services.get(key);
      return (service && serviceName(service, domain)) ?? [];
    });
  }

  /** Gives the virtual IPs of those Services, else the server's own addresses. */
  addresses(): Uint8Array[] {
    const virtual = [...this.#services.values()].flatMap(({ clusterIps }) =>
      clusterIps.flatMap((text) => parseAddress(text) ?? []),
    );
    return virtual.length > 0 ? virtual : [...this.#own];
  }

  #leadsHere({ service, groups }: ServiceInput): boolean {
    // RFC 2181 section 10.3: an NS record does not point to an alias.
    if (service.type === 'ExternalName') return false;
    for (const { endpoints } of groups) {
      for (const { ready, addresses } of endpoints) {
        if (!ready && !service.publishNotReadyAddresses) continue;
        if (addresses.some((text) => this.#ownTexts.has(text))) return true;
      }
    }
    return false;
  }
}

function isLoopback(address: Uint8Array): boolean {
  if (address.length === 4) return address[0] === IPV4_LOOPBACK;
  return formatAddress(address) === IPV6_LOOPBACK;
}
