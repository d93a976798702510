/** A real API server as a contract sees it; vipdns may do there what config/kubernetes/rbac.yaml allows. */
import { setTimeout as sleep } from 'node:timers/promises';
import { SYSTEM_CLOCK } from '../../../src/source/kubernetes/clock.ts';
import type { ApiServerUnderTest } from '../../source/kubernetes/contract.ts';
import type { ApiJson } from '../../source/kubernetes/emulation/encode-protobuf.ts';
import { startApiProxy } from './api-proxy.ts';
import { findBinaries } from './binaries.ts';
import { isLong } from './long-runs.ts';
import { RealApiServer, type RealApiServerOptions } from './real-api-server.ts';
import { putObject, readObject, removeObject } from './real-objects.ts';
import { readDocuments, untilAllowed } from './roles.ts';

interface Variant {
  readonly featureGates?: string;
  readonly isJsonOnly?: boolean;
}

export interface RealUnderTest extends ApiServerUnderTest {
  /** Gives an object as the server has it. */
  read(plural: string, key: string): Promise<unknown>;
}

export async function startReal({
  featureGates,
  isJsonOnly = false,
}: Variant): Promise<RealUnderTest> {
  const real = await startApiServer(featureGates === undefined ? {} : { featureGates });
  await allowReading(real);
  const proxy = isJsonOnly
    ? await startApiProxy({ access: () => real.access, isJsonOnly })
    : undefined;
  return {
    access:
      proxy === undefined ? real.access : { token: real.access.token ?? '', server: proxy.url },
    clock: SYSTEM_CLOCK,
    random: Math.random,
    isStreaming: featureGates === undefined,
    put: (plural, object) => putObject(real, plural, object),
    read: (plural, key) => readObject(real, plural, key),
    remove: (plural, key) => removeObject(real, plural, key),
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
    ...(isLong && { pass: (ms: number) => sleep(ms) }),
    setAllowed: (isAllowed) => setAllowed(real, isAllowed),
    async close() {
      await proxy?.close();
      await real.close();
    },
  };
}

/** Starts one of the binaries that there are. */
export async function startApiServer(
  options: Omit<RealApiServerOptions, 'binaries'> = {},
): Promise<RealApiServer> {
  const binaries = findBinaries();
  if (binaries === undefined)
    throw new Error('Cannot find etcd and kube-apiserver, nor build them');
  const real = new RealApiServer({ binaries, ...options });
  await real.start();
  return real;
}

/** Lets vipdns read what config/kubernetes/rbac.yaml allows. */
export async function allowReading(real: RealApiServer): Promise<void> {
  await putObject(real, 'clusterroles', readRole());
  await setAllowed(real, true);
}

/** The role as it is given out, and nothing beside it. */
function readRole(): ApiJson {
  const role = readDocuments('rbac.yaml').find(({ kind }) => kind === 'ClusterRole');
  if (role === undefined) throw new Error('Cannot find the ClusterRole in rbac.yaml');
  return role;
}

async function setAllowed(real: RealApiServer, isAllowed: boolean): Promise<void> {
  const permission = { user: real.readerName, verb: 'list', resource: 'services' };
  if (!isAllowed) {
    await removeObject(real, 'clusterrolebindings', 'vipdns');
    await untilAllowed(real, permission, false);
    return;
  }
  const subject = { kind: 'User', name: real.readerName, apiGroup: 'rbac.authorization.k8s.io' };
  await putObject(real, 'clusterrolebindings', {
    metadata: { name: 'vipdns' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'vipdns' },
    subjects: [subject],
  });
  await untilAllowed(real, permission);
}
