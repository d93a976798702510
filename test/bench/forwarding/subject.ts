/** A server with two upstreams, from its start to its end. */
import type { BenchZone } from '../servers/bench-zone.ts';
import { QUESTION_KINDS, shuffledQuestions } from '../servers/questions.ts';
import type { Server } from '../servers/roster/server.ts';
import { startServer } from '../servers/running-server.ts';
import type { Session } from '../servers/session.ts';
import { startFastUpstreams } from './fast-upstreams.ts';
import { FaultyUpstreams } from './faulty-upstreams.ts';
import type { Figures, Measurement, Settings, Subject } from './measurement.ts';
import { NameSource } from './name-source.ts';

export interface Circumstances {
  readonly session: Session;
  /** Names of the cluster. */
  readonly zone: BenchZone;
  readonly settings: Settings;
  kubernetesApi(): Promise<string>;
}

/** Starts a server and its upstreams, measures, and ends them. */
export async function measureServer(
  measurement: Measurement,
  server: Server,
  circumstances: Circumstances,
): Promise<Figures> {
  const { session } = circumstances;
  // One after the other by kind, so that the compiler sees which measurement has which upstreams.
  if (measurement.upstreams === 'fast') {
    const upstreams = await startFastUpstreams(session);
    return withServer(server, { ...circumstances, upstreams }, measurement.measure);
  }
  const upstreams = await FaultyUpstreams.start(session);
  return withServer(server, { ...circumstances, upstreams }, measurement.measure);
}

interface Upstreams {
  readonly ports: readonly number[];
  end(): Promise<void>;
}

async function withServer<Some extends Upstreams>(
  server: Server,
  { session, zone, settings, upstreams, kubernetesApi }: Circumstances & { upstreams: Some },
  measure: (subject: Subject<Some>) => Promise<Figures>,
): Promise<Figures> {
  try {
    const program = server.find();
    if (program === undefined) throw new Error('Cannot start server: it is not on this machine');
    const running = await startServer(session, server, {
      program,
      zone,
      kubernetesApi,
      upstreams: upstreams.ports,
    });
    try {
      const [services] = QUESTION_KINDS;
      const clusterQuestions = shuffledQuestions(services, zone);
      const names = new NameSource();
      return await measure({ session, running, upstreams, names, clusterQuestions, settings });
    } finally {
      await running.end();
    }
  } finally {
    await upstreams.end();
  }
}
