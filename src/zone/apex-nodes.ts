/**
 * The nodes that need no object: apex, schema version, name server, and the empty non-terminals above
 * Services and Pods. Kubernetes DNS specification 1.1.0, section 2.2; RFC 1034 section 4.2.1.
 */
import { TYPE } from '../dns/constants.ts';
import { childName, type WireName } from '../dns/name.ts';
import type { Node, Rrset } from './node.ts';
import { nameServerName, type ServedZone } from './zone-set.ts';

/** Version of the Kubernetes DNS schema that is answered: `dns-version.<domain>`. */
export const SCHEMA_VERSION = '1.1.0';

export interface ApexOptions {
  readonly ttl: number;
  /** Names in the NS records; `ns.dns.<domain>` where it is empty. */
  readonly nameServers: readonly WireName[];
  /** Addresses of `ns.dns.<domain>`. */
  readonly addresses: readonly Uint8Array[];
}

/** Builds the nodes of one served zone, in the order in which they may be published. */
export function apexNodes(zone: ServedZone, index: number, options: ApexOptions): Node[] {
  const node = (owner: WireName, rrsets: readonly Rrset[] = []) => ({ owner, zone: index, rrsets });
  const apex = node(zone.apex, apexRrsets(zone, options));
  if (zone.isReverse) return [apex];
  const nameServer = nameServerName(zone);
  return [
    node(nameServer, addressRrsets(options)),
    node(childName('dns', zone.apex)),
    node(childName('svc', zone.apex)),
    node(childName('pod', zone.apex)),
    node(childName('dns-version', zone.apex), [
      { type: TYPE.TXT, ttl: options.ttl, rdatas: [encodeText(SCHEMA_VERSION)] },
    ]),
    apex,
  ];
}

/** SOA comes first: it is what ANY gets. */
function apexRrsets(zone: ServedZone, { ttl, nameServers }: ApexOptions): Rrset[] {
  const rdatas = nameServers.length > 0 ? nameServers : [nameServerName(zone)];
  return [
    { type: TYPE.SOA, ttl },
    { type: TYPE.NS, ttl, rdatas },
  ];
}

/** Builds the A and the AAAA RRset of addresses of both families. */
export function addressRrsets({ ttl, addresses }: Pick<ApexOptions, 'ttl' | 'addresses'>): Rrset[] {
  const rrset = (type: number, length: number) => {
    const rdatas = addresses.filter((address) => address.length === length);
    return rdatas.length > 0 ? [{ type, ttl, rdatas }] : [];
  };
  return [...rrset(TYPE.A, 4), ...rrset(TYPE.AAAA, 16)];
}

/** Encodes one character string of at most 255 bytes: RFC 1035 section 3.3.14. */
function encodeText(text: string): Uint8Array {
  return Uint8Array.of(text.length, ...Buffer.from(text, 'latin1'));
}
