/** The latency of names of the cluster, while whatever is measured goes on. */
import { runDnsperf } from '../servers/dnsperf.ts';
import { percentilesOf } from '../servers/latency.ts';
import { createQueryFile } from '../servers/query-file.ts';
import type { Subject } from './measurement.ts';

/** Slow enough for every server to idle in between. */
const RATE = 5000;

export interface ClusterProbe {
  /** Microseconds. */
  readonly p99: number | undefined;
  readonly lost: number;
}

export async function probeCluster(
  { session, running, clusterQuestions }: Subject<unknown>,
  seconds: number,
): Promise<ClusterProbe> {
  const { latencies, lost } = await runDnsperf(session, {
    port: running.port,
    queryFile: createQueryFile(session, clusterQuestions),
    transport: 'udp',
    seconds,
    rate: RATE,
    latencies: true,
  });
  return { p99: percentilesOf(latencies)?.p99, lost };
}
