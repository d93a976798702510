/** From how many ports queries leave. */
import type { FaultyMeasurement } from '../measurement.ts';
import { StubClient } from '../stub-client.ts';

const QUERIES = 2000;
/** Few enough for the buffer of any socket. */
const AT_ONCE = 100;

export const sourcePorts: FaultyMeasurement = {
  name: 'source-ports',
  title: 'Source ports of 2,000 queries',
  text: `How many different ports they come from, counted at each of the two upstreams, when ${QUERIES} new names are asked for
one after the other, and ${AT_ONCE} at a time. More than 1,900 are meant to be.`,
  columns: { 'one after the other': 0, 'at once': 0, 'asked upstream': 0, failed: 0 },
  rounds: 1,
  upstreams: 'faulty',
  async measure({ running, upstreams, names }) {
    const client = new StubClient(running.port);
    const count = async () => {
      const counts = await upstreams.count();
      // The upstreams are two destinations: a port that both see is guessed once.
      return counts.reduce((sum, { ports }) => sum + ports, 0);
    };
    await upstreams.behave({}, {});
    const outcomes = await client.askInTurn(names.take(QUERIES));
    const inTurn = await count();
    await upstreams.behave({}, {});
    for (let asked = 0; asked < QUERIES; asked += AT_ONCE) {
      outcomes.push(...(await client.askAtOnce(names.take(AT_ONCE))));
    }
    return {
      'one after the other': inTurn,
      'at once': await count(),
      'asked upstream': await upstreams.queries(),
      failed: outcomes.filter(({ rcode }) => rcode !== 'NOERROR').length,
    };
  },
};
