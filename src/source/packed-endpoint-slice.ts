/**
 * An EndpointSlice whose endpoints are one text, a line each, until somebody asks for them: 150,000 endpoints take
 * 10 MB this way, and 40 MB as objects (test/bench/source/kubernetes), while most of them belong to Services with a
 * virtual IP and are never asked for.
 *
 *   10.0.0.1 10.0.0.2|1|web-0|web-0      addresses, 1 where it is ready, hostname, Pod name
 */
import type { Endpoint, EndpointPort, EndpointSlice, Labels } from './resources.ts';

/** A slice as it is written to a file and read again: all that is its own. */
export type PackedSlice = Omit<EndpointSlice, 'endpoints'> & { readonly packedEndpoints: string };

/** Equal slices have equal fields of their own, so that they are found equal without being unpacked. */
export class PackedEndpointSlice implements EndpointSlice {
  readonly kind = 'EndpointSlice';
  readonly namespace: string;
  readonly name: string;
  readonly labels: Labels;
  readonly serviceName: string;
  readonly addressType: EndpointSlice['addressType'];
  readonly ports: readonly EndpointPort[];
  readonly packedEndpoints: string;

  constructor(slice: EndpointSlice | PackedSlice) {
    this.namespace = slice.namespace;
    this.name = slice.name;
    this.labels = slice.labels;
    this.serviceName = slice.serviceName;
    this.addressType = slice.addressType;
    this.ports = slice.ports;
    this.packedEndpoints =
      'packedEndpoints' in slice
        ? slice.packedEndpoints
        : slice.endpoints.map(packEndpoint).join('\n');
  }

  get endpoints(): readonly Endpoint[] {
    if (lastUnpacked.packed !== this.packedEndpoints) {
      lastUnpacked = { packed: this.packedEndpoints, endpoints: unpack(this.packedEndpoints) };
    }
    return lastUnpacked.endpoints;
  }
}

/** Who asks for a slice's endpoints does so several times in a row: to count them, to name them. */
let lastUnpacked: { readonly packed: string; readonly endpoints: readonly Endpoint[] } = {
  packed: '',
  endpoints: [],
};

function unpack(packed: string): readonly Endpoint[] {
  return packed === '' ? [] : packed.split('\n').map(unpackEndpoint);
}

function packEndpoint({ addresses, ready, hostname, podName }: Endpoint): string {
  // Most have one address: an array for each is half of what packing costs.
  const list = addresses.length === 1 ? clean(addresses[0]) : addresses.map(clean).join(' ');
  return `${list}|${ready ? '1' : '0'}|${clean(hostname)}|${clean(podName)}`;
}

function unpackEndpoint(line: string): Endpoint {
  const [addresses, ready, hostname, podName] = line.split('|');
  return {
    addresses: addresses === '' ? [] : addresses.split(' '),
    ready: ready === '1',
    hostname,
    podName,
  };
}

/** No address and no label has a separator in it; what has one names nothing. */
function clean(text: string): string {
  const isSeparated = text.includes('|') || text.includes(' ') || text.includes('\n');
  return isSeparated ? '' : text;
}
