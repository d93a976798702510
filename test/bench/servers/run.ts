/**
 * `npm run bench`: compares vipdns with the other servers of this machine, and measures it alone. Progress goes to
 * standard error, the report to standard output and into test/bench/README.md.
 */
import { writeFileSync } from 'node:fs';
import { measureIntake } from './alone/intake.ts';
import { measureMemory } from './alone/memory.ts';
import { measureResponders } from './alone/responders.ts';
import { findMissingPrograms, readOptions, tell } from './command-line.ts';
import { type ComparisonResults, compareServers } from './comparison.ts';
import { describeMachine } from './machine.ts';
import { type Alone, HELP, type Options, parseOptions } from './options.ts';
import { writeReadme } from './readme.ts';
import { formatReport } from './report.ts';
import type { AloneResults, Results } from './results.ts';
import { versionOfServer } from './roster/server.ts';
import { Session } from './session.ts';

process.exit(await main());

async function main(): Promise<number> {
  const options = readOptions(parseOptions, HELP);
  if (typeof options === 'number') return options;
  const missing = findMissingPrograms();
  if (missing.length > 0) {
    console.error(`Cannot measure: not on this machine: ${missing.join(', ')}`);
    return 1;
  }
  const results = await measure(options);
  const report = formatReport(results);
  console.log(report);
  writeReadme(report);
  if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(results, null, 2));
  return results.problems.length === 0 ? 0 : 1;
}

async function measure(options: Options): Promise<Results> {
  const session = new Session();
  const { settings, servers } = options;
  const problems: string[] = [];
  const blame = (problem: string) => {
    tell(`left out: ${problem}`);
    problems.push(problem);
  };
  if (session.processors.isShared) tell('there is one processor only: figures will mean little');
  const compared: ComparisonResults[] = [];
  for (const names of servers.length === 0 ? [] : settings.names) {
    compared.push(await compareServers(session, { ...options, names, tell, blame }));
  }
  return {
    machine: describeMachine(session.processors),
    settings,
    servers: servers.map(versionOfServer),
    runs: compared.flatMap(({ runs }) => runs),
    turns: compared.flatMap(({ turns }) => turns),
    alone: await measureAlone(session, options, blame),
    problems,
  };
}

async function measureAlone(
  session: Session,
  { alone, settings }: Options,
  blame: (problem: string) => void,
): Promise<AloneResults> {
  const run = async <Result>(name: Alone, measure: () => Promise<Result>) => {
    if (!alone.includes(name)) return {};
    tell(`vipdns alone: ${name}`);
    try {
      return { [name]: await measure() };
    } catch (error) {
      blame(`vipdns alone: ${name}: ${error}`);
      return {};
    }
  };
  return {
    ...(await run('responders', () => measureResponders(session, settings))),
    ...(await run('intake', () => measureIntake(session, settings))),
    ...(await run('memory', () => measureMemory(session))),
  };
}
