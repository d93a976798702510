/** A real API server with a cluster as large as is wanted; vipdns and CoreDNS may read it as config/kubernetes has it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RealApiServer, StoredObject } from '../../end-to-end/kubernetes/real-api-server.ts';
import { sliceJson } from '../../source/kubernetes/emulation/large-objects.ts';

export interface ClusterSize {
  readonly services: number;
  /** Of each Service, all in one EndpointSlice. */
  readonly endpoints: number;
  readonly pods: number;
}

const NAMESPACES = 100;
const WORKERS = 12;
const OBJECTS_AT_ONCE = 1000;
/** Every third Service is headless. */
const HEADLESS_EVERY = 3;
const CREATED = '2026-01-01T00:00:00Z';

/** Creates everything. Services by the API server, which gives them their addresses; the rest is put into etcd. */
export async function fillCluster(api: RealApiServer, size: ClusterSize): Promise<void> {
  for (let i = 0; i < NAMESPACES; i++) {
    await create(api, '/api/v1/namespaces', { metadata: { name: `team-${i}` } });
  }
  await inParallel(size.services, async (i) => {
    await create(api, `/api/v1/namespaces/${namespaceOf(i)}/services`, serviceJson(i));
  });
  await store(api, { plural: 'endpointslices', count: size.services }, (i) =>
    sliceJson(i, size.endpoints),
  );
  await store(api, { plural: 'pods', count: size.pods }, podJson);
}

/** Stores objects a few at a time: all of them at once would take more memory than the server. */
async function store(
  api: RealApiServer,
  { plural, count }: { plural: string; count: number },
  createObject: (i: number) => object,
): Promise<void> {
  for (let from = 0; from < count; from += OBJECTS_AT_ONCE) {
    const length = Math.min(OBJECTS_AT_ONCE, count - from);
    const objects = Array.from({ length }, (_, i) => stored(createObject(from + i), from + i));
    await api.store(plural, objects);
  }
}

/** Changes one endpoint's readiness in slices chosen in turn, `rate` a second, for `seconds`. */
export async function churn(
  api: RealApiServer,
  { services, endpoints, rate, seconds }: ClusterSize & { rate: number; seconds: number },
): Promise<void> {
  const startedAt = performance.now();
  for (let i = 0; i < rate * seconds; i++) {
    await sleep(Math.max(startedAt + (i * 1000) / rate - performance.now(), 0));
    const slice = sliceJson((i * 37) % services, endpoints) as unknown as SliceJson;
    const changed = slice.endpoints.map((endpoint, n) => ({
      ...endpoint,
      conditions: { ready: n !== i % endpoints },
    }));
    const { namespace, name } = slice.metadata;
    const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices/${name}`;
    const { status, json } = await api.send('PATCH', path, { endpoints: changed });
    if (status !== 200) throw new Error(`Cannot change ${path}: ${JSON.stringify(json)}`);
  }
}

interface SliceJson extends StoredObject {
  readonly endpoints: readonly object[];
}

function serviceJson(i: number): object {
  const name = `service-${i}`;
  return {
    metadata: { name, labels: { app: name } },
    spec: {
      selector: { app: name },
      ports: [
        { name: 'http', port: 80 },
        { name: 'metrics', port: 9090 },
      ],
      ...(i % HEADLESS_EVERY === 0 && { clusterIP: 'None' }),
    },
  };
}

/** A Pod with what every Pod has, of which nothing is served but its address. */
function podJson(i: number): object {
  const address = `10.${128 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `service-6d4cf56db6-${i}`,
      namespace: namespaceOf(i),
      labels: { app: `service-${Math.floor(i / 15)}`, 'pod-template-hash': '6d4cf56db6' },
    },
    spec: {
      containers: [{ name: 'main', image: 'registry.example/team/service:1.2.3' }],
      nodeName: `node-${i % 5000}`,
    },
    status: {
      phase: 'Running',
      podIP: address,
      podIPs: [{ ip: address }],
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  };
}

function namespaceOf(i: number): string {
  return `team-${i % NAMESPACES}`;
}

/** As the API server would have stored it. */
function stored(object: object, i: number): StoredObject {
  const { metadata, ...rest } = object as StoredObject;
  const { resourceVersion: _, managedFields: __, ...own } = metadata as Record<string, unknown>;
  const uid = `9f1c2a7e-0000-4000-8000-${String(i).padStart(12, '0')}`;
  return {
    ...rest,
    metadata: { ...own, uid, creationTimestamp: CREATED },
  } as unknown as StoredObject;
}

async function create(api: RealApiServer, path: string, object: object): Promise<void> {
  const { status, json } = await api.send('POST', path, object);
  if (status !== 201) throw new Error(`Cannot create in ${path}: ${JSON.stringify(json)}`);
}

async function inParallel(count: number, work: (i: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
}
