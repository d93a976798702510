/**
 * Objects that are created last, one of each resource: whoever answers from all of them has seen everything before.
 * (Watches of different resources are apart, and each keeps its order.)
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { endpointSliceJson, namespaceJson, podJson } from '../source/kubernetes/objects.ts';
import { DOMAIN } from './cluster-objects.ts';
import { exchangeAll } from './exchange.ts';
import type { Operation } from './object-book.ts';
import { type Question, UDP } from './questions.ts';

const LIMIT_MS = 30_000;
const LOOK_MS = 20;

/** Gives the operations that create a marker, all of whose names have its number. */
export function markerOperations(number: number): Operation[] {
  const key = `marker-${number}/marker`;
  const address = addressOf(number);
  const [namespace, name] = key.split('/');
  const spec = { type: 'ClusterIP', clusterIP: 'None', clusterIPs: ['None'] };
  const metadata = { namespace, name };
  const service = { apiVersion: 'v1', kind: 'Service', metadata, spec };
  const pod = { ...podJson(key, address), spec: { containers: [{ name: 'main', image: 'main' }] } };
  return [
    { verb: 'put', plural: 'namespaces', object: namespaceJson(namespace) },
    { verb: 'put', plural: 'pods', object: pod },
    { verb: 'put', plural: 'endpointslices', object: endpointSliceJson(key, [address]) },
    { verb: 'put', plural: 'services', object: service },
  ];
}

/** Waits until the server on a port answers from the marker; `withPods` tells whether it follows Pods. */
export async function awaitMarker(
  number: number,
  { port, withPods }: { port: number; withPods: boolean },
): Promise<void> {
  const ask = (name: string): Question => ({
    name: `${name}.${DOMAIN}`,
    type: 'A',
    form: UDP,
  });
  const label = addressOf(number).replaceAll('.', '-');
  const questions = [ask(`marker.marker-${number}.svc`)];
  if (withPods) questions.push(ask(`${label}.marker-${number}.pod`));
  for (const endsAt = performance.now() + LIMIT_MS; performance.now() < endsAt; ) {
    const answers = await exchangeAll(questions, port);
    if (answers.every(({ answer }) => answer.length > 0)) return;
    await sleep(LOOK_MS);
  }
  throw new Error(`Cannot wait longer: port ${port} does not answer from marker ${number}`);
}

function addressOf(number: number): string {
  return `10.245.0.${number}`;
}
