/** EndpointSlice (k8s.io/api, discovery/v1/generated.proto). */
import type { Endpoint, EndpointPort, EndpointSlice } from '../../resources.ts';
import { decodeMetadata, NO_METADATA } from './decode-metadata.ts';
import type { Decoded } from './decode-object.ts';
import { fitted } from './fitted.ts';
import type { WireReader } from './wire-reader.ts';
import { ADDRESS_TYPES, PROTOCOLS, portNumber, wordOf } from './words.ts';

const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/** Never written to. */
const NO_ADDRESSES: string[] = [];

export function decodeEndpointSlice(reader: WireReader): Decoded<EndpointSlice> {
  let metadata = NO_METADATA;
  let addressType = '';
  const endpoints: Endpoint[] = [];
  const ports: EndpointPort[] = [];
  while (reader.next()) {
    if (reader.field === 1) metadata = decodeMetadata(reader);
    else if (reader.field === 2) endpoints.push(decodeEndpoint(reader));
    else if (reader.field === 3) ports.push(decodePort(reader));
    else if (reader.field === 4) addressType = reader.repeatedText();
    else reader.skip();
  }
  const { namespace, name, labels } = metadata;
  return {
    metadata,
    resource: {
      kind: 'EndpointSlice',
      namespace,
      name,
      labels,
      serviceName: labels[SERVICE_NAME_LABEL] ?? '',
      addressType: wordOf(ADDRESS_TYPES, addressType),
      endpoints,
      ports: fitted(ports),
    },
  };
}

function decodeEndpoint(reader: WireReader): Endpoint {
  let addresses = NO_ADDRESSES;
  let ready = true;
  let hostname = '';
  let podName = '';
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) addresses = withAddress(addresses, reader.text());
    else if (reader.field === 2) ready = decodeReady(reader);
    else if (reader.field === 3) hostname = reader.text();
    else if (reader.field === 4) podName = decodePodName(reader);
    else reader.skip();
  }
  reader.leave(outer);
  return { addresses, ready, hostname, podName };
}

/** Most endpoints have one address, and an array that grows from nothing takes room for 17. */
function withAddress(addresses: string[], address: string): string[] {
  if (addresses === NO_ADDRESSES) return [address];
  addresses.push(address);
  return addresses;
}

/** EndpointConditions: absent counts as ready. */
function decodeReady(reader: WireReader): boolean {
  let ready = true;
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) ready = reader.bool();
    else reader.skip();
  }
  reader.leave(outer);
  return ready;
}

/** ObjectReference: its name, where it points to a Pod. */
function decodePodName(reader: WireReader): string {
  let isPod = false;
  let name = '';
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) isPod = reader.repeatedText() === 'Pod';
    else if (reader.field === 3) name = reader.text();
    else reader.skip();
  }
  reader.leave(outer);
  return isPod ? name : '';
}

/** A port that is left open is not written, or 0. */
function decodePort(reader: WireReader): EndpointPort {
  let name = '';
  let protocol = '';
  let port = 0;
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) name = reader.repeatedText();
    else if (reader.field === 2) protocol = reader.repeatedText();
    else if (reader.field === 3) port = reader.int32();
    else reader.skip();
  }
  reader.leave(outer);
  return {
    name,
    protocol: wordOf(PROTOCOLS, protocol || 'TCP'),
    port: port === 0 ? 0 : portNumber(port),
  };
}
