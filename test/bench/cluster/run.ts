/**
 * vipdns and CoreDNS with a large cluster in a real API server: how soon each is ready, and what memory it takes. In
 * turns, since both would want the same processors.
 *
 *   COREDNS=... KUBEBUILDER_ASSETS=... npm run bench:cluster -- [--services 10000] [--endpoints 15] [--pods 0]
 *                                                              [--rounds 3] [--limit-mib 170]
 *
 * With `--pods` both follow Pods (`pods: verified`). With `--limit-mib` vipdns lives through start, changes and a new
 * list once more in a memory cgroup with that limit. Needs root, for the service account that each server is to find.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findBinaries } from '../../end-to-end/kubernetes/binaries.ts';
import { RealApiServer } from '../../end-to-end/kubernetes/real-api-server.ts';
import { findFreePort } from '../servers/free-port.ts';
import { findProgram } from '../servers/program.ts';
import { churn, fillCluster } from './large-cluster.ts';
import { measureFloor } from './list-floor.ts';
import { MeasuredServer, type ServerCommand } from './measured-server.ts';
import { MemoryCgroup } from './memory-cgroup.ts';
import { formatFigures, median } from './report.ts';

const MAIN = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));
/** As the image has it. */
const ENVIRONMENT = { MALLOC_ARENA_MAX: '1' };
const SETTLE_MS = 4000;
const CHURN = { rate: 100, seconds: 10 };

