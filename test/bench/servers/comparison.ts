/**
 * The comparison at one size of the zone: each kind of question goes round all servers in turns, so that whatever
 * else the machine does meets all of them alike.
 */
import { join } from 'node:path';
import { type BenchZone, buildBenchZone } from './bench-zone.ts';
import {
  type Entrant,
  type EntrantsOptions,
  isAble,
  startEntrants,
  summarizeRun,
  whileOthersPause,
} from './entrant.ts';
import { writeQueryFile } from './query-file.ts';
import { type QuestionKind, shuffledQuestions } from './questions.ts';
import type { ServerRun, Settings, Turn } from './results.ts';
import type { Session } from './session.ts';
import { measureLoad, measureProbe, type PhaseOptions, processorTimeOf } from './turn.ts';

/** Code is compiled and caches are filled before figures count. */
const WARM_UP_SECONDS = 1;

export interface ComparisonOptions extends EntrantsOptions {
  readonly settings: Settings;
}

export interface ComparisonResults {
  readonly runs: readonly ServerRun[];
  readonly turns: readonly Turn[];
}

export async function compareServers(
  session: Session,
  options: ComparisonOptions,
): Promise<ComparisonResults> {
  const zone = buildBenchZone(options.names);
  const entrants = await startEntrants(session, zone, options);
  const turns: Turn[] = [];
  for (const kind of options.questions) {
    turns.push(...(await takeTurns(session, entrants, { ...options, zone, kind })));
  }
  const runs = entrants.map((entrant) => summarizeRun(entrant, options.names));
  // The Kubernetes API too.
  session.children.endAll();
  return { runs, turns };
}

interface TurnsOptions extends ComparisonOptions {
  readonly zone: BenchZone;
  readonly kind: QuestionKind;
}

async function takeTurns(
  session: Session,
  entrants: readonly Entrant[],
  { kind, zone, names, settings, tell, blame }: TurnsOptions,
): Promise<Turn[]> {
  const { name: question, title, transport } = kind;
  const queryFile = join(session.createFolder('queries'), question);
  writeQueryFile(queryFile, shuffledQuestions(kind, zone));
  const turns: Turn[] = [];
  for (let round = 0; round <= settings.rounds; round++) {
    for (const entrant of entrants.filter((one) => isAble(one, kind))) {
      const server = entrant.server.name;
      const phase = { queryFile, transport, seconds: settings.seconds };
      try {
        if (round === 0) {
          await warmUp(session, entrant, phase);
          continue;
        }
        const turn = {
          names,
          question,
          server,
          round,
          ...(await takeTurn(session, entrant, { phase, kind })),
        };
        turns.push(turn);
        tell(`${names} names, ${title}, round ${round}: ${describeTurn(turn)}`);
      } catch (error) {
        blame(`${server}: ${title}, round ${round}: ${error}`);
      }
    }
  }
  return turns;
}

function warmUp(session: Session, entrant: Entrant, phase: PhaseOptions): Promise<unknown> {
  return whileOthersPause(entrant, () =>
    measureLoad(session, entrant.running, { ...phase, seconds: WARM_UP_SECONDS }),
  );
}

function takeTurn(
  session: Session,
  entrant: Entrant,
  { phase, kind }: { phase: PhaseOptions; kind: QuestionKind },
): Promise<Pick<Turn, 'load' | 'probe'>> {
  const { server, running } = entrant;
  const judged = server.isEcho ? phase : { ...phase, rcode: kind.expected.rcode };
  return whileOthersPause(entrant, async () => ({
    load: await measureLoad(session, running, judged),
    probe: await measureProbe(session, running, judged),
  }));
}

function describeTurn({ server, load, probe }: Turn): string {
  const micros = processorTimeOf(load)?.toFixed(2) ?? '?';
  const p99 = probe.latency?.p99 ?? '?';
  return `${server} ${Math.round(load.queriesPerSecond)}/s, ${micros} us, p99 ${p99} us`;
}
