/** Service (k8s.io/api, core/v1/generated.proto). */
import type { IpFamily, Service, ServicePort } from '../../resources.ts';
import { fitted } from '../fitted.ts';
import { NO_LABELS } from '../needed-fields.ts';
import {
  decodeMapEntry,
  decodeMetadata,
  mapEntry,
  type ObjectMetadata,
  toLabels,
} from './decode-metadata.ts';
import type { Decoded, Decoding } from './decode-object.ts';
import type { WireReader } from './wire-reader.ts';
import { IP_FAMILIES, PROTOCOLS, portNumber, SERVICE_TYPES, wordOf } from './words.ts';

export function decodeService(
  reader: WireReader,
  first: ObjectMetadata,
  { needed, sharedPorts }: Decoding,
): Decoded<Service> {
  let metadata = first;
  spec.clear();
  while (reader.next()) {
    if (reader.field === 1) metadata = decodeMetadata(reader, needed.labels);
    else if (reader.field === 2) spec.decode(reader, needed.selection);
    else reader.skip();
  }
  const { namespace, name, labels } = metadata;
  const { clusterIps, ipFamilies, publishNotReadyAddresses } = spec;
  const isAlias = spec.type === 'ExternalName';
  const headless = !isAlias && clusterIps[0] === 'None';
  return {
    metadata,
    resource: {
      kind: 'Service',
      namespace,
      name,
      labels,
      type: wordOf(SERVICE_TYPES, spec.type || 'ClusterIP'),
      clusterIps: isAlias || headless ? NO_ADDRESSES : fitted(clusterIps),
      headless,
      externalName: isAlias ? spec.externalName : '',
      ports: sharedPorts.share(spec.ports),
      publishNotReadyAddresses,
      selector: isAlias || spec.selector.length === 0 ? NO_LABELS : toLabels(spec.selector),
      ...(ipFamilies.length > 0 && { ipFamilies: fitted(ipFamilies) }),
    },
  };
}

const NO_ADDRESSES: readonly string[] = Object.freeze([]);

/** What a Service's spec says; its memory serves one Service after another. */
class Spec {
  type = '';
  externalName = '';
  publishNotReadyAddresses = false;
  readonly ports: ServicePort[] = [];
  readonly selector: [string, string][] = [];
  readonly clusterIps: string[] = [];
  readonly ipFamilies: IpFamily[] = [];

  clear(): void {
    this.type = '';
    this.externalName = '';
    this.publishNotReadyAddresses = false;
    this.ports.length = 0;
    this.selector.length = 0;
    this.clusterIps.length = 0;
    this.ipFamilies.length = 0;
  }

  decode(reader: WireReader, keepsSelection: boolean): void {
    let clusterIp = '';
    const outer = reader.enter();
    while (reader.next()) {
      if (reader.field === 1) this.ports.push(decodePort(reader));
      else if (reader.field === 3) clusterIp = reader.text();
      else if (reader.field === 4) this.type = reader.repeatedText();
      else if (reader.field === 10) this.externalName = reader.text();
      else if (reader.field === 13) this.publishNotReadyAddresses = reader.bool();
      else if (reader.field === 18) this.clusterIps.push(reader.text());
      else if (keepsSelection && reader.field === 2) this.#decodeSelector(reader);
      else if (keepsSelection && reader.field === 19) this.#decodeFamily(reader);
      else reader.skip();
    }
    reader.leave(outer);
    // Servers from before dual stack have the one address alone.
    if (this.clusterIps.length === 0 && clusterIp !== '') this.clusterIps.push(clusterIp);
  }

  #decodeSelector(reader: WireReader): void {
    decodeMapEntry(reader);
    this.selector.push([mapEntry.key, mapEntry.value]);
  }

  #decodeFamily(reader: WireReader): void {
    this.ipFamilies.push(wordOf(IP_FAMILIES, reader.repeatedText()));
  }
}

const spec = new Spec();

function decodePort(reader: WireReader): ServicePort {
  let name = '';
  let protocol = '';
  let port = 0;
  let targetPort: number | string = 0;
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) name = reader.repeatedText();
    else if (reader.field === 2) protocol = reader.repeatedText();
    else if (reader.field === 3) port = portNumber(reader.int32());
    else if (reader.field === 4) targetPort = decodeIntOrString(reader);
    else reader.skip();
  }
  reader.leave(outer);
  return {
    name,
    protocol: wordOf(PROTOCOLS, protocol || 'TCP'),
    port: portNumber(port),
    targetPort: targetPort || port,
  };
}

/** IntOrString: a number where `type` is 0, a text where it is 1. */
function decodeIntOrString(reader: WireReader): number | string {
  let isText = false;
  let number = 0;
  let text = '';
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) isText = reader.int32() === 1;
    else if (reader.field === 2) number = reader.int32();
    else if (reader.field === 3) text = reader.repeatedText();
    else reader.skip();
  }
  reader.leave(outer);
  return isText ? text : number;
}
