/**
 * The nodes of names that the configuration gives addresses to. Each is a zone of its own, so that other types are
 * NODATA with a SOA here, and what lies around it is somebody else's.
 */
import { parseAddress } from '../dns/address.ts';
import { encodeName } from '../dns/name.ts';
import { addressRrsets } from './apex-nodes.ts';
import { type Node, OWN_ZONE } from './node.ts';

/** A name outside every served zone. */
export interface Host {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** Builds the nodes of hosts. */
export function hostNodes(hosts: readonly Host[], ttl: number): Node[] {
  return hosts.map(({ name, addresses: texts }) => {
    const addresses = texts.flatMap((text) => parseAddress(text) ?? []);
    return { owner: encodeName(name), zone: OWN_ZONE, rrsets: addressRrsets({ ttl, addresses }) };
  });
}
