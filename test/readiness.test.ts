import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createZoneGauges, ZoneGauges } from '../src/monitoring/zone-gauges.ts';
import { readinessOf } from '../src/readiness.ts';

test('readinessOf() tells what is old about a zone that is complete, and is ready all the same', () => {
  const gauges = new ZoneGauges(createZoneGauges());
  assert.equal(readinessOf(false, gauges).ok, false);
  assert.deepEqual(readinessOf(true, gauges), { ok: true, reasons: [] });
  gauges.set({ apiReflectors: 3, apiConnected: 1, apiStaleSinceSeconds: 60 });
  assert.deepEqual(readinessOf(true, gauges), {
    ok: true,
    reasons: [
      'stale: objects of an earlier run, as of 1970-01-01T00:01:00.000Z',
      'API server lost: 1 of 3 resources are followed',
    ],
  });
  gauges.set({ apiConnected: 3, apiStaleSinceSeconds: 0 });
  assert.deepEqual(readinessOf(true, gauges), { ok: true, reasons: [] });
});
