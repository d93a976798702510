/**
 * Leaves out of an object what this configuration does not serve, since it would be held for as long as the object is:
 * 10 MB of 10,000 Services and slices, 30 MB of 150,000 Pods. Lists of ports, of which a cluster has few, are shared.
 */
import { PackedEndpointSlice } from '../packed-endpoint-slice.ts';
import { packEndpoints } from '../packed-endpoints.ts';
import type { EndpointPort, Labels, Resource } from '../resources.ts';

export interface NeededFieldsOptions {
  /** Label selector of what is served; empty for all. */
  readonly labels: string;
}

const NO_LABELS: Labels = Object.freeze({});
const NO_PORTS: readonly EndpointPort[] = Object.freeze([]);
/** Lists of ports that are remembered; beyond it all are forgotten, and shared anew. */
const MAX_LISTS = 4096;

/** Gives the function that makes of an object what is to be held of it. */
export function neededFields(options: NeededFieldsOptions): (resource: Resource) => Resource {
  const labelsOf = ({ labels }: { labels: Labels }) => (options.labels === '' ? NO_LABELS : labels);
  const shareServicePorts = createSharing();
  const shareEndpointPorts = createSharing();
  return (resource) => {
    switch (resource.kind) {
      case 'Service': {
        // The cluster's controller has read the selector, and writes slices.
        const ports = shareServicePorts(resource.ports);
        return { ...resource, labels: labelsOf(resource), selector: NO_LABELS, ports };
      }
      case 'EndpointSlice': {
        const { namespace, name, serviceName, addressType, packedEndpoints = '' } = resource;
        const ports = shareEndpointPorts(resource.ports);
        const own = { kind: resource.kind, namespace, name, serviceName, addressType };
        return new PackedEndpointSlice({
          ...own,
          labels: labelsOf(resource),
          ports,
          packedEndpoints: packedEndpoints || packEndpoints(resource.endpoints),
        });
      }
      case 'Pod': {
        const { kind, namespace, name, ips, gone } = resource;
        const empty = { ready: false, hostname: '', subdomain: '', ports: NO_PORTS };
        return { kind, namespace, name, labels: labelsOf(resource), ips, gone, ...empty };
      }
      case 'Namespace':
      case 'Endpoints':
        return resource;
    }
  };
}

/** Gives a function that gives the same list for equal ones. */
function createSharing(): <T extends object>(list: readonly T[]) => readonly T[] {
  const lists = new Map<string, readonly object[]>();
  return <T extends object>(list: readonly T[]) => {
    const key = JSON.stringify(list);
    const known = lists.get(key);
    if (known !== undefined) return known as readonly T[];
    if (lists.size === MAX_LISTS) lists.clear();
    lists.set(key, list);
    return list;
  };
}
