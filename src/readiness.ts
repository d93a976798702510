/** Whether a zone is worth asking, and what is remarkable about what it answers: the text of /ready. */
import type { Health } from './monitoring/http.ts';
import type { ZoneGauges } from './monitoring/zone-gauges.ts';

/** What was everything in an earlier run, or before the API server went away, is worth asking, and said to be old. */
export function readinessOf(isComplete: boolean, gauges: ZoneGauges): Health {
  if (!isComplete) return { ok: false, reasons: ['zone is not complete yet'] };
  const reasons: string[] = [];
  const staleSinceSeconds = gauges.get('apiStaleSinceSeconds');
  if (staleSinceSeconds !== 0) {
    const since = new Date(staleSinceSeconds * 1000).toISOString();
    reasons.push(`stale: objects of an earlier run, as of ${since}`);
  }
  const [connected, reflectors] = [gauges.get('apiConnected'), gauges.get('apiReflectors')];
  if (connected < reflectors) {
    reasons.push(`API server lost: ${connected} of ${reflectors} resources are followed`);
  }
  return { ok: true, reasons };
}
