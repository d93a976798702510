/**
 * How long a change takes, the whole way: from the API server's response to whoever made it to the first changed
 * answer by UDP, beside what the API server takes to tell a watch of it.
 *
 *   npm run test:propagation -- [--seconds 60] [--changes 100] [--services 200]
 *
 * Once a change was seen in an answer, the old address must not be seen any more: each one is a stale answer, and
 * one ends with exit code 1.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { percentilesOf } from '../../bench/servers/latency.ts';
import { endpointSliceJson, namespaceJson } from '../../source/kubernetes/objects.ts';
import { DatagramProber } from './datagram-prober.ts';
import { startFollowing } from './following-server.ts';
import { putObject } from './real-objects.ts';
import { allowReading, startApiServer } from './real-under-test.ts';
import { SliceWatch } from './slice-watch.ts';

/** Changes before these are not counted: code that has just begun to run is slow. */
const WARM_UP_SECONDS = 5;
/** Answers that are looked at after the first changed one; at once they would take up what the others need. */
const CHECKS = 5;
const CHECK_PAUSE_MS = 2;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    changes: { type: 'string', default: '100' },
    services: { type: 'string', default: '200' },
  },
});
const names = Array.from({ length: Number(values.services) }, (_, i) => `svc-${i}`);
const real = await startApiServer();
await allowReading(real);
await putObject(real, 'namespaces', namespaceJson('shop'));
for (const name of names) {
  await putObject(real, 'services', headlessJson(name));
  await putObject(real, 'endpointslices', endpointSliceJson(`shop/${name}`, ['10.255.255.255']));
}
const server = await startFollowing(real.access);
const prober = await DatagramProber.open(server.port);
const watch = new SliceWatch();
await watch.open(real.access);

const wholeWay: number[] = [];
const apiServer: number[] = [];
const ours: number[] = [];
let [asked, stale, changes] = [0, 0, 0];
const startedAt = performance.now();
const countedFrom = startedAt + WARM_UP_SECONDS * 1000;
const endsAt = countedFrom + Number(values.seconds) * 1000;
const free = [...names];
const underWay = new Set<Promise<void>>();
for (let due = startedAt; due < endsAt; due += 1000 / Number(values.changes)) {
  await sleep(Math.max(due - performance.now(), 0));
  // Each name has one change under way at most, or an old address would not be a stale one.
  const name = free.shift();
  if (name === undefined) continue;
  const changing = change(name, changes++).then(() => {
    free.push(name);
    underWay.delete(changing);
  });
  underWay.add(changing);
}
await Promise.all(underWay);

const seconds = (performance.now() - countedFrom) / 1000;
console.log(`${wholeWay.length} changes in ${seconds.toFixed(1)} s, ${asked} answers looked at`);
tell('API server: response to event of a watch', apiServer);
tell('vipdns: both of these to changed answer', ours);
tell('whole way: response to changed answer', wholeWay);
console.log(`stale answers after a changed one: ${stale}`);
watch.close();
prober.close();
await server.close();
await real.close();
process.exit(stale === 0 ? 0 : 1);

async function change(name: string, index: number): Promise<void> {
  const address = `10.${64 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
  const question = `${name}.shop.svc.cluster.local`;
  const path = `/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices/${name}-1`;
  const endpoints = [{ addresses: [address], conditions: { ready: true } }];
  const { status, json, respondedAt } = await real.send('PATCH', path, { endpoints });
  if (status !== 200) throw new Error(`Cannot change ${name}: ${JSON.stringify(json)}`);
  do asked++;
  while ((await prober.ask(question)) !== address);
  const seenAt = performance.now();
  for (let check = 0; check < CHECKS; check++) {
    await sleep(CHECK_PAUSE_MS);
    asked++;
    if ((await prober.ask(question)) !== address) stale++;
  }
  if (respondedAt < countedFrom) return;
  while (!watch.seenAt.has(address)) await sleep(1);
  const toldAt = watch.seenAt.get(address) ?? 0;
  wholeWay.push(seenAt - respondedAt);
  apiServer.push(toldAt - respondedAt);
  // Nobody asks before the response.
  ours.push(seenAt - Math.max(toldAt, respondedAt));
}

function headlessJson(name: string) {
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
  const metadata = { namespace: 'shop', name };
  return { apiVersion: 'v1', kind: 'Service', metadata, spec: { clusterIP: 'None', ports } };
}

function tell(what: string, latencies: readonly number[]): void {
  const percentiles = Object.entries(percentilesOf(latencies) ?? {});
  console.log(
    `${what}, ms: ${percentiles.map(([key, ms]) => `${key} ${ms.toFixed(2)}`).join(', ')}`,
  );
}
