/**
 * What clients see while the zone thread takes in 10,000 Services and as many slices, on the one processor that it
 * shares with the responder: the prober's percentiles until the last of them is served, against a quiet time.
 */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { startDnsperf } from '../dnsperf.ts';
import { createQueryFile } from '../query-file.ts';
import type { IntakeRound, ProbeFigures, Settings } from '../results.ts';
import type { RunningServer } from '../running-server.ts';
import type { Session } from '../session.ts';
import { PROBE_RATE, probeFiguresOf } from '../turn.ts';
import { isServed, prepareManifests } from './intake-manifests.ts';
import { startVipdns } from './measured-vipdns.ts';
import { fillManifests } from './small-zone.ts';

const LIMIT_MS = 60_000;

/** Often enough for the time of the intake, seldom enough not to be a load. */
const ASK_MS = 50;

export async function measureIntake(
  session: Session,
  { rounds, seconds }: Settings,
): Promise<IntakeRound[]> {
  const { manifests, questions } = fillManifests(session);
  const prepared = prepareManifests(session);
  const added = join(manifests, 'added');
  const server = await startVipdns(session, { manifests, responders: 1 });
  const queryFile = createQueryFile(session, questions);
  const results: IntakeRound[] = [];
  for (let round = 1; round <= rounds; round++) {
    const quiet = await probeWhile(session, server, {
      queryFile,
      work: () => setTimeout(seconds * 1000),
    });
    const startedAt = performance.now();
    const during = await probeWhile(session, server, {
      queryFile,
      work: () => move(server, { from: prepared, to: added, isServed: true }),
    });
    const intakeMs = performance.now() - startedAt;
    await move(server, { from: added, to: prepared, isServed: false });
    const { sent, lost, wrong } = during;
    results.push({ ...pairOf(quiet, during), intakeMs, sent, lost, wrong });
  }
  await server.end();
  return results;
}

function pairOf(
  { latency: quiet }: ProbeFigures,
  { latency: during }: ProbeFigures,
): Pick<IntakeRound, 'quiet' | 'during'> {
  if (quiet === undefined || during === undefined) {
    throw new Error('Cannot measure intake: the prober has no answer');
  }
  return { quiet, during };
}

/** Lets the prober run for as long as some work takes. */
async function probeWhile(
  session: Session,
  { port }: RunningServer,
  { queryFile, work }: { queryFile: string; work: () => Promise<unknown> },
): Promise<ProbeFigures> {
  const probe = startDnsperf(session, {
    port,
    queryFile,
    transport: 'udp',
    rate: PROBE_RATE,
    seconds: LIMIT_MS / 1000,
    latencies: true,
  });
  await work();
  probe.interrupt();
  return probeFiguresOf(await probe.figures, 'NOERROR');
}

interface Move {
  readonly from: string;
  readonly to: string;
  /** What the names are to be afterwards. */
  readonly isServed: boolean;
}

/** Moves the folder, so that its files are there whole and at once, and writing them takes no time from the client. */
async function move(server: RunningServer, { from, to, isServed: wanted }: Move): Promise<void> {
  renameSync(from, to);
  const endsAt = performance.now() + LIMIT_MS;
  while (!(await isServed(server.port, wanted))) {
    if (performance.now() > endsAt) throw new Error('Cannot measure intake: it takes too long');
    await setTimeout(ASK_MS);
  }
}
