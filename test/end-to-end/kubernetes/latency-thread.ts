/** Asks one name at a steady rate, in a thread of its own, and keeps when it asked and how long the answers took. */
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { DatagramProber } from './datagram-prober.ts';

export interface LatencyThreadData {
  readonly port: number;
  readonly name: string;
  readonly perSecond: number;
}

/** One answer; a query that was lost has none. */
export interface LatencySample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly ms: number;
}

const TICK_MS = 1;

const { port, name, perSecond } = workerData as LatencyThreadData;
const prober = await DatagramProber.open(port);
let samples: LatencySample[] = [];
parentPort?.on('message', () => {
  parentPort?.postMessage(samples);
  samples = [];
});
const startedAt = performance.now();
for (let asked = 0; ; await sleep(TICK_MS)) {
  for (const due = ((performance.now() - startedAt) * perSecond) / 1000; asked < due; asked++) {
    void measure();
  }
}

async function measure(): Promise<void> {
  const askedAt = performance.now();
  await prober.ask(name);
  const ms = performance.now() - askedAt;
  samples.push({ at: performance.timeOrigin + askedAt, ms });
}
