/** A flood of random names, among them those that are asked for all the time. */
import { runDnsperf } from '../../servers/dnsperf.ts';
import { readMemory } from '../../servers/process-usage.ts';
import { createQueryFile } from '../../servers/query-file.ts';
import type { FastMeasurement, Subject } from '../measurement.ts';

const POPULAR = 1000;
/** One query of so many is for a popular name. */
const ONE_IN = 10;
/** Names of one run of dnsperf; memory is looked at after each. */
const SLICE = 50_000;
const LIMIT_SECONDS = 600;

export const randomNames: FastMeasurement = {
  name: 'random-names',
  title: 'A million random names',
  text: `Names that are asked for once, as fast as the server takes them; every tenth query is for one of ${POPULAR} popular
names, which the cache has at the start. More than 99 % of those are meant to come from the cache, and memory to stay
flat: RSS before, and after a tenth, a half and all of the names.`,
  columns: {
    'hits of popular names, %': 2,
    'RSS before, MiB': 0,
    'after 10 %': 0,
    'after 50 %': 0,
    'at the end': 0,
    lost: 0,
  },
  rounds: 1,
  upstreams: 'fast',
  async measure(subject) {
    const { running, upstreams, names, settings } = subject;
    const popular = names.popular(POPULAR);
    await askAll(subject, popular);
    const residentMegabytes = () => readMemory(running.process.pid).residentBytes / 2 ** 20;
    const memory = [residentMegabytes()];
    const popularBefore = upstreams.popularQueries();
    let [popularAsked, lost] = [0, 0];
    for (let asked = 0; asked < settings.randomNames; asked += SLICE) {
      const questions = names.take(Math.min(SLICE, settings.randomNames - asked));
      for (let at = ONE_IN - 1; at <= questions.length; at += ONE_IN) {
        questions.splice(at, 0, popular[popularAsked++ % POPULAR]);
      }
      lost += await askAll(subject, questions);
      memory.push(residentMegabytes());
    }
    const at = (share: number) => memory[Math.ceil(share * (memory.length - 1))];
    const missed = upstreams.popularQueries() - popularBefore;
    return {
      'hits of popular names, %': (1 - missed / popularAsked) * 100,
      'RSS before, MiB': at(0),
      'after 10 %': at(0.1),
      'after 50 %': at(0.5),
      'at the end': at(1),
      lost,
    };
  },
};

/** Asks each question once, and gives how many had no answer. */
async function askAll(
  { session, running: { port } }: Subject<unknown>,
  questions: readonly string[],
): Promise<number> {
  const queryFile = createQueryFile(session, questions);
  const once = { seconds: LIMIT_SECONDS, isOnePass: true, transport: 'udp' } as const;
  return (await runDnsperf(session, { port, queryFile, ...once })).lost;
}