const { values } = parseArgs({
  options: {
    services: { type: 'string', default: '10000' },
    endpoints: { type: 'string', default: '15' },
    pods: { type: 'string', default: '0' },
    rounds: { type: 'string', default: '3' },
    'limit-mib': { type: 'string' },
  },
});
const size = {
  services: Number(values.services),
  endpoints: Number(values.endpoints),
  pods: Number(values.pods),
};
const coredns = process.env.COREDNS || findProgram('coredns');
const binaries = findBinaries();
if (binaries === undefined) throw new Error('Cannot find etcd and kube-apiserver, nor build them');
const folder = mkdtempSync(join(tmpdir(), 'vipdns-bench-cluster-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const api = new RealApiServer({ binaries });
await api.start();
await api.allowAll();
const filledAt = performance.now();
await fillCluster(api, size);
console.log(`${JSON.stringify(size)}, filled in ${secondsSince(filledAt)} s`);

const ready = {
  floor: [] as number[],
  vipdns: [] as number[],
  coredns: [] as number[],
  image: [] as number[],
};
for (let round = 1; round <= Number(values.rounds); round++) {
  const floor = await measureFloor(api.access, listPaths());
  ready.floor.push(floor.seconds);
  const mb = (floor.bytes / 1e6).toFixed(0);
  console.log(`the lists alone: ${mb} MB in ${floor.seconds.toFixed(2)} s`);
  const stateDir = join(folder, `state-${round}`);
  ready.vipdns.push(await measureStart('vipdns', await vipdnsCommand(stateDir)));
  if (coredns !== undefined) {
    ready.coredns.push(await measureStart('coredns', await corednsCommand(coredns)));
  }
  ready.image.push(
    await measureStart('vipdns', await vipdnsCommand(stateDir), { isApiAway: true }),
  );
}
for (const [what, seconds] of Object.entries(ready)) {
  console.log(
    `${what.padEnd(8)} ready: median ${median(seconds).toFixed(2)} s of ${seconds.length}`,
  );
}
await liveThrough('vipdns', await vipdnsCommand(join(folder, 'state-life')));
if (coredns !== undefined) await liveThrough('coredns', await corednsCommand(coredns));
if (values['limit-mib'] !== undefined) await liveInCgroup(Number(values['limit-mib']));
await api.close();

/** Starts a server, and gives the seconds until it was ready. */
async function measureStart(
  name: string,
  command: ServerCommand,
  { isApiAway = false } = {},
): Promise<number> {
  const access = isApiAway
    ? { ...api.access, server: new URL(`https://127.0.0.1:${await findFreePort()}`) }
    : api.access;
  const server = new MeasuredServer(command, { access, folder: createFolder(name) });
  const seconds = await server.readySeconds;
  const figures = [formatFigures(server.readMemory())];
  await sleep(SETTLE_MS);
  figures.push(formatFigures(server.readMemory()));
  const what = isApiAway ? `${name}, without the API` : name;
  const cpu = server.processorSeconds.toFixed(2);
  console.log(`${what}: ready after ${seconds.toFixed(2)} s, ${cpu} s of CPU`);
  console.log(`    MiB when ready: ${figures[0]}; later: ${figures[1]}`);
  await server.stop();
  return seconds;
}

/** Start, changes, a list anew after the server has forgotten its past, and changes again. */
async function liveThrough(
  name: string,
  command: ServerCommand,
  cgroup?: MemoryCgroup,
): Promise<void> {
  const { access } = api;
  const server = new MeasuredServer(command, { access, folder: createFolder(name), cgroup });
  await server.readySeconds;
  await churn(api, { ...size, ...CHURN });
  await api.killApi();
  await api.compact();
  await api.startApi();
  await sleep(2 * SETTLE_MS);
  await churn(api, { ...size, ...CHURN });
  await sleep(SETTLE_MS);
  if (server.hasExited) console.log(`${name}: has ended`);
  else {
    const figures = formatFigures(server.readMemory());
    console.log(`${name} through start, ${CHURN.rate} changes a second, new lists: MiB ${figures}`);
  }
  await server.stop();
}

async function liveInCgroup(limitMib: number): Promise<void> {
  let cgroup: MemoryCgroup;
  try {
    cgroup = new MemoryCgroup(limitMib * 2 ** 20);
  } catch (error) {
    console.log(`NOT RUN in a cgroup: ${error instanceof Error ? error.message : error}`);
    return;
  }
  await liveThrough(
    `vipdns in ${limitMib} MiB`,
    await vipdnsCommand(join(folder, 'state-cgroup')),
    cgroup,
  );
  const peak = (cgroup.peakBytes / 2 ** 20).toFixed(0);
  const { kills, reclaims } = cgroup;
  console.log(
    `cgroup of ${limitMib} MiB: ${kills} kills, peak ${peak} MiB, limit hit ${reclaims} times`,
  );
  cgroup.remove();
}

async function vipdnsCommand(stateDir: string): Promise<ServerCommand> {
  const [port, http] = [await findFreePort(), await findFreePort()];
  const file = join(createFolder('configuration'), 'vipdns.yaml');
  const pods = size.pods > 0 ? 'verified' : 'insecure';
  const lines = [
    'source: {kubernetes: {}}',
    'responders: 1',
    `listen: ["127.0.0.1:${port}"]`,
    `http: "127.0.0.1:${http}"`,
    `stateDir: ${JSON.stringify(stateDir)}`,
    `pods: ${pods}`,
    'lameduck: 0s',
  ];
  writeFileSync(file, lines.join('\n'));
  return {
    program: process.execPath,
    arguments: [MAIN, 'serve', '--config', file],
    environment: ENVIRONMENT,
    readyUrl: `http://127.0.0.1:${http}/ready`,
  };
}

async function corednsCommand(program: string): Promise<ServerCommand> {
  const [port, http] = [await findFreePort(), await findFreePort()];
  const file = join(createFolder('configuration'), 'Corefile');
  const pods = size.pods > 0 ? 'verified' : 'insecure';
  writeFileSync(
    file,
    `.:${port} {
    bind 127.0.0.1
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods ${pods}
    }
    ready 127.0.0.1:${http}
}
`,
  );
  return {
    program,
    arguments: ['-conf', file],
    readyUrl: `http://127.0.0.1:${http}/ready`,
  };
}

function listPaths(): string[] {
  const paths = ['/api/v1/services', '/apis/discovery.k8s.io/v1/endpointslices'];
  return size.pods > 0 ? [...paths, '/api/v1/pods'] : paths;
}

function createFolder(name: string): string {
  return mkdtempSync(join(folder, `${name.replaceAll(' ', '-')}-`));
}

function secondsSince(from: number): string {
  return ((performance.now() - from) / 1000).toFixed(0);
}
