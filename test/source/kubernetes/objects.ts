/** API objects in their JSON form, with every field that a test does not care about. */
import type { ApiJson } from './emulation/encode-protobuf.ts';

/** Without an address the server gives it one, or, where it is emulated, none. */
export function serviceJson(key: string, clusterIp = '10.96.0.1', labels: ApiJson = {}): ApiJson {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...namesOf(key), labels },
    spec: {
      ...(clusterIp !== '' && { clusterIP: clusterIp, clusterIPs: [clusterIp] }),
      ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
    },
  };
}

/** The only slice of a Service. */
export function endpointSliceJson(serviceKey: string, addresses: readonly string[]): ApiJson {
  const { namespace, name } = namesOf(serviceKey);
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace,
      name: `${name}-1`,
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType: 'IPv4',
    endpoints: addresses.map((address) => ({
      addresses: [address],
      conditions: { ready: true },
    })),
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  };
}

export function namespaceJson(name: string): ApiJson {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

export function podJson(key: string, ip: string, phase = 'Running'): ApiJson {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: namesOf(key),
    spec: { containers: [] },
    status: { phase, podIP: ip, podIPs: [{ ip }] },
  };
}

function namesOf(key: string): { namespace: string; name: string } {
  const [namespace, name] = key.split('/');
  return { namespace, name };
}
