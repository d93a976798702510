/** vipdns and CoreDNS on one API server, asked the same questions: `npm run test:differential -- --help`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type NetworkInterfaceInfo, networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatAddress } from '../../src/dns/address.ts';
import { ownAddresses } from '../../src/own-addresses.ts';
import { versionOf } from '../bench/servers/program.ts';
import { kubeconfigOf } from '../end-to-end/kubernetes/kubeconfig.ts';
import { type ApiServer, preferredApiServer, startApiServer } from './api-server.ts';
import { findCoredns, startCoredns } from './coredns.ts';
import { exchangeAll } from './exchange.ts';
import { type Conditions, createVerdicts, judge, staleRows } from './judge.ts';
import { awaitMarker, markerOperations } from './marker.ts';
import { HELP, type Options, parseOptions } from './options.ts';
import { type Facts, pairUp, type Settings } from './pair.ts';
import { questionNames } from './question-names.ts';
import { buildQuestions, type Question } from './questions.ts';
import { RandomChoice } from './random-choice.ts';
import { RandomCluster } from './random-cluster.ts';
import { formatVerdicts } from './report.ts';
import { ROWS } from './rows.ts';
import { startVipdns } from './vipdns.ts';

/** Another than CoreDNS gives negative answers, so that a mistake of one for the other shows. */
const TTLS = { ttl: 30, negativeTtl: 7 };

const options = parseOptions(process.argv.slice(2));
if (options === undefined) {
  console.log(HELP);
  process.exit(0);
}
if (!('seed' in options)) {
  console.error(options.join('\n'));
  process.exit(2);
}
const program = findCoredns(options);
if (program === undefined) {
  console.error('NOT RUN: comparison with CoreDNS');
  console.error('It needs CoreDNS in COREDNS or the PATH, or Go to build it.');
  process.exit(1);
}
// What was started ends with this process, also where that is told to.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const verdicts = createVerdicts(ROWS);
await compareAll(options, program);
const stale = staleRows(verdicts, { rows: ROWS, conditions: conditionsOf(options) });
console.log(formatVerdicts(verdicts, stale).join('\n'));
process.exit(verdicts.unexplained.length === 0 && stale.length === 0 ? 0 : 1);

function conditionsOf({ pods, rounds }: Options): Conditions {
  const isLinkLocal = ({ address }: NetworkInterfaceInfo) => address.startsWith('fe80:');
  const interfaces = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
  return {
    pods,
    rounds: pods.length * rounds,
    hasOwnAddresses: ownTexts().length > 0,
    hasLinkLocal: interfaces.some(isLinkLocal),
  };
}

/** Addresses under which both servers can be asked, but those that every machine has. */
function ownTexts(): string[] {
  const addresses = ownAddresses([{ address: '0.0.0.0' }, { address: '::' }]).map(formatAddress);
  return addresses.filter((address) => address !== '127.0.0.1' && address !== '::1');
}

async function compareAll(settings: Options, coredns: string): Promise<void> {
  const kind = settings.api ?? preferredApiServer();
  const version = versionOf(coredns, '-version');
  console.log(
    `seed ${settings.seed}, ${settings.services} Services, API server: ${kind}, CoreDNS ${version}`,
  );
  const api = await startApiServer(kind);
  const folder = mkdtempSync(join(tmpdir(), 'vipdns-differential-'));
  try {
    writeFileSync(join(folder, 'kubeconfig'), JSON.stringify(kubeconfigOf(api.access)));
    await compareInEveryMode(settings, { api, folder, program: coredns });
  } finally {
    await api.close();
    rmSync(folder, { recursive: true });
  }
}

interface Equipment {
  readonly api: ApiServer;
  readonly folder: string;
  /** CoreDNS. */
  readonly program: string;
}

/** The cluster goes on as it is from one mode to the next. */
async function compareInEveryMode(options: Options, equipment: Equipment): Promise<void> {
  const { api, folder, program } = equipment;
  const random = new RandomChoice(options.seed);
  const { services } = options;
  const cluster = new RandomCluster(random, { services, ownAddresses: ownTexts() });
  let marker = 0;
  for (const [i, pods] of options.pods.entries()) {
    const settings: Settings = { pods, endpointPodNames: i % 2 === 0, ...TTLS };
    const shared = { folder, kubeconfig: join(folder, 'kubeconfig'), ...settings };
    const coredns = await startCoredns({ program, ...shared });
    const vipdns = await startVipdns(shared);
    const ports = { coredns: coredns.port, vipdns: vipdns.port };
    try {
      for (let round = 0; round <= options.rounds; round++) {
        if (round > 0) cluster.change(options.changes);
        const operations = [...cluster.takeOperations(), ...markerOperations(++marker)];
        for (const operation of operations) await api.apply(operation);
        const withPods = pods === 'verified';
        for (const port of Object.values(ports)) await awaitMarker(marker, { port, withPods });
        await compare(buildQuestions(questionNames(cluster, random)), ports, {
          settings,
          secondPodAddresses: cluster.secondPodAddresses(),
        });
        const { compared, unexplained } = verdicts;
        console.log(
          `pods: ${pods}, round ${round}: ${compared} compared, ${unexplained.length} unexplained`,
        );
      }
    } finally {
      await vipdns.stop('SIGTERM');
      await coredns.stop();
    }
  }
}

async function compare(
  questions: readonly Question[],
  ports: { coredns: number; vipdns: number },
  facts: Facts,
): Promise<void> {
  const answers = {
    coredns: await exchangeAll(questions, ports.coredns),
    vipdns: await exchangeAll(questions, ports.vipdns),
  };
  judge(pairUp(questions, answers, facts), ROWS, verdicts);
}
