/** One of two upstreams becomes slow. */
import { percentilesOf } from '../../servers/latency.ts';
import type { FaultyMeasurement } from '../measurement.ts';
import { answeredShare, StubClient } from '../stub-client.ts';
import { busierOf } from '../upstream-choice.ts';

const DELAY_MS = 1000;
const QUERIES = 200;
const PER_SECOND = 50;

export const slowOne: FaultyMeasurement = {
  name: 'slow-one',
  title: 'One of two upstreams becomes slow',
  text: `The one that was asked more of the first 100 names now takes ${DELAY_MS} ms; ${QUERIES} new names are asked for,
${PER_SECOND} a second. The p99 is meant to be below 300 ms.`,
  columns: { 'p50, ms': 1, 'p99, ms': 1, 'answered, %': 1 },
  rounds: 3,
  upstreams: 'faulty',
  async measure({ running, upstreams, names }) {
    const client = new StubClient(running.port);
    await client.askInTurn(names.take(100));
    const slow = busierOf(await upstreams.count());
    const delays = [0, 1].map((index) => ({ delayMs: index === slow ? DELAY_MS : 0 }));
    await upstreams.behave(delays[0], delays[1]);
    const outcomes = await client.askAtRate(names.take(QUERIES), PER_SECOND);
    const latency = percentilesOf(outcomes.map(({ ms }) => ms));
    return {
      'p50, ms': latency?.p50,
      'p99, ms': latency?.p99,
      'answered, %': answeredShare(outcomes) * 100,
    };
  },
};
