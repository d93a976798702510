/** What the reflectors tell of themselves, taken together as the gauges have it. */
import type { ZoneGauge } from './monitoring/zone-gauges.ts';
import type { ReflectorStatus } from './source/kubernetes/reflector.ts';

export function sourceGauges(
  statuses: readonly ReflectorStatus[],
): Partial<Readonly<Record<ZoneGauge, number>>> {
  const sum = (number: (status: ReflectorStatus) => number) =>
    statuses.reduce((total, status) => total + number(status), 0);
  return {
    apiObjects: sum(({ objects }) => objects),
    apiReflectors: statuses.length,
    apiConnected: sum(({ isConnected }) => Number(isConnected)),
    apiLists: sum(({ lists }) => lists),
    apiWatches: sum(({ watches }) => watches),
    apiFailures: sum(({ failures }) => failures),
    apiOutOfStep: sum(({ outOfStep }) => outOfStep),
    apiObjectProblems: sum(({ problems }) => problems),
    // Of the resource that has waited longest for one.
    apiLastProofSeconds: Math.min(...statuses.map(({ lastProofMs }) => lastProofMs)) / 1000,
  };
}
