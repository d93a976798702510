/** The API server that both servers follow: a real one, or the emulation. */
import type { ApiAccess } from '../../src/source/kubernetes/api-access.ts';
import { findBinaries } from '../end-to-end/kubernetes/binaries.ts';
import type { RealApiServer } from '../end-to-end/kubernetes/real-api-server.ts';
import { putObject, putStatus, removeObject } from '../end-to-end/kubernetes/real-objects.ts';
import {
  allowReading,
  startApiServer as startRealApi,
} from '../end-to-end/kubernetes/real-under-test.ts';
import { readDocuments, untilAllowed } from '../end-to-end/kubernetes/roles.ts';
import { ApiServerEmulation } from '../source/kubernetes/emulation/api-server.ts';
import type { ApiJson } from '../source/kubernetes/emulation/encode-protobuf.ts';
import { keyOf, type ObjectJson } from '../source/kubernetes/emulation/object-history.ts';
import type { Operation } from './object-book.ts';

export interface ApiServer {
  readonly access: ApiAccess;
  apply(operation: Operation): Promise<void>;
  close(): Promise<void>;
}

export type ApiServerKind = 'real' | 'emulation';

/** The real one where it is at hand; it is not built for this. */
export function preferredApiServer(): ApiServerKind {
  return findBinaries({ mayBuild: false }) === undefined ? 'emulation' : 'real';
}

export function startApiServer(kind: ApiServerKind): Promise<ApiServer> {
  return kind === 'real' ? startRealServer() : startEmulatedServer();
}

async function startRealServer(): Promise<ApiServer> {
  const real = await startRealApi();
  await allowReading(real);
  await allowPods(real);
  return {
    access: real.access,
    async apply(operation) {
      if (operation.verb === 'remove') {
        await removeObject(real, operation.plural, operation.key);
        return;
      }
      const { plural, object } = operation;
      await putObject(real, plural, withPorts(object));
      // A server takes no status with a new object.
      const status = object.status as ApiJson | undefined;
      const key = keyOf(object as ObjectJson);
      if (status !== undefined) await putStatus(real, { plural, key, status });
    },
    close: () => real.close(),
  };
}

/** An object that is there already is patched: ports that it has had, and has no more, are taken away by `null`. */
function withPorts(object: ApiJson): ApiJson {
  if (object.kind === 'EndpointSlice') return { ports: null, ...object };
  if (object.kind !== 'Service') return object;
  return { ...object, spec: { ports: null, ...(object.spec as ApiJson) } };
}

/** Both servers are one user here, who may also do what config/kubernetes/pods.yaml allows. */
async function allowPods(real: RealApiServer): Promise<void> {
  const role = readDocuments('pods.yaml').find(({ kind }) => kind === 'ClusterRole') as ObjectJson;
  const { name } = role.metadata;
  const apiGroup = 'rbac.authorization.k8s.io';
  await putObject(real, 'clusterroles', role);
  await putObject(real, 'clusterrolebindings', {
    metadata: { name },
    roleRef: { apiGroup, kind: 'ClusterRole', name },
    subjects: [{ kind: 'User', name: real.readerName, apiGroup }],
  });
  await untilAllowed(real, { user: real.readerName, verb: 'list', resource: 'pods' });
}

async function startEmulatedServer(): Promise<ApiServer> {
  const emulation = new ApiServerEmulation();
  await emulation.listen();
  return {
    access: { server: emulation.url },
    async apply(operation) {
      if (operation.verb === 'put') emulation.put(operation.plural, operation.object);
      else emulation.remove(operation.plural, operation.key);
    },
    close: () => emulation.close(),
  };
}
