/** Pod (k8s.io/api, core/v1/generated.proto). */
import type { EndpointPort, Pod } from '../../resources.ts';
import { fitted } from '../fitted.ts';
import { AddressedPod } from '../needed-fields.ts';
import { decodeMetadata, type ObjectMetadata } from './decode-metadata.ts';
import type { Decoded, Decoding } from './decode-object.ts';
import type { WireReader } from './wire-reader.ts';
import { PROTOCOLS, portNumber, wordOf } from './words.ts';

export function decodePod(
  reader: WireReader,
  first: ObjectMetadata,
  { needed }: Decoding,
): Decoded<Pod> {
  let metadata = first;
  let spec = NO_SPEC;
  let status = NO_STATUS;
  while (reader.next()) {
    if (reader.field === 1) metadata = decodeMetadata(reader, needed.labels);
    else if (reader.field === 2 && needed.podDetails) spec = decodeSpec(reader);
    else if (reader.field === 3) status = decodeStatus(reader);
    else reader.skip();
  }
  const { namespace, name, labels, isDeleted } = metadata;
  const { ips, ready, hasEnded } = status;
  const gone = isDeleted || hasEnded;
  return {
    metadata,
    resource: needed.podDetails
      ? { kind: 'Pod', namespace, name, labels, ips, ready, gone, ...spec }
      : new AddressedPod({ namespace, name, labels, ips, gone }),
  };
}

type Spec = Pick<Pod, 'hostname' | 'subdomain' | 'ports'>;
const NO_SPEC: Spec = { hostname: '', subdomain: '', ports: [] };

function decodeSpec(reader: WireReader): Spec {
  let hostname = '';
  let subdomain = '';
  const ports: EndpointPort[] = [];
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 2) decodeContainer(reader, ports);
    else if (reader.field === 16) hostname = reader.text();
    else if (reader.field === 17) subdomain = reader.repeatedText();
    else reader.skip();
  }
  reader.leave(outer);
  return { hostname, subdomain, ports: fitted(ports) };
}

/** Adds the ports of a container that have a name. */
function decodeContainer(reader: WireReader, ports: EndpointPort[]): void {
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field !== 6) {
      reader.skip();
      continue;
    }
    const port = decodePort(reader);
    if (port.name !== '') ports.push(port);
  }
  reader.leave(outer);
}

function decodePort(reader: WireReader): EndpointPort {
  let name = '';
  let port = 0;
  let protocol = '';
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) name = reader.repeatedText();
    else if (reader.field === 3) port = reader.int32();
    else if (reader.field === 4) protocol = reader.repeatedText();
    else reader.skip();
  }
  reader.leave(outer);
  return { name, protocol: wordOf(PROTOCOLS, protocol || 'TCP'), port: portNumber(port) };
}

interface Status {
  readonly ips: readonly string[];
  readonly ready: boolean;
  readonly hasEnded: boolean;
}
const NO_STATUS: Status = { ips: [], ready: false, hasEnded: false };

function decodeStatus(reader: WireReader): Status {
  const ips: string[] = [];
  let ip = '';
  let phase = '';
  let ready = false;
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) phase = reader.repeatedText();
    else if (reader.field === 2) ready = isReadyCondition(reader) || ready;
    else if (reader.field === 6) ip = reader.text();
    else if (reader.field === 12) ips.push(decodePodIp(reader));
    else reader.skip();
  }
  reader.leave(outer);
  if (ips.length === 0 && ip !== '') ips.push(ip);
  return { ips: fitted(ips), ready, hasEnded: phase === 'Succeeded' || phase === 'Failed' };
}

function isReadyCondition(reader: WireReader): boolean {
  let type = '';
  let status = '';
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) type = reader.repeatedText();
    else if (reader.field === 2) status = reader.repeatedText();
    else reader.skip();
  }
  reader.leave(outer);
  return type === 'Ready' && status === 'True';
}

function decodePodIp(reader: WireReader): string {
  let ip = '';
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) ip = reader.text();
    else reader.skip();
  }
  reader.leave(outer);
  return ip;
}
