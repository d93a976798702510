/** Both upstreams fall silent, and come back. */
import { Load } from '../../../support/load.ts';
import { percentilesOf } from '../../servers/latency.ts';
import { probeCluster } from '../cluster-probe.ts';
import type { FaultyMeasurement } from '../measurement.ts';
import { type Outcome, StubClient } from '../stub-client.ts';
import { secondsUntil } from '../waiting.ts';

const PROBE_SECONDS = 3;
const PER_SECOND = 200;
const RETURN_LIMIT_SECONDS = 30;
const ASK_EVERY_MS = 50;

const SILENT = { isSilent: true };

export const silentBoth: FaultyMeasurement = {
  name: 'silent-both',
  title: 'Both upstreams fall silent',
  text: `A new name is asked for, when that has an end five more; then, while ${PER_SECOND} new names a second are asked
for, the names of the cluster; then both upstreams come back, and a new name is asked for every ${ASK_EVERY_MS} ms until one
is answered. SERVFAIL is meant to come within 2.5 s with an Extended DNS Error that says why (22 or 23), at once when it
is known; answers within a second of the return; names of the cluster as ever.`,
  columns: {
    RCODE: 0,
    EDE: 0,
    'first, ms': 0,
    'next five, slowest, ms': 0,
    'answers again after, s': 2,
    'cluster p99 before, us': 0,
    'meanwhile, us': 0,
    'cluster queries lost': 0,
  },
  rounds: 3,
  upstreams: 'faulty',
  async measure(subject) {
    const { running, upstreams, names } = subject;
    const client = new StubClient(running.port);
    await client.askInTurn(names.take(100));
    const before = await probeCluster(subject, PROBE_SECONDS);
    await upstreams.behave(SILENT, SILENT);
    const first = await client.ask(names.takeOne());
    const known = await client.askAtRate(names.take(5), PER_SECOND);
    const load = new Load(names.take(PER_SECOND * PROBE_SECONDS * 2), {
      port: running.port,
      perSecond: PER_SECOND,
    });
    const meanwhile = await probeCluster(subject, PROBE_SECONDS);
    await load.stop();
    await upstreams.behave({}, {});
    return {
      ...describe([first, ...known]),
      'first, ms': first.ms,
      'next five, slowest, ms': percentilesOf(known.map(({ ms }) => ms))?.max,
      'answers again after, s': await untilAnswered(client, () => names.takeOne()),
      'cluster p99 before, us': before.p99,
      'meanwhile, us': meanwhile.p99,
      'cluster queries lost': before.lost + meanwhile.lost,
    };
  },
};

function describe(outcomes: readonly Outcome[]): { RCODE: string; EDE: string } {
  const rcodes = outcomes.map(({ rcode = 'silence' }) => rcode);
  const errors = outcomes.flatMap(({ extendedErrors }) => extendedErrors);
  return {
    RCODE: [...new Set(rcodes)].join(', '),
    EDE: [...new Set(errors)].join(', ') || 'none',
  };
}

/** Gives the seconds until the first response. */
async function untilAnswered(client: StubClient, takeOne: () => string): Promise<number | string> {
  const startedAt = performance.now();
  let seconds: number | undefined;
  const askOnce = async () => {
    const { rcode } = await client.ask(takeOne());
    if (rcode === 'NOERROR') seconds ??= (performance.now() - startedAt) / 1000;
  };
  await secondsUntil(
    () => {
      void askOnce();
      return seconds !== undefined;
    },
    { everyMs: ASK_EVERY_MS, limitSeconds: RETURN_LIMIT_SECONDS },
  );
  return seconds ?? `not in ${RETURN_LIMIT_SECONDS}`;
}
