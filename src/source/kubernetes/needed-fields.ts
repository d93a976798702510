/**
 * Leaves out of an object what this configuration does not serve, since it would be held for as long as the object is:
 * 10 MB of 10,000 Services and slices, 30 MB of 150,000 Pods. Lists of ports, of which a cluster has few, are shared.
 */
import { PackedEndpointSlice } from '../packed-endpoint-slice.ts';
import { packEndpoints } from '../packed-endpoints.ts';
import type { EndpointPort, Labels, Pod, Resource } from '../resources.ts';

export interface NeededFieldsOptions {
  /** Label selector of what is served; empty for all. */
  readonly labels: string;
}

const NO_LABELS: Labels = Object.freeze({});
const NO_PORTS: readonly EndpointPort[] = Object.freeze([]);

/** A Pod of which the addresses are served; what else a Pod has is the same for all, and no field of each. */
export class AddressedPod implements Pod {
  readonly kind = 'Pod';
  readonly namespace: string;
  readonly name: string;
  readonly ips: readonly string[];
  readonly gone: boolean;
  readonly labels: Labels;

  constructor({ namespace, name, ips, gone }: Pod, labels: Labels) {
    this.namespace = namespace;
    this.name = name;
    this.ips = ips;
    this.gone = gone;
    this.labels = labels;
  }

  get ready(): boolean {
    return false;
  }

  get hostname(): string {
    return '';
  }

  get subdomain(): string {
    return '';
  }

  get ports(): readonly EndpointPort[] {
    return NO_PORTS;
  }
}

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
      case 'Pod':
        return new AddressedPod(resource, labelsOf(resource));
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
