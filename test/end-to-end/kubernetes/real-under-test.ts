/** A real API server as a contract sees it; vipdns may do there what config/kubernetes/rbac.yaml allows. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { SYSTEM_CLOCK } from '../../../src/source/kubernetes/clock.ts';
import type { ApiServerUnderTest } from '../../source/kubernetes/contract.ts';
import type { ApiJson } from '../../source/kubernetes/emulation/encode-protobuf.ts';
import { findBinaries } from './binaries.ts';
import { startJsonOnlyProxy } from './json-only-proxy.ts';
import { RealApiServer } from './real-api-server.ts';

const RBAC_FILE = new URL('../../../config/kubernetes/rbac.yaml', import.meta.url);
const BINDING = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';

interface Variant {
  readonly featureGates?: string;
  readonly isJsonOnly?: boolean;
}

const binaries = findBinaries();
if (binaries === undefined) throw new Error('Cannot find etcd and kube-apiserver, nor build them');

export interface RealUnderTest extends ApiServerUnderTest {
  /** Gives an object as the server has it. */
  read(plural: string, key: string): Promise<unknown>;
}

export async function startReal({
  featureGates,
  isJsonOnly = false,
}: Variant): Promise<RealUnderTest> {
  const real = new RealApiServer({
    binaries: binaries as string,
    ...(featureGates !== undefined && { featureGates }),
  });
  await real.start();
  await expectCreated(real, '/apis/rbac.authorization.k8s.io/v1/clusterroles', readRole());
  await setAllowed(real, true);
  const proxy = isJsonOnly ? await startJsonOnlyProxy(() => real.access) : undefined;
  return {
    access:
      proxy === undefined ? real.access : { token: real.access.token ?? '', server: proxy.url },
    clock: SYSTEM_CLOCK,
    random: Math.random,
    isStreaming: featureGates === undefined,
    put: (plural, object) => put(real, plural, object),
    async read(plural, key) {
      const [namespace, name] = key.split('/');
      const { json } = await real.send('GET', `${folderOf(plural, namespace)}/${name}`);
      return json;
    },
    async remove(plural, key) {
      const [namespace, name] = key.split('/');
      await real.send('DELETE', `${folderOf(plural, namespace)}/${name}`);
    },
    async compact() {
      // The API server remembers what etcd has forgotten, until it starts anew.
      await real.killApi();
      await real.compact();
      await real.startApi();
    },
    async restart() {
      await real.killApi();
      await real.startApi();
    },
    // With VIPDNS_E2E_LONG=1, what takes minutes is run, too.
    ...(process.env.VIPDNS_E2E_LONG === '1' && { pass: (ms: number) => sleep(ms) }),
    setAllowed: (isAllowed) => setAllowed(real, isAllowed),
    async close() {
      await proxy?.close();
      await real.close();
    },
  };
}

/** The role as it is given out, and nothing beside it. */
function readRole(): ApiJson {
  const documents = parseAllDocuments(readFileSync(RBAC_FILE, 'utf8')).map((each) => each.toJS());
  return documents.find(({ kind }) => kind === 'ClusterRole');
}

async function setAllowed(real: RealApiServer, isAllowed: boolean): Promise<void> {
  if (!isAllowed) {
    await real.send('DELETE', `${BINDING}/vipdns`);
    await untilAllowed(real, false);
    return;
  }
  const subject = { kind: 'User', name: real.readerName, apiGroup: 'rbac.authorization.k8s.io' };
  await expectCreated(real, BINDING, {
    metadata: { name: 'vipdns' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'vipdns' },
    subjects: [subject],
  });
  await untilAllowed(real, true);
}

/** The API server hears of its own rules a little later. */
async function untilAllowed(real: RealApiServer, isAllowed: boolean): Promise<void> {
  const review = {
    spec: { user: real.readerName, resourceAttributes: { verb: 'list', resource: 'services' } },
  };
  for (;;) {
    const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    const { json } = await real.send('POST', path, review);
    if ((json as { status: { allowed: boolean } }).status.allowed === isAllowed) return;
  }
}

async function put(real: RealApiServer, plural: string, object: ApiJson): Promise<void> {
  const { namespace, name } = object.metadata as { namespace?: string; name: string };
  const folder = folderOf(plural, namespace);
  const { status } = await real.send('POST', folder, object);
  if (status === 201) return;
  const patched = await real.send('PATCH', `${folder}/${name}`, object);
  if (patched.status !== 200)
    throw new Error(`Cannot put ${name}: ${JSON.stringify(patched.json)}`);
}

async function expectCreated(real: RealApiServer, path: string, object: ApiJson): Promise<void> {
  const { status, json } = await real.send('POST', path, object);
  if (status !== 201) throw new Error(`Cannot create in ${path}: ${JSON.stringify(json)}`);
}

function folderOf(plural: string, namespace: string | undefined): string {
  const root = plural === 'endpointslices' ? '/apis/discovery.k8s.io/v1' : '/api/v1';
  return namespace === undefined
    ? `${root}/${plural}`
    : `${root}/namespaces/${namespace}/${plural}`;
}
