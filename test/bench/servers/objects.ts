/** The objects of the zone as the Kubernetes API has them, for manifests and for the API that CoreDNS watches. */
import {
  type BenchHeadless,
  type BenchService,
  type BenchZone,
  PORT_NAME,
  PORT_NUMBER,
} from './bench-zone.ts';

/** Version of every object: nothing changes while servers are measured. */
export const RESOURCE_VERSION = '1000';

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

const PORTS = [
  { name: PORT_NAME, protocol: 'TCP', port: PORT_NUMBER, targetPort: PORT_NUMBER },
] as const;

export function namespacesOf({ namespaces }: BenchZone): KubernetesObject[] {
  return namespaces.map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, resourceVersion: RESOURCE_VERSION, uid: `namespace-${name}` },
  }));
}

export function servicesOf({ services, headless }: BenchZone): KubernetesObject[] {
  const withAddress = services.map((service) => buildService(service, service.clusterIp));
  return [...withAddress, ...headless.map((service) => buildService(service, 'None'))];
}

/** Builds a Service; `None` as its address makes it headless. */
export function buildService(
  { namespace, name }: Pick<BenchService, 'namespace' | 'name'>,
  clusterIP: string,
): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadataOf({ namespace, name, kind: 'service' }),
    spec: {
      type: 'ClusterIP',
      clusterIP,
      clusterIPs: [clusterIP],
      ipFamilies: ['IPv4'],
      selector: { app: name },
      ports: PORTS,
    },
  } as KubernetesObject;
}

/** Gives a slice for each headless Service: where there is a virtual IP, no answer depends on endpoints. */
export function endpointSlicesOf({ headless }: BenchZone): KubernetesObject[] {
  return headless.map(buildSlice);
}

/** Builds the one slice of a Service; 100 endpoints are what the API puts into one. */
export function buildSlice({ namespace, name, addresses }: BenchHeadless): KubernetesObject {
  const labels = { 'kubernetes.io/service-name': name };
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...metadataOf({ namespace, name: `${name}-x7k2p`, kind: 'slice' }), labels },
    addressType: 'IPv4',
    ports: [{ name: PORT_NAME, protocol: 'TCP', port: PORT_NUMBER }],
    endpoints: addresses.map((address) => ({
      addresses: [address],
      conditions: { ready: true, serving: true, terminating: false },
    })),
  } as KubernetesObject;
}

function metadataOf({ namespace, name, kind }: { namespace: string; name: string; kind: string }) {
  return {
    namespace,
    name,
    resourceVersion: RESOURCE_VERSION,
    uid: `${kind}-${namespace}-${name}`,
  };
}
