/** Objects for tests, with every field that a test does not care about. */
import type {
  Endpoint,
  EndpointPort,
  EndpointSlice,
  Service,
  ServicePort,
} from '../../src/source/resources.ts';

export function service(key: string, fields: Partial<Service> = {}): Service {
  const [namespace, name] = key.split('/');
  return {
    kind: 'Service',
    namespace,
    name,
    labels: {},
    type: 'ClusterIP',
    clusterIps: [],
    headless: false,
    externalName: '',
    ports: [],
    publishNotReadyAddresses: false,
    selector: {},
    ...fields,
  };
}

/** A Service port from `http/TCP/80`; an unnamed one from `/TCP/80`. */
export function port(text: string): ServicePort {
  const [name, protocol, number] = text.split('/');
  return {
    name,
    protocol: protocol as ServicePort['protocol'],
    port: Number(number),
    targetPort: Number(number),
  };
}

export function endpointPort(text: string): EndpointPort {
  const { name, protocol, port: number } = port(text);
  return { name, protocol, port: number };
}

export function endpoint(address: string, fields: Partial<Endpoint> = {}): Endpoint {
  return { addresses: [address], ready: true, hostname: '', podName: '', ...fields };
}

export function slice(
  serviceKey: string,
  endpoints: readonly Endpoint[],
  fields: Partial<EndpointSlice> = {},
): EndpointSlice {
  const [namespace, serviceName] = serviceKey.split('/');
  return {
    kind: 'EndpointSlice',
    namespace,
    name: `${serviceName}-1`,
    labels: {},
    serviceName,
    addressType: 'IPv4',
    endpoints,
    ports: [],
    ...fields,
  };
}
