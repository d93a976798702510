/**
 * The names of `pods: verified`: `1-2-3-4.<namespace>.pod.<domain>` for each Pod that exists. Pods on the host's
 * network share an address, and so a name. Kubernetes DNS specification 1.1.0 leaves these to the server.
 */
import { parseAddress } from '../dns/address.ts';
import { TYPE } from '../dns/constants.ts';
import { childName } from '../dns/name.ts';
import { dashedAddress } from './endpoint-name.ts';
import type { Node } from './node.ts';
import type { ServedZone } from './zone-set.ts';

/** Builds the node of one address in one namespace, in every cluster domain. */
export function podNodes(
  pod: { readonly ip: string; readonly namespace: string },
  { zones, ttl }: { readonly zones: readonly ServedZone[]; readonly ttl: number },
): Node[] {
  const address = parseAddress(pod.ip);
  if (address === undefined) return [];
  const type = address.length === 4 ? TYPE.A : TYPE.AAAA;
  return zones.flatMap((zone, index) => {
    if (zone.isReverse) return [];
    const parent = childName(pod.namespace, childName('pod', zone.apex));
    const owner = childName(dashedAddress(pod.ip), parent);
    return [{ owner, zone: index, rrsets: [{ type, ttl, rdatas: [address] }] }];
  });
}
