/** What an answer from the cache costs, beside a name of the cluster of the same server. */
import { createQueryFile } from '../../servers/query-file.ts';
import { measureLoad, processorTimeOf } from '../../servers/turn.ts';
import type { FastMeasurement } from '../measurement.ts';

const NAMES = 1000;
const WARM_UP_SECONDS = 1;

export const hit: FastMeasurement = {
  name: 'hit',
  title: 'A cached name',
  text: `CPU for each answer of ${NAMES} names that are in the cache, and of the names of the cluster. A cached name is
meant to cost no more than 1.15 times a name of the cluster.`,
  columns: { 'cached, us': 2, 'cluster, us': 2, ratio: 2, 'cached, q/s': 0, 'lost or wrong': 0 },
  rounds: 3,
  upstreams: 'fast',
  async measure({ session, running, names, clusterQuestions, settings: { seconds } }) {
    const load = async (questions: readonly string[]) => {
      const queryFile = createQueryFile(session, questions);
      const phase = { queryFile, transport: 'udp', rcode: 'NOERROR' } as const;
      await measureLoad(session, running, { ...phase, seconds: WARM_UP_SECONDS });
      return measureLoad(session, running, { ...phase, seconds });
    };
    const cached = await load(names.popular(NAMES));
    const cluster = await load(clusterQuestions);
    const [cachedTime, clusterTime] = [cached, cluster].map(processorTimeOf);
    return {
      'cached, us': cachedTime,
      'cluster, us': clusterTime,
      ratio: cachedTime && clusterTime && cachedTime / clusterTime,
      'cached, q/s': cached.queriesPerSecond,
      'lost or wrong': cached.lost + cached.wrong + cluster.lost + cluster.wrong,
    };
  },
};
