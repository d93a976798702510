/** The Service that leads to the servers themselves, whose name is in NS records. */
import type { ApiJson } from '../source/kubernetes/emulation/encode-protobuf.ts';
import type { ObjectId } from './cluster-objects.ts';
import type { FixedObject } from './fixed-objects.ts';

export const OWN_SERVICE: ObjectId = { namespace: 'default', name: 'dns-of-ours' };

const PORTS = [{ name: 'dns', protocol: 'UDP', port: 53 }];

/** Gives it with a slice for each family; `None` as its virtual IP makes it headless. */
export function ownServiceObjects(
  addresses: readonly string[],
  clusterIP: string,
): readonly FixedObject[] {
  const spec = { clusterIP, clusterIPs: [clusterIP], ports: PORTS };
  const service = { apiVersion: 'v1', kind: 'Service', metadata: OWN_SERVICE, spec };
  const isIpv6 = (address: string) => address.includes(':');
  const slices = [
    ownSlice(
      'IPv4',
      addresses.filter((address) => !isIpv6(address)),
    ),
    ownSlice('IPv6', addresses.filter(isIpv6)),
  ];
  return [
    { plural: 'services', object: service },
    ...slices
      .filter(({ endpoints }) => (endpoints as unknown[]).length > 0)
      .map((object) => ({ plural: 'endpointslices', object })),
  ];
}

function ownSlice(addressType: string, addresses: readonly string[]): ApiJson {
  const { namespace, name } = OWN_SERVICE;
  const labels = { 'kubernetes.io/service-name': name };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name: `${name}-${addressType.toLowerCase()}`, labels },
    addressType,
    ports: PORTS,
    endpoints: addresses.map((address) => ({ addresses: [address] })),
  };
}
