/** The network loses datagrams. */
import { percentilesOf } from '../../servers/latency.ts';
import type { FaultyMeasurement } from '../measurement.ts';
import { answeredShare, StubClient } from '../stub-client.ts';

const LOSS = 0.3;
const QUERIES = 1000;
const PER_SECOND = 200;

export const loss: FaultyMeasurement = {
  name: 'loss',
  title: '30 % of datagrams are lost',
  text: `Both upstreams lose ${LOSS * 100} % of their responses, at random; ${QUERIES} new names are asked for, ${PER_SECOND} a second. All
are meant to be answered, and the p99 to be below 300 ms.`,
  columns: { 'p50, ms': 1, 'p99, ms': 1, 'slowest, ms': 1, 'answered, %': 1, 'asked upstream': 0 },
  rounds: 3,
  upstreams: 'faulty',
  async measure({ running, upstreams, names }) {
    const client = new StubClient(running.port);
    await client.askInTurn(names.take(100));
    await upstreams.behave({ loss: LOSS }, { loss: LOSS });
    const outcomes = await client.askAtRate(names.take(QUERIES), PER_SECOND);
    const latency = percentilesOf(outcomes.map(({ ms }) => ms));
    return {
      'p50, ms': latency?.p50,
      'p99, ms': latency?.p99,
      'slowest, ms': latency?.max,
      'answered, %': answeredShare(outcomes) * 100,
      'asked upstream': await upstreams.queries(),
    };
  },
};
