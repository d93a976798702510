/**
 * `npm run bench:forwarding`: compares vipdns with other servers that forward and cache. Progress goes to standard
 * error, the report to standard output and into the README beside this file.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { buildBenchZone } from '../servers/bench-zone.ts';
import { findMissingPrograms, readOptions, tell } from '../servers/command-line.ts';
import { startKubernetesApi } from '../servers/kubernetes-api/start.ts';
import { describeMachine } from '../servers/machine.ts';
import { findProgram } from '../servers/program.ts';
import { type Server, versionOfServer } from '../servers/roster/server.ts';
import { Session } from '../servers/session.ts';
import { HELP, type Options, parseOptions } from './options.ts';
import { writeSections } from './readme.ts';
import { formatSection } from './report.ts';
import type { Results, Round } from './results.ts';
import { type Circumstances, measureServer } from './subject.ts';

/** Services of the cluster. */
const CLUSTER_NAMES = 1000;

process.exit(await main());

async function main(): Promise<number> {
  const options = readOptions(parseOptions, HELP);
  if (typeof options === 'number') return options;
  const missing = [...findMissingPrograms(), ...(findProgram('cc') === undefined ? ['cc'] : [])];
  if (missing.length > 0) {
    console.error(`Cannot measure: not on this machine: ${missing.join(', ')}`);
    return 1;
  }
  const results = await measure(options);
  const sections = new Map(
    options.measurements.map((measurement) => [
      measurement.name,
      formatSection(measurement, results),
    ]),
  );
  console.log([...sections.values()].join('\n\n'));
  writeSections(sections);
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(results, null, 2));
  return results.problems.length === 0 ? 0 : 1;
}

async function measure(options: Options): Promise<Results> {
  const session = new Session();
  pinToClient(session);
  const problems: string[] = [];
  const rounds: Round[] = [];
  let api: Promise<string> | undefined;
  const circumstances: Circumstances = {
    session,
    zone: buildBenchZone(CLUSTER_NAMES),
    settings: options.settings,
    kubernetesApi() {
      api ??= startKubernetesApi(session, CLUSTER_NAMES);
      return api;
    },
  };
  const present = options.servers.filter(isPresent);
  for (const measurement of options.measurements) {
    for (let round = 1; round <= (options.rounds ?? measurement.rounds); round++) {
      for (const server of present) {
        try {
          const figures = await measureServer(measurement, server, circumstances);
          rounds.push({ measurement: measurement.name, server: server.name, round, figures });
          tell(`${measurement.name}, round ${round}: ${server.name} ${JSON.stringify(figures)}`);
        } catch (error) {
          problems.push(
            `${measurement.name}: ${server.name}, round ${round}: ${String(error).trim()}`,
          );
          tell(`left out: ${problems.at(-1)}`);
        }
      }
    }
  }
  return {
    machine: describeMachine(session.processors),
    settings: options.settings,
    servers: options.servers.map(versionOfServer),
    rounds,
    problems,
  };
}

function isPresent(server: Server): boolean {
  const isThere = server.find() !== undefined;
  if (!isThere) tell(`left out: ${server.name}: it is not on this machine`);
  return isThere;
}

/** The stub clients are in this process, and are to take no time from the server. */
function pinToClient({ processors }: Session): void {
  execFileSync('taskset', ['-a', '-c', '-p', processors.client, String(process.pid)]);
}
