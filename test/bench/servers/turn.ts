/** One turn of a server: a phase with as many queries as it takes, and one with the prober. */
import { type DnsperfOptions, runDnsperf } from './dnsperf.ts';
import type { DnsperfFigures } from './dnsperf-output.ts';
import { percentilesOf } from './latency.ts';
import { readProcessorTime } from './process-usage.ts';
import type { LoadFigures, Losses, ProbeFigures } from './results.ts';
import type { RunningServer } from './running-server.ts';
import type { Session } from './session.ts';
import { waitUntilRead } from './socket-queue.ts';

/** Slow enough for every server to idle in between, fast enough for a p99.9. */
export const PROBE_RATE = 20_000;

export interface PhaseOptions extends Pick<DnsperfOptions, 'queryFile' | 'transport' | 'seconds'> {
  /** Undefined where any will do. */
  readonly rcode?: string;
}

/** Asks as fast as the server answers, or at a rate, and counts the processor time of its whole process group. */
export async function measureLoad(
  session: Session,
  server: RunningServer,
  options: PhaseOptions & { rate?: number },
): Promise<LoadFigures> {
  const before = readProcessorTime(server.process.pid);
  const figures = await runDnsperf(session, { ...options, port: server.port });
  const after = readProcessorTime(server.process.pid);
  await waitUntilRead(server.port);
  const perQuery = (from: number, to: number) =>
    figures.completed === 0 ? undefined : (to - from) / figures.completed;
  return {
    ...lossesOf(figures, options.rcode),
    queriesPerSecond: figures.queriesPerSecond,
    userMicroseconds: perQuery(before.userMicroseconds, after.userMicroseconds),
    systemMicroseconds: perQuery(before.systemMicroseconds, after.systemMicroseconds),
  };
}

export async function measureProbe(
  session: Session,
  server: RunningServer,
  options: PhaseOptions,
): Promise<ProbeFigures> {
  const { port } = server;
  const probe = { ...options, port, rate: PROBE_RATE, latencies: true };
  const figures = await runDnsperf(session, probe);
  await waitUntilRead(port);
  return probeFiguresOf(figures, options.rcode);
}

export function probeFiguresOf(figures: DnsperfFigures, rcode?: string): ProbeFigures {
  return {
    ...lossesOf(figures, rcode),
    queriesPerSecond: figures.queriesPerSecond,
    latency: percentilesOf(figures.latencies),
  };
}

/** Gives user and system time of an answered query together. */
export function processorTimeOf(load: LoadFigures): number | undefined {
  const { userMicroseconds: user, systemMicroseconds: system } = load;
  return user === undefined || system === undefined ? undefined : user + system;
}

function lossesOf({ sent, lost, completed, rcodes }: DnsperfFigures, rcode?: string): Losses {
  return { sent, lost, wrong: rcode === undefined ? 0 : completed - (rcodes[rcode] ?? 0) };
}
