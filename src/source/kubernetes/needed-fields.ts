/**
 * Which fields of objects a configuration needs. What it does not is not kept, since it would be held for as long as the
 * object is: 10 MB of 10,000 Services and slices, 30 MB of 150,000 Pods. In protobuf it is not even read.
 */
import { PackedEndpointSlice } from '../packed-endpoint-slice.ts';
import { packEndpoints } from '../packed-endpoints.ts';
import type { EndpointGroup, Labels, Pod, Resource } from '../resources.ts';
import type { SharedPorts } from './shared-ports.ts';

export interface NeededFields {
  /** Labels of Services, slices and Pods. */
  readonly labels: boolean;
  /** How a Service's Pods are found: its selector, and the families of their addresses. */
  readonly selection: boolean;
  /** Names of the Pods behind endpoints. */
  readonly podNames: boolean;
  /** More of a Pod than its addresses. */
  readonly podDetails: boolean;
}

export const ALL_FIELDS: NeededFields = {
  labels: true,
  selection: true,
  podNames: true,
  podDetails: true,
};

export const NO_LABELS: Labels = Object.freeze({});
const NO_PORTS: Pod['ports'] = Object.freeze([]);

/**
 * A Pod of which the addresses are served; what else a Pod has is the same for all, and no field of each. Addresses are
 * one text, which is that of the only one for most: a list of one takes 48 bytes more.
 */
export class AddressedPod implements Pod {
  readonly namespace: string;
  readonly name: string;
  readonly gone: boolean;
  readonly labels: Labels;
  /** With blanks between them. */
  readonly addresses: string;

  constructor(pod: Pick<Pod, 'namespace' | 'name' | 'labels' | 'ips' | 'gone'>) {
    this.namespace = pod.namespace;
    this.name = pod.name;
    this.gone = pod.gone;
    this.labels = pod.labels;
    this.addresses = pod.ips.length === 1 ? pod.ips[0] : pod.ips.join(' ');
  }

  get kind(): 'Pod' {
    return 'Pod';
  }

  get ips(): readonly string[] {
    return this.addresses === '' ? [] : this.addresses.split(' ');
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

  get ports(): Pod['ports'] {
    return NO_PORTS;
  }

  /** As a Pod is written to a snapshot. */
  toJSON(): Pod {
    const { kind, namespace, name, labels, ips, ready, gone, hostname, subdomain, ports } = this;
    return { kind, namespace, name, labels, ips, ready, gone, hostname, subdomain, ports };
  }
}

/** Makes of an object what is to be held of it. */
export function trimmed(
  resource: Resource,
  needed: NeededFields,
  sharedPorts: SharedPorts,
): Resource {
  const labelsOf = ({ labels }: { labels: Labels }) => (needed.labels ? labels : NO_LABELS);
  switch (resource.kind) {
    case 'Service': {
      const { ipFamilies, selector, ...rest } = resource;
      return {
        ...rest,
        labels: labelsOf(resource),
        ports: sharedPorts.share(resource.ports),
        selector: needed.selection ? selector : NO_LABELS,
        ...(needed.selection && ipFamilies && { ipFamilies }),
      };
    }
    case 'EndpointSlice': {
      const { namespace, name, serviceName, addressType } = resource;
      return new PackedEndpointSlice({
        kind: resource.kind,
        namespace,
        name,
        labels: labelsOf(resource),
        serviceName,
        addressType,
        ports: sharedPorts.share(resource.ports),
        packedEndpoints: needed.podNames ? packed(resource) : packedWithoutPodNames(resource),
      });
    }
    case 'Pod': {
      const pod = { ...resource, labels: labelsOf(resource) };
      return needed.podDetails ? pod : new AddressedPod(pod);
    }
    case 'Namespace':
    case 'Endpoints':
      return resource;
  }
}

function packed({ packedEndpoints, endpoints }: EndpointGroup): string {
  return packedEndpoints ?? packEndpoints(endpoints);
}

function packedWithoutPodNames({ endpoints }: EndpointGroup): string {
  return packEndpoints(endpoints.map((endpoint) => ({ ...endpoint, podName: '' })));
}
