/**
 * EndpointSlice (discovery.k8s.io/v1): addresses of one family, with ports that all of them share.
 */
import {
  type Endpoint,
  type EndpointPort,
  type EndpointSlice,
  type Protocol,
  SERVICE_NAME_LABEL,
} from '../resources.ts';
import type { Metadata } from './decode-object.ts';
import type { Field, TextRule } from './field.ts';
import { ADDRESS_OF, DNS_LABEL } from './text-rules.ts';

const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20_000;
export const PROTOCOLS: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];

/** Decodes a slice; one without the label of a Service is held, and serves nobody. */
export function decodeEndpointSlice(object: Field, metadata: Metadata): EndpointSlice {
  const addressType = object.get('addressType').oneOf(['IPv4', 'IPv6', 'FQDN'] as const);
  const rule = ADDRESS_OF[addressType];
  return {
    kind: 'EndpointSlice',
    ...metadata,
    serviceName: metadata.labels[SERVICE_NAME_LABEL] ?? '',
    addressType,
    endpoints: object
      .get('endpoints')
      .items({ max: MAX_ENDPOINTS })
      .map((endpoint) => decodeEndpoint(endpoint, rule)),
    ports: decodeEndpointPorts(object.get('ports')),
  };
}

/** Decodes ports as EndpointSlices and Endpoints have them; a port left open is 0. */
export function decodeEndpointPorts(list: Field): EndpointPort[] {
  const names = new Set<string>();
  return list.items({ max: MAX_PORTS }).map((port) => {
    const name = port.get('name').text(DNS_LABEL);
    if (names.has(name)) port.get('name').addMistake('a name that no other port here has');
    names.add(name);
    return {
      name,
      protocol: port.get('protocol').oneOf(PROTOCOLS, { absent: 'TCP' }),
      port: port.get('port').wholeNumber({ min: 1, max: 65_535, absent: 0 }),
    };
  });
}

/** Gives the name of the Pod behind an endpoint; empty where `targetRef` points to none. */
export function decodePodName(targetRef: Field): string {
  return targetRef.get('kind').text() === 'Pod' ? targetRef.get('name').text() : '';
}

function decodeEndpoint(endpoint: Field, rule: TextRule): Endpoint {
  return {
    addresses: endpoint
      .get('addresses')
      .items({ min: 1, max: MAX_ADDRESSES })
      .map((address) => address.requiredText(rule)),
    ready: endpoint.get('conditions').get('ready').boolean({ absent: true }),
    hostname: endpoint.get('hostname').text(DNS_LABEL),
    podName: decodePodName(endpoint.get('targetRef')),
  };
}
