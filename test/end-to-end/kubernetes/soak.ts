/**
 * A soak: random changes of a real cluster, while probers compare every answer with the objects that it is about.
 *
 *   npm run test:soak -- [--minutes 10] [--changes 100] [--services 300] [--seed 1]
 *
 * An answer is right if it was so at some moment between the question, less the time that a change may take to be
 * seen, and the answer. One wrong answer ends with exit code 1.
 */
import { promises as dns } from 'node:dns';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { endpointSliceJson, namespaceJson, serviceJson } from '../../source/kubernetes/objects.ts';
import { startServer } from '../../support/process.ts';
import { kubeconfigOf } from './kubeconfig.ts';
import { startReal } from './real-under-test.ts';
import { ServiceHistory } from './service-history.ts';

const NAMESPACES = 10;
const CHANGERS = 8;
const PROBERS = 16;
/** Time that a change may take from the API server's answer to ours. */
const SETTLE_MS = 1000;
const REPORT_MS = 10_000;
/** Wrong answers that are told one by one. */
const MAX_TOLD = 20;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    changes: { type: 'string', default: '100' },
    services: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
  },
});
const random = createRandom(Number(values.seed));
const api = await startReal({});
const folder = mkdtempSync(join(tmpdir(), 'vipdns-soak-'));
const kubeconfig = join(folder, 'kubeconfig');
writeFileSync(kubeconfig, JSON.stringify(kubeconfigOf(api.access)));
for (let i = 0; i < NAMESPACES; i++) await api.put('namespaces', namespaceJson(`soak-${i}`));
const server = await startServer('--kubeconfig', kubeconfig);
const resolver = new dns.Resolver({ timeout: 2000, tries: 1 });
resolver.setServers([`127.0.0.1:${server.port}`]);

const histories = Array.from(
  { length: Number(values.services) },
  (_, i) => new ServiceHistory(`soak-${i % NAMESPACES}/svc-${i}`),
);
const startedAt = performance.now();
const endsAt = startedAt + Number(values.minutes) * 60_000;
let changes = 0;
let probes = 0;
const wrong: string[] = [];

const reports = setInterval(report, REPORT_MS);
await Promise.all([
  ...Array.from({ length: CHANGERS }, (_, i) => change(i)),
  ...Array.from({ length: PROBERS }, probe),
]);
clearInterval(reports);
await sleep(SETTLE_MS);
for (const history of histories) await compare(history, 0);
report();
const exitCode = await server.stop('SIGTERM');
await api.close();
rmSync(folder, { recursive: true });
console.log(wrong.length === 0 ? 'not one wrong answer' : `${wrong.length} WRONG ANSWERS`);
process.exit(wrong.length === 0 && exitCode === 0 ? 0 : 1);

/** Changes its share of the Services, one change after another, at the rate that was asked for. */
async function change(index: number): Promise<void> {
  const own = histories.filter((_, i) => i % CHANGERS === index);
  const pauseMs = (1000 * CHANGERS) / Number(values.changes);
  for (let due = performance.now(); due < endsAt; due += pauseMs) {
    await sleep(Math.max(due - performance.now(), 0));
    const history = own[Math.floor(random() * own.length)];
    await history.change(() => act(history));
    changes++;
  }
}

/** Does one random thing to a Service; gives what its name answers from then on. */
async function act(history: ServiceHistory): Promise<void> {
  const { key, model } = history;
  const dice = random();
  if (!model.exists) {
    await api.put('services', model.isHeadless ? headlessJson(key) : serviceJson(key, ''));
    model.exists = true;
    if (!model.isHeadless) model.addresses = [await clusterIpOf(key)];
  } else if (dice < 0.15) {
    await api.remove('services', key);
    model.exists = false;
    model.isHeadless = random() < 0.8;
    // What slices there are stays, and belongs to the next Service of the name.
    if (!model.isHeadless) model.addresses = [];
    else model.addresses = model.slice;
  } else if (dice < 0.25 && model.slice.length > 0) {
    await api.remove('endpointslices', `${key}-1`);
    model.slice = [];
    if (model.isHeadless) model.addresses = [];
  } else {
    const count = 1 + Math.floor(random() * 5);
    const slice = Array.from(
      { length: count },
      () => `10.${64 + (byte() % 64)}.${byte()}.${byte()}`,
    );
    await api.put('endpointslices', endpointSliceJson(key, slice));
    model.slice = slice;
    if (model.isHeadless) model.addresses = slice;
  }
}

async function probe(): Promise<void> {
  while (performance.now() < endsAt) {
    await compare(histories[Math.floor(random() * histories.length)], SETTLE_MS);
  }
}

async function compare(history: ServiceHistory, settleMs: number): Promise<void> {
  const [namespace, name] = history.key.split('/');
  const askedAt = performance.now();
  const answer = await resolver.resolve4(`${name}.${namespace}.svc.cluster.local`).then(
    (addresses) => [...new Set(addresses)].sort().join(),
    (error: NodeJS.ErrnoException) => String(error.code),
  );
  const answeredAt = performance.now();
  probes++;
  if (history.statesWithin(askedAt - settleMs, answeredAt).includes(answer)) return;
  await history.settled;
  const expected = history.statesWithin(askedAt - settleMs, answeredAt);
  if (expected.includes(answer)) return;
  const at = Math.round(askedAt - startedAt);
  const line = `${history.key} at ${at} ms: ${answer}, not ${expected.join(' or ')}`;
  if (wrong.push(line) <= MAX_TOLD) console.log(line);
}

async function clusterIpOf(key: string): Promise<string> {
  const service = await api.read('services', key);
  return (service as { spec: { clusterIP: string } }).spec.clusterIP;
}

function headlessJson(key: string) {
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }];
  return { ...serviceJson(key), spec: { clusterIP: 'None', ports } };
}

function report(): void {
  const status = readFileSync(`/proc/${server.child.pid}/status`, 'utf8');
  const rssMb = Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  console.log(
    `${seconds} s: ${changes} changes, ${probes} answers, ${wrong.length} wrong, ${rssMb} MB`,
  );
}

function byte(): number {
  return Math.floor(random() * 256);
}

/** Mulberry32: the same numbers for the same seed. */
function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
