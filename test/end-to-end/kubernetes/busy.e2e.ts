/**
 * An API server that is busy: it takes one request at a time and refuses the others with 429 and Retry-After, as it
 * does without priority and fairness. Watches do not count, so lists are had by pages here.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiAccess } from '../../../src/source/kubernetes/api-access.ts';
import { eventually, followReal } from './following-source.ts';
import type { RealApiServer } from './real-api-server.ts';
import { allowReading, startApiServer } from './real-under-test.ts';

/** What the API server asks for. */
const RETRY_AFTER_MS = 1000;
const BUSY_MS = 5500;

describe('a busy API server', () => {
  let real: RealApiServer;

  before(async () => {
    real = await startApiServer({
      featureGates: 'WatchList=false',
      arguments: ['--enable-priority-and-fairness=false', '--max-requests-inflight=1'],
    });
    await allowReading(real);
  });
  after(() => real?.close());

  test('is asked again when it says, and not before', async (t) => {
    const release = await holdRequest(real.access);
    // No jitter: what is waited for is what the server asks for.
    const following = followReal(t, { readAccess: () => real.access, random: () => 0 });
    const { source, faults } = following;
    await sleep(BUSY_MS);
    assert.equal(source.isComplete, false);
    for (const { scope, failures } of source.statuses) {
      const plural = scope.resource.plural;
      t.diagnostic(`${plural}: refused ${failures} times in ${BUSY_MS} ms`);
      assert.ok(failures > 1, `${plural} was not tried again`);
      assert.ok(failures <= Math.ceil(BUSY_MS / RETRY_AFTER_MS), `${plural} was tried too soon`);
    }
    assert.equal(faults('ERR_API_BUSY').length, 3);
    release();
    await eventually('everything listed', () => source.isComplete);
  });
});

/** Takes up the one place that there is, by an answer of which nothing is read; gives what ends that. */
async function holdRequest({ server, tls, token }: ApiAccess): Promise<() => void> {
  // Without a window nothing may be sent; this answer is longer than what the server holds back by itself.
  const session = http2.connect(server, { ...tls, settings: { initialWindowSize: 0 } });
  const request = session.request({ ':path': '/api/v1', authorization: `Bearer ${token}` });
  const [{ ':status': status }] = await once(request, 'response');
  assert.equal(status, 200);
  return () => session.destroy();
}
