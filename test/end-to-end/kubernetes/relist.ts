/**
 * What a full relist costs those who ask meanwhile: the latency of answers while every object is listed anew, beside
 * that of quiet times, and that of times in which somebody else reads as much from the same API server.
 *
 * The API server and what stands between run at the lowest priority, for they are on these processors only here;
 * `--equal` has them compete with who answers and who asks.
 *
 *   npm run test:relist -- [--services 10000] [--rounds 5] [--rate 1000] [--equal]
 */
import { once } from 'node:events';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { percentilesOf } from '../../bench/servers/latency.ts';
import { ExpiringProxy } from './expiring-proxy.ts';
import { fill } from './fill.ts';
import { startFollowing } from './following-server.ts';
import type { LatencySample, LatencyThreadData } from './latency-thread.ts';
import { lowerPriority } from './low-priority.ts';
import { allowReading, startApiServer } from './real-under-test.ts';

/** A time as of `Date.now()`. */
interface Span {
  readonly from: number;
  readonly until: number;
}

const QUIET_MS = 5000;
/** What came with a list is in the table by then. */
const TAIL_MS = 100;
const COLLECTIONS = ['/api/v1/services', '/apis/discovery.k8s.io/v1/endpointslices'];
const PROTOBUF = 'application/vnd.kubernetes.protobuf';

const { values } = parseArgs({
  options: {
    services: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '5' },
    rate: { type: 'string', default: '1000' },
    equal: { type: 'boolean', default: false },
  },
});
const real = await startApiServer();
await allowReading(real);
await fill(real, Number(values.services));
console.log(`${values.services} Services and slices are there`);
const proxy = await ExpiringProxy.start(real.access);
if (!values.equal) for (const pid of [...real.pids, proxy.pid]) lowerPriority(pid);
const server = await startFollowing({ server: proxy.url, token: real.access.token ?? '' });
const workerData: LatencyThreadData = {
  port: server.port,
  name: 'service-1.team-1.svc.cluster.local',
  perSecond: Number(values.rate),
};
const thread = new Worker(new URL('./latency-thread.ts', import.meta.url), { workerData });
await sleep(QUIET_MS);

const spans: Record<'quiet' | 'others list' | 'relist', Span[]> = {
  quiet: [],
  'others list': [],
  relist: [],
};
for (let round = 0; round < Number(values.rounds); round++) {
  spans.quiet.push(await timed(() => sleep(QUIET_MS)));
  spans['others list'].push(await timed(() => Promise.all(COLLECTIONS.map(readAll))));
  await sleep(QUIET_MS);
  spans.relist.push(await relist());
}
thread.postMessage('give');
const [samples] = (await once(thread, 'message')) as [LatencySample[]];
for (const [what, times] of Object.entries(spans)) tell(what, times);
await thread.terminate();
await server.close();
await proxy.close();
await real.close();

/** Has every watch expire; gives the time from the first list to the end of the last. */
async function relist(): Promise<Span> {
  const before = listedLines().length;
  const from = await proxy.expire();
  while (listedLines().length < before + 3) await sleep(10);
  proxy.allow();
  const ends = listedLines().slice(before);
  return { from, until: Math.max(...ends) + TAIL_MS };
}

/** When a list ended, each. */
function listedLines(): number[] {
  const lines = server.lines().filter(({ msg }) => msg === 'objects listed');
  return lines.map(({ time }) => Date.parse(String(time)));
}

async function timed(act: () => Promise<unknown>): Promise<Span> {
  const from = Date.now();
  await act();
  return { from, until: Date.now() };
}

/** Reads a list and throws it away. */
async function readAll(path: string): Promise<void> {
  const { server: url, token, tls } = real.access;
  const headers = { authorization: `Bearer ${token}`, accept: PROTOBUF };
  const [response] = await once(https.get(new URL(path, url), { headers, ...tls }), 'response');
  response.resume();
  await once(response, 'end');
}

function tell(what: string, times: readonly Span[]): void {
  const within = samples.filter(({ at }) =>
    times.some(({ from, until }) => at >= from && at < until),
  );
  const latencies = within.map(({ ms }) => ms);
  const percentiles = Object.entries(percentilesOf(latencies) ?? {});
  const text = percentiles.map(([key, ms]) => `${key} ${ms.toFixed(2)}`).join(', ');
  const totalMs = times.reduce((sum, { from, until }) => sum + until - from, 0);
  console.log(
    `${what}: ${latencies.length} answers in ${(totalMs / 1000).toFixed(1)} s, ms: ${text}`,
  );
}
