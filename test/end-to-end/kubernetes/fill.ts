/** Fills an API server: Services, a third of them headless, each with a slice of 15 endpoints. */
import type { ApiJson } from '../../source/kubernetes/emulation/encode-protobuf.ts';
import { sliceJson } from '../../source/kubernetes/emulation/large-objects.ts';
import { namespaceJson } from '../../source/kubernetes/objects.ts';
import type { RealApiServer } from './real-api-server.ts';
import { putObject } from './real-objects.ts';

/** Requests under way at once. */
const WRITERS = 12;
const ENDPOINTS = 15;
const PORTS = [
  { name: 'http', port: 80 },
  { name: 'metrics', port: 9090 },
];

export async function fill(real: RealApiServer, services: number): Promise<void> {
  const namespaces = new Set<string>();
  const slices = Array.from({ length: services }, (_, i) => createdSliceJson(i));
  for (const { metadata } of slices) namespaces.add(String((metadata as ApiJson).namespace));
  for (const name of namespaces) await putObject(real, 'namespaces', namespaceJson(name));
  const rest = slices.entries();
  const write = async () => {
    for (const [i, slice] of rest) {
      await putObject(real, 'services', serviceOf(slice, i % 3 === 0));
      await putObject(real, 'endpointslices', slice);
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, write));
}

/** As it is written for the first time: what the API server sets is not there. */
function createdSliceJson(index: number): ApiJson {
  const slice = sliceJson(index, ENDPOINTS);
  const { name, namespace, labels, annotations } = slice.metadata as ApiJson;
  return { ...slice, metadata: { name, namespace, labels, annotations } };
}

function serviceOf({ metadata }: ApiJson, isHeadless: boolean): ApiJson {
  const { namespace, labels } = metadata as ApiJson;
  const name = (labels as ApiJson)['kubernetes.io/service-name'];
  const spec = { selector: { app: name }, ports: PORTS, ...(isHeadless && { clusterIP: 'None' }) };
  return { apiVersion: 'v1', kind: 'Service', metadata: { namespace, name }, spec };
}
