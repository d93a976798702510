/** A flood of new names while no upstream answers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Load } from '../../../support/load.ts';
import { probeCluster } from '../cluster-probe.ts';
import type { FaultyMeasurement } from '../measurement.ts';
import { growthOf, MemoryWatch } from '../memory-watch.ts';
import { StubClient } from '../stub-client.ts';

const SECONDS = 4;
const PER_SECOND = 5000;
/** What is under way at the end is given up by then. */
const SETTLE_MS = 3000;

export const flood: FaultyMeasurement = {
  name: 'flood',
  title: '20,000 new names in 4 s, upstreams silent',
  text: `Memory is meant to grow by less than 64 MiB, and the names of the cluster to be answered as ever.`,
  columns: {
    'RSS grows by, MiB': 1,
    'cluster p99 before, us': 0,
    'meanwhile, us': 0,
    'cluster queries lost': 0,
    'flood answered, %': 1,
  },
  rounds: 3,
  upstreams: 'faulty',
  async measure(subject) {
    const { running, upstreams, names } = subject;
    await new StubClient(running.port).askInTurn(names.take(100));
    const before = await probeCluster(subject, SECONDS);
    await upstreams.behave({ isSilent: true }, { isSilent: true });
    const memory = new MemoryWatch(running);
    const { port } = running;
    const load = new Load(names.take(SECONDS * PER_SECOND), { port, perSecond: PER_SECOND });
    const meanwhile = await probeCluster(subject, SECONDS);
    await load.stop();
    await sleep(SETTLE_MS);
    return {
      'RSS grows by, MiB': growthOf(memory.stop()),
      'cluster p99 before, us': before.p99,
      'meanwhile, us': meanwhile.p99,
      'cluster queries lost': before.lost + meanwhile.lost,
      'flood answered, %': (load.answered / load.sent) * 100,
    };
  },
};
