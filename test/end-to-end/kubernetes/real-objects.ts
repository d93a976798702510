/** Objects of a real API server, each by the plural of its resource and `namespace/name`. */
import type { ApiJson } from '../../source/kubernetes/emulation/encode-protobuf.ts';
import type { RealApiServer } from './real-api-server.ts';

const ROOTS: Readonly<Record<string, string>> = {
  endpointslices: '/apis/discovery.k8s.io/v1',
  roles: '/apis/rbac.authorization.k8s.io/v1',
  rolebindings: '/apis/rbac.authorization.k8s.io/v1',
  clusterroles: '/apis/rbac.authorization.k8s.io/v1',
  clusterrolebindings: '/apis/rbac.authorization.k8s.io/v1',
};

/** Creates an object, or replaces what it says. */
export async function putObject(
  real: RealApiServer,
  plural: string,
  object: ApiJson,
): Promise<void> {
  const { namespace, name } = object.metadata as { namespace?: string; name: string };
  const folder = folderOf(plural, namespace);
  const created = await real.send('POST', folder, object);
  if (created.status === 201) return;
  const patched = await real.send('PATCH', `${folder}/${name}`, object);
  if (patched.status !== 200) throw refusal(`put ${name}`, created.json, patched.json);
}

/** Sets fields of an object's status, as the kubelet does with a Pod's. */
export async function putStatus(
  real: RealApiServer,
  { plural, key, status }: { plural: string; key: string; status: ApiJson },
): Promise<void> {
  const answer = await real.send('PATCH', `${pathOf(plural, key)}/status`, { status });
  if (answer.status !== 200) throw refusal(`set the status of ${key}`, answer.json);
}

/** Gives an object as the server has it; one that does not exist is a Status. */
export async function readObject(
  real: RealApiServer,
  plural: string,
  key: string,
): Promise<unknown> {
  return (await real.send('GET', pathOf(plural, key))).json;
}

/** Removes an object at once, also one that a kubelet would have to let go of. */
export async function removeObject(
  real: RealApiServer,
  plural: string,
  key: string,
): Promise<void> {
  await real.send('DELETE', `${pathOf(plural, key)}?gracePeriodSeconds=0`);
}

/** Where the API server has the objects of a resource, in a namespace or, without one, in none. */
export function folderOf(plural: string, namespace: string | undefined): string {
  const root = ROOTS[plural] ?? '/api/v1';
  return namespace === undefined
    ? `${root}/${plural}`
    : `${root}/namespaces/${namespace}/${plural}`;
}

function pathOf(plural: string, key: string): string {
  const [name, namespace] = key.split('/').reverse();
  return `${folderOf(plural, namespace)}/${name}`;
}

function refusal(what: string, ...answers: unknown[]): Error {
  return new Error(`Cannot ${what}: ${answers.map((answer) => JSON.stringify(answer)).join(', ')}`);
}
