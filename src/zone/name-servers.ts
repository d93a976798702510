/**
 * The Services that lead to this very server, as far as that can be known: those with one of its own addresses
 * among their ready endpoints. They are the names in NS records; without any it is `ns.dns.<domain>`.
 */
import { formatAddress, parseAddress } from '../dns/address.ts';
import type { WireName } from '../dns/name.ts';
import type { ObjectKey, Service } from '../source/resources.ts';
import type { NamedEndpoints } from './named-endpoints.ts';
import { serviceName } from './service-name.ts';

const IPV4_LOOPBACK = 127;
const IPV6_LOOPBACK = '::1';

export class NameServers {
  readonly #own: readonly Uint8Array[];
  /** Those that endpoints may have; loopback is everybody's. */
  readonly #reachable: readonly Uint8Array[];
  readonly #services = new Map<ObjectKey, Service>();

  constructor(own: readonly Uint8Array[]) {
    this.#own = own;
    this.#reachable = own.filter((address) => !isLoopback(address));
  }

  /** Takes a Service's present state, and tells whether the name servers are others than before. */
  note(key: ObjectKey, service: Service | undefined, endpoints: NamedEndpoints): boolean {
    const before = this.#services.get(key);
    // RFC 2181 section 10.3: an NS record does not point to an alias.
    const mayLead = service !== undefined && service.type !== 'ExternalName';
    const leadsHere = mayLead && this.#reachable.some((own) => endpoints.hasAddress(own));
    if (leadsHere) this.#services.set(key, service);
    else this.#services.delete(key);
    return leadsHere ? before !== service : before !== undefined;
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
}

function isLoopback(address: Uint8Array): boolean {
  if (address.length === 4) return address[0] === IPV4_LOOPBACK;
  return formatAddress(address) === IPV6_LOOPBACK;
}
