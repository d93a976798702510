/** Pods on a cluster without kubelets: their status is what the test says. */
import type { ApiJson } from '../../source/kubernetes/emulation/encode-protobuf.ts';
import type { RealApiServer } from './real-api-server.ts';
import { putObject, putStatus } from './real-objects.ts';

const NODE = 'node-1';

export interface PodOptions {
  /** IPv4 first, as clusters have it. */
  readonly ips: readonly string[];
  readonly app: string;
  readonly isReady?: boolean;
  /** Both or none: the Pod has a name of its own in the headless Service `subdomain`. */
  readonly hostname?: string;
  readonly subdomain?: string;
}

/** Makes the node that all Pods are on: endpoints of a Pod without one are left out. */
export async function putNode(real: RealApiServer): Promise<void> {
  await putObject(real, 'nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: NODE } });
}

/** Creates a running Pod with one label, `app`. */
export async function putPod(
  real: RealApiServer,
  key: string,
  { ips, app, isReady = true, ...names }: PodOptions,
): Promise<void> {
  const [namespace, name] = key.split('/');
  await putObject(real, 'pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace, name, labels: { app } },
    spec: { nodeName: NODE, containers: [{ name: 'app', image: 'app' }], ...names },
  });
  const podIPs = ips.map((ip) => ({ ip }));
  const status: ApiJson = { phase: 'Running', podIP: ips[0], podIPs, ...conditions(isReady) };
  await putStatus(real, { plural: 'pods', key, status });
}

/** Has a Pod pass its readiness probe, or fail it. */
export async function setReady(real: RealApiServer, key: string, isReady: boolean): Promise<void> {
  await putStatus(real, { plural: 'pods', key, status: conditions(isReady) });
}

function conditions(isReady: boolean): ApiJson {
  return { conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] };
}
