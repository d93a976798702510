/** The servers that take part: started with the zone, checked, and stopped until it is their turn. */
import { type AnswerCheck, checkAnswers, problemsOf } from './answer-check.ts';
import type { BenchZone } from './bench-zone.ts';
import { startKubernetesApi } from './kubernetes-api/start.ts';
import { type Memory, readMemory } from './process-usage.ts';
import type { QuestionKind } from './questions.ts';
import type { ServerRun } from './results.ts';
import type { Server } from './roster/server.ts';
import { type RunningServer, startServer } from './running-server.ts';
import type { Session } from './session.ts';

export interface Entrant {
  readonly server: Server;
  readonly running: RunningServer;
  readonly answers: Readonly<Record<string, AnswerCheck>>;
  readonly memoryAtStart: Memory;
}

export interface EntrantsOptions {
  readonly servers: readonly Server[];
  readonly questions: readonly QuestionKind[];
  /** Services in the zone. */
  readonly names: number;
  /** Tells what happens. */
  readonly tell: (progress: string) => void;
  /** Takes note of what does not work; the rest goes on. */
  readonly blame: (problem: string) => void;
}

/** Starts all servers that the machine has, to stay until the end. */
export async function startEntrants(
  session: Session,
  zone: BenchZone,
  { servers, questions, names, tell, blame }: EntrantsOptions,
): Promise<Entrant[]> {
  let api: Promise<string> | undefined;
  const kubernetesApi = () => {
    api ??= startKubernetesApi(session, names);
    return api;
  };
  const entrants: Entrant[] = [];
  for (const server of servers) {
    const program = server.find();
    if (program === undefined) continue;
    tell(`${names} names: starting ${server.name}`);
    try {
      const running = await startServer(session, server, { program, zone, kubernetesApi });
      const memoryAtStart = readMemory(running.process.pid);
      const asked = questions.filter(({ name }) => !server.isEcho && !server.lacks.includes(name));
      const answers = await checkAnswers(asked, zone, running.port);
      running.process.signal('SIGSTOP');
      entrants.push({ server, running, answers, memoryAtStart });
      for (const problem of problemsOf(answers)) blame(`${server.name}: ${problem}`);
    } catch (error) {
      blame(`${server.name}: ${error}`);
    }
  }
  return entrants;
}

export function isAble({ server, answers }: Entrant, { name }: QuestionKind): boolean {
  return !server.lacks.includes(name) && answers[name]?.problem === undefined;
}

/** Lets a server run that is stopped at all other times: what it leaves undone is not to cost the next one. */
export async function whileOthersPause<Result>(
  { running: { process: running } }: Entrant,
  work: () => Promise<Result>,
): Promise<Result> {
  running.signal('SIGCONT');
  try {
    return await work();
  } finally {
    running.signal('SIGSTOP');
  }
}

export function summarizeRun(entrant: Entrant, names: number): ServerRun {
  const { server, running, answers, memoryAtStart } = entrant;
  const remark = server.remarkOf?.(running.process.readOutput());
  return {
    names,
    server: server.name,
    ...(remark !== undefined && { remark }),
    answers,
    memory: { atStart: memoryAtStart, afterLoad: readMemory(running.process.pid) },
  };
}
