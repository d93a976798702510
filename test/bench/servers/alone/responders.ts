/** Two responders against one: what a query costs at the same rate, on both processors. */
import { createQueryFile } from '../query-file.ts';
import type { RespondersRound, Settings } from '../results.ts';
import type { RunningServer } from '../running-server.ts';
import type { Session } from '../session.ts';
import { measureLoad, processorTimeOf } from '../turn.ts';
import { startVipdns } from './measured-vipdns.ts';
import { fillManifests } from './small-zone.ts';

/** Far from what one responder can take, so that it is the cost of a query that is seen, not of a crowd. */
const RATE = 20_000;

/** At that rate the clock of /proc needs longer to tell one percent. */
const LENGTHEN = 4;

export async function measureResponders(
  session: Session,
  { rounds, seconds }: Settings,
): Promise<RespondersRound[]> {
  const { manifests, questions } = fillManifests(session);
  const queryFile = createQueryFile(session, questions);
  const start = (responders: number) =>
    startVipdns(session, { manifests, responders, processors: session.processors.both });
  const [one, two] = [await start(1), await start(2)];
  const measure = async (server: RunningServer) => {
    const phase = { queryFile, transport: 'udp', seconds: seconds * LENGTHEN, rate: RATE } as const;
    const time = processorTimeOf(await measureLoad(session, server, phase));
    if (time === undefined) throw new Error('Cannot measure responders: nothing was answered');
    return time;
  };
  const results: RespondersRound[] = [];
  await measure(one);
  await measure(two);
  for (let round = 1; round <= rounds; round++) {
    results.push({ one: await measure(one), two: await measure(two) });
  }
  await one.end();
  await two.end();
  return results;
}
