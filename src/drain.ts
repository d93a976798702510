/**
 * Waits for clients to go elsewhere: a stopping server is taken out of the list of servers, but that takes a
 * moment to reach everybody.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SLOTS } from './monitoring/counter-layout.ts';
import { sumResponderCounters } from './monitoring/counters.ts';

/** So long without a query, and nobody asks any more; stub resolvers that still do retry within it. */
const SILENCE_MS = 2000;
const CHECK_MS = 50;

/** Resolves after two seconds without a query, after `limitMs`, or when the signal is aborted. */
export async function waitForSilence(
  counters: SharedArrayBuffer,
  { limitMs, signal }: { limitMs: number; signal: AbortSignal },
): Promise<void> {
  const endsAt = performance.now() + limitMs;
  let queries = countQueries(counters);
  let silentSince = performance.now();
  while (performance.now() < endsAt && performance.now() - silentSince < SILENCE_MS) {
    if (signal.aborted) return;
    await sleep(Math.min(CHECK_MS, limitMs));
    if (countQueries(counters) === queries) continue;
    queries = countQueries(counters);
    silentSince = performance.now();
  }
}

function countQueries(counters: SharedArrayBuffer): number {
  return sumResponderCounters(counters)
    .subarray(SLOTS.queries, SLOTS.querySizes)
    .reduce((sum, count) => sum + count, 0);
}
