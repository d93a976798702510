/** One of two upstreams falls silent, and comes back. */
import { percentilesOf } from '../../servers/latency.ts';
import type { FaultyMeasurement } from '../measurement.ts';
import { StubClient } from '../stub-client.ts';
import { busierOf } from '../upstream-choice.ts';
import { secondsUntil } from '../waiting.ts';

const WARM_UP_QUERIES = 100;
/** Others do not wait until one is answered. */
const PER_SECOND = 100;
const RETURN_LIMIT_SECONDS = 30;
const ASK_EVERY_MS = 50;

export const silentOne: FaultyMeasurement = {
  name: 'silent-one',
  title: 'One of two upstreams falls silent',
  text: `The one that was asked more of the first ${WARM_UP_QUERIES} names falls silent; then 20 new names are asked for,
${PER_SECOND} a second; when all of them have an end, 200 more; then it comes back, and a new name is asked for every
${ASK_EVERY_MS} ms until it is used again, at most ${RETURN_LIMIT_SECONDS} s. The first 20 are meant to take at most 500 ms each, the p99 of the next to be below 50 ms, the return
to be noticed within 5 s.`,
  columns: {
    'p50 of 20, ms': 1,
    'slowest of 20, ms': 1,
    'p99 of next 200, ms': 1,
    'failed of 220': 0,
    'used again after, s': 1,
  },
  rounds: 3,
  upstreams: 'faulty',
  async measure({ running, upstreams, names }) {
    const client = new StubClient(running.port);
    await client.askInTurn(names.take(WARM_UP_QUERIES));
    const silent = busierOf(await upstreams.count());
    const isSilent = [0, 1].map((index) => ({ isSilent: index === silent }));
    await upstreams.behave(isSilent[0], isSilent[1]);
    const first = await client.askAtRate(names.take(20), PER_SECOND);
    const next = await client.askAtRate(names.take(200), PER_SECOND);
    const firstMs = percentilesOf(first.map(({ ms }) => ms));
    await upstreams.behave({}, {});
    const usedAgain = await secondsUntil(
      async () => {
        void client.ask(names.takeOne());
        return (await upstreams.count())[silent].queries > 0;
      },
      { everyMs: ASK_EVERY_MS, limitSeconds: RETURN_LIMIT_SECONDS },
    );
    return {
      'p50 of 20, ms': firstMs?.p50,
      'slowest of 20, ms': firstMs?.max,
      'p99 of next 200, ms': percentilesOf(next.map(({ ms }) => ms))?.p99,
      'failed of 220': [...first, ...next].filter(({ rcode }) => rcode !== 'NOERROR').length,
      'used again after, s': usedAgain ?? `not in ${RETURN_LIMIT_SECONDS}`,
    };
  },
};
