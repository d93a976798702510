/** The upstreams forward everything back. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultyMeasurement } from '../measurement.ts';
import { growthOf, MemoryWatch } from '../memory-watch.ts';
import { StubClient } from '../stub-client.ts';

const QUESTIONS = 3;
/** A loop may go on after the client has its answer. */
const SETTLE_MS = 1000;

export const loop: FaultyMeasurement = {
  name: 'loop',
  title: 'A loop through another server',
  text: `Both upstreams now pass every query on to the server that they have it from, as it is but for the ID. ${QUESTIONS} new names
are asked for, one after the other. Less than 20 rounds a question are meant to be. CoreDNS runs without its \`loop\`
plugin, which finds such a loop at the start alone, and ends the process.`,
  columns: { 'rounds a question': 0, RCODE: 0, 'slowest, ms': 0, 'RSS grows by, MiB': 1 },
  rounds: 3,
  upstreams: 'faulty',
  async measure({ running, upstreams, names }) {
    const client = new StubClient(running.port, { sendsAgain: false });
    await client.askInTurn(names.take(100));
    const relay = { relayPort: running.port };
    await upstreams.behave(relay, relay);
    const memory = new MemoryWatch(running);
    const outcomes = await client.askInTurn(names.take(QUESTIONS));
    await sleep(SETTLE_MS);
    return {
      'rounds a question': (await upstreams.queries()) / QUESTIONS,
      RCODE: [...new Set(outcomes.map(({ rcode = 'silence' }) => rcode))].join(', '),
      'slowest, ms': Math.max(...outcomes.map(({ ms }) => ms)),
      'RSS grows by, MiB': growthOf(memory.stop()),
    };
  },
};
