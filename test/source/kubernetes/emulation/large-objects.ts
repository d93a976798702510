/** EndpointSlices as the controller writes them, as many as are wanted, with what nobody serves in them. */
import type { ApiJson } from './encode-protobuf.ts';

const NODES = 5000;
const NAMESPACES = 100;

export function sliceJson(index: number, endpoints: number): ApiJson {
  const service = `service-${index}`;
  const namespace = `team-${index % NAMESPACES}`;
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${service}-x7k2p`,
      namespace,
      uid: uid(index),
      resourceVersion: String(1000 + index),
      labels: {
        app: service,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'kubernetes.io/service-name': service,
      },
      annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:00:00Z' },
      managedFields: [{ manager: 'kube-controller-manager', operation: 'Update' }],
    },
    addressType: 'IPv4',
    endpoints: Array.from({ length: endpoints }, (_, i) => endpointJson(index * endpoints + i)),
    ports: [
      { name: 'http', protocol: 'TCP', port: 8080 },
      { name: 'metrics', protocol: 'TCP', port: 9090 },
    ],
  };
}

function endpointJson(number: number): ApiJson {
  return {
    addresses: [`10.${128 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: `node-${number % NODES}`,
    targetRef: { kind: 'Pod', name: `service-6d4cf56db6-${number}`, uid: uid(number) },
    zone: `zone-${number % 3}`,
  };
}

function uid(number: number): string {
  return `9f1c2a7e-0000-4000-8000-${String(number).padStart(12, '0')}`;
}
