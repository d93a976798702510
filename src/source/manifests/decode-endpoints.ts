/**
 * Endpoints (v1), the older form of EndpointSlices: subsets of addresses of either family with their ports.
 */
import type { Endpoint, EndpointGroup, Endpoints } from '../resources.ts';
import { decodeEndpointPorts, decodePodName } from './decode-endpoint-slice.ts';
import type { Metadata } from './decode-object.ts';
import type { Field } from './field.ts';
import { ADDRESS, DNS_LABEL } from './text-rules.ts';

/** Decodes Endpoints. */
export function decodeEndpoints(object: Field, metadata: Metadata): Endpoints {
  return {
    kind: 'Endpoints',
    namespace: metadata.namespace,
    name: metadata.name,
    subsets: object.get('subsets').items().map(decodeSubset),
  };
}

function decodeSubset(subset: Field): EndpointGroup {
  return {
    endpoints: [
      ...decodeAddresses(subset.get('addresses'), { ready: true }),
      ...decodeAddresses(subset.get('notReadyAddresses'), { ready: false }),
    ],
    ports: decodeEndpointPorts(subset.get('ports')),
  };
}

function decodeAddresses(list: Field, { ready }: { ready: boolean }): Endpoint[] {
  return list.items().map((address) => ({
    addresses: [address.get('ip').requiredText(ADDRESS)],
    ready,
    hostname: address.get('hostname').text(DNS_LABEL),
    podName: decodePodName(address.get('targetRef')),
  }));
}
