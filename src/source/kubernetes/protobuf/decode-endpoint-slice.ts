/** EndpointSlice (k8s.io/api, discovery/v1/generated.proto). */
import { PackedEndpointSlice } from '../../packed-endpoint-slice.ts';
import { EndpointPacker } from '../../packed-endpoints.ts';
import type { EndpointPort, EndpointSlice } from '../../resources.ts';
import { decodeMetadata, type ObjectMetadata } from './decode-metadata.ts';
import type { Decoded, Decoding } from './decode-object.ts';
import type { WireReader } from './wire-reader.ts';
import { ADDRESS_TYPES, PROTOCOLS, portNumber, wordOf } from './words.ts';

/** Their memory serves one slice after another. */
const packer = new EndpointPacker();
const ports: EndpointPort[] = [];

export function decodeEndpointSlice(
  reader: WireReader,
  first: ObjectMetadata,
  { needed, sharedPorts }: Decoding,
): Decoded<EndpointSlice> {
  let metadata = first;
  let addressType = '';
  ports.length = 0;
  packer.begin();
  while (reader.next()) {
    if (reader.field === 1) metadata = decodeMetadata(reader, needed.labels);
    else if (reader.field === 2) packEndpoint(reader, needed.podNames);
    else if (reader.field === 3) ports.push(decodePort(reader));
    else if (reader.field === 4) addressType = reader.repeatedText();
    else reader.skip();
  }
  const { namespace, name, labels, serviceName } = metadata;
  return {
    metadata,
    resource: new PackedEndpointSlice({
      kind: 'EndpointSlice',
      namespace,
      name,
      labels,
      serviceName,
      addressType: wordOf(ADDRESS_TYPES, addressType),
      packedEndpoints: packer.text(),
      ports: sharedPorts.share(ports),
    }),
  };
}

/** Addresses go to the text as they come, and come first: fields are written in the order of their numbers. */
function packEndpoint(reader: WireReader, keepsPodName: boolean): void {
  let ready = true;
  let [hostnameStart, hostnameEnd, podNameStart, podNameEnd] = [0, 0, 0, 0];
  packer.beginEndpoint();
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) {
      reader.locate();
      packer.addAddress(reader.bytes, reader.valueStart, reader.valueEnd);
    } else if (reader.field === 2) ready = decodeReady(reader);
    else if (reader.field === 3) {
      reader.locate();
      hostnameStart = reader.valueStart;
      hostnameEnd = reader.valueEnd;
    } else if (reader.field === 4 && keepsPodName) {
      locatePodName(reader);
      podNameStart = reader.valueStart;
      podNameEnd = reader.valueEnd;
    } else reader.skip();
  }
  reader.leave(outer);
  packer.putReady(ready);
  packer.putName(reader.bytes, hostnameStart, hostnameEnd);
  packer.putName(reader.bytes, podNameStart, podNameEnd);
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

/** ObjectReference: notes where its name lies, where it points to a Pod. */
function locatePodName(reader: WireReader): void {
  let isPod = false;
  let [start, end] = [0, 0];
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) isPod = reader.repeatedText() === 'Pod';
    else if (reader.field === 3) {
      reader.locate();
      start = reader.valueStart;
      end = reader.valueEnd;
    } else reader.skip();
  }
  reader.leave(outer);
  reader.valueStart = start;
  reader.valueEnd = isPod ? end : start;
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
