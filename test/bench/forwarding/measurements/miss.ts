/** What a name costs that is in no cache. */
import { createQueryFile } from '../../servers/query-file.ts';
import { measureLoad, processorTimeOf } from '../../servers/turn.ts';
import type { FastMeasurement } from '../measurement.ts';

/** More than any server forwards in a second, so that no name comes twice. */
const NAMES_PER_SECOND = 80_000;
const WARM_UP_SECONDS = 1;

export const miss: FastMeasurement = {
  name: 'miss',
  title: 'A name that is not cached',
  text: `Each query has a name that was never asked for, 200 are in flight, upstreams answer at once. CPU is meant to be at
most 0.8 times that of CoreDNS, and throughput above that of CoreDNS and dnsmasq.`,
  columns: { 'CPU, us': 1, 'q/s': 0, lost: 0, wrong: 0 },
  rounds: 3,
  upstreams: 'fast',
  async measure({ session, running, names, settings: { seconds } }) {
    const load = (forSeconds: number) => {
      const queryFile = createQueryFile(session, names.take(NAMES_PER_SECOND * forSeconds));
      const phase = { queryFile, transport: 'udp', rcode: 'NOERROR' } as const;
      return measureLoad(session, running, { ...phase, seconds: forSeconds });
    };
    await load(WARM_UP_SECONDS);
    const figures = await load(seconds);
    const { queriesPerSecond, lost, wrong } = figures;
    return { 'CPU, us': processorTimeOf(figures), 'q/s': queriesPerSecond, lost, wrong };
  },
};
