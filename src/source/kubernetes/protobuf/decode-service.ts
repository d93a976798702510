/** Service (k8s.io/api, core/v1/generated.proto). */
import type { IpFamily, Service, ServicePort } from '../../resources.ts';
import {
  decodeMapEntry,
  decodeMetadata,
  type ObjectMetadata,
  toLabels,
} from './decode-metadata.ts';
import type { Decoded } from './decode-object.ts';
import { fitted } from './fitted.ts';
import type { WireReader } from './wire-reader.ts';
import { IP_FAMILIES, PROTOCOLS, portNumber, SERVICE_TYPES, wordOf } from './words.ts';

export function decodeService(reader: WireReader, first: ObjectMetadata): Decoded<Service> {
  let metadata = first;
  let spec = NO_SPEC;
  while (reader.next()) {
    if (reader.field === 1) metadata = decodeMetadata(reader);
    else if (reader.field === 2) spec = decodeSpec(reader);
    else reader.skip();
  }
  const { namespace, name, labels } = metadata;
  return { metadata, resource: { kind: 'Service', namespace, name, labels, ...spec } };
}

type Spec = Omit<Service, 'kind' | 'namespace' | 'name' | 'labels'>;

const NO_SPEC: Spec = {
  type: 'ClusterIP',
  clusterIps: [],
  headless: false,
  externalName: '',
  ports: [],
  publishNotReadyAddresses: false,
  selector: {},
};

function decodeSpec(reader: WireReader): Spec {
  const ports: ServicePort[] = [];
  const selector: [string, string][] = [];
  const clusterIps: string[] = [];
  const ipFamilies: IpFamily[] = [];
  let clusterIp = '';
  let type = '';
  let externalName = '';
  let publishNotReadyAddresses = false;
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1) ports.push(decodePort(reader));
    else if (reader.field === 2) selector.push(decodeMapEntry(reader));
    else if (reader.field === 3) clusterIp = reader.text();
    else if (reader.field === 4) type = reader.repeatedText();
    else if (reader.field === 10) externalName = reader.text();
    else if (reader.field === 13) publishNotReadyAddresses = reader.bool();
    else if (reader.field === 18) clusterIps.push(reader.text());
    else if (reader.field === 19) ipFamilies.push(wordOf(IP_FAMILIES, reader.repeatedText()));
    else reader.skip();
  }
  reader.leave(outer);
  // Servers from before dual stack have the one address alone.
  if (clusterIps.length === 0 && clusterIp !== '') clusterIps.push(clusterIp);
  const isAlias = type === 'ExternalName';
  const headless = !isAlias && clusterIps[0] === 'None';
  return {
    type: wordOf(SERVICE_TYPES, type || 'ClusterIP'),
    clusterIps: isAlias || headless ? [] : fitted(clusterIps),
    headless,
    externalName: isAlias ? externalName : '',
    ports: fitted(ports),
    publishNotReadyAddresses,
    selector: toLabels(isAlias ? [] : selector),
    ...(ipFamilies.length > 0 && { ipFamilies: fitted(ipFamilies) }),
  };
}

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
