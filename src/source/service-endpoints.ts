/**
 * Where a Service's endpoints come from: its EndpointSlices; where it has none, the Endpoints of its name;
 * where it has neither, the Pods that it selects, as the endpoint controller would write them down.
 */
import { isIPv4 } from 'node:net';
import {
  type Endpoint,
  type EndpointGroup,
  type EndpointPort,
  type IpFamily,
  keyOf,
  type Pod,
  type Service,
  type ServicePort,
} from './resources.ts';
import type { Store } from './store.ts';

/** Gives a Service's endpoints, ready or not, by their ports; slices are handed out as they are held. */
export function endpointsFor(store: Store, service: Service): readonly EndpointGroup[] {
  const key = keyOf(service);
  const slices = store.slicesOf(key);
  if (slices.length > 0) return slices;
  return store.endpointsOf(key)?.subsets ?? podGroups(store, service);
}

/** Pods differ in their ports where a target port is a name. */
function podGroups(store: Store, service: Service): EndpointGroup[] {
  const groups = new Map<string, { endpoints: Endpoint[]; ports: EndpointPort[] }>();
  for (const pod of store.podsSelectedBy(service)) {
    const addresses = pod.gone ? [] : addressesFor(service, pod);
    if (addresses.length === 0) continue;
    const ports = service.ports.flatMap((port) => podPort(port, pod));
    const portsKey = JSON.stringify(ports);
    const group = groups.get(portsKey) ?? { endpoints: [], ports };
    groups.set(portsKey, group);
    group.endpoints.push({
      addresses,
      ready: pod.ready,
      hostname: pod.subdomain === service.name ? pod.hostname : '',
      podName: pod.name,
    });
  }
  return [...groups.values()];
}

function addressesFor(service: Service, pod: Pod): readonly string[] {
  const families = service.ipFamilies ?? service.clusterIps.map(familyOf);
  if (families.length === 0) return pod.ips;
  return pod.ips.filter((ip) => families.includes(familyOf(ip)));
}

/** Gives the port behind a Service's port; none where the Pod has no port of that name and protocol. */
function podPort({ name, protocol, targetPort }: ServicePort, pod: Pod): EndpointPort[] {
  if (typeof targetPort === 'number') return [{ name, protocol, port: targetPort }];
  const found = pod.ports.find((port) => port.name === targetPort && port.protocol === protocol);
  return found === undefined ? [] : [{ name, protocol, port: found.port }];
}

function familyOf(address: string): IpFamily {
  return isIPv4(address) ? 'IPv4' : 'IPv6';
}
