/**
 * The API server goes away and comes back: killed, or stopped with all of its connections open. With
 * VIPDNS_E2E_LONG=1 it stays away for a minute and more. What was measured is printed.
 */
import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { namespaceJson, serviceJson } from '../../source/kubernetes/objects.ts';
import { TcpProxy } from '../../source/kubernetes/tcp-proxy.ts';
import { type FollowingServer, startFollowing } from './following-server.ts';
import { isLong, unlessLong } from './long-runs.ts';
import type { RealApiServer } from './real-api-server.ts';
import { putObject } from './real-objects.ts';
import { allowReading, startApiServer } from './real-under-test.ts';

const AWAY_SECONDS = isLong ? 60 : 6;
/** Longer than a watch may be silent, and the next connection may wait for an answer. */
const SILENT_SECONDS = 100;
/** From the return of the API server to the answer of a change that is made then. */
const SEEN_WITHIN_MS = 3000;
/** Three resources are followed; each waits for a second, on average, between two attempts. */
const MAX_ATTEMPTS_PER_SECOND = 5;
const PROBE_PAUSE_MS = 50;
const LONG_TIMEOUT = { timeout: 240_000 };

describe('an API server that goes away and comes back', () => {
  let real: RealApiServer;
  /** Counts connections. */
  let proxy: TcpProxy;
  let server: FollowingServer;
  let changes = 0;

  before(async () => {
    real = await startApiServer();
    await allowReading(real);
    await putObject(real, 'namespaces', namespaceJson('shop'));
    await putObject(real, 'services', serviceJson('shop/web', '10.96.8.1'));
    proxy = new TcpProxy(() => Number(real.access.server.port));
    await proxy.listen();
    server = await startFollowing({
      ...real.access,
      server: new URL(`https://127.0.0.1:${proxy.port}`),
    });
  });
  after(async () => {
    await server?.close();
    await proxy?.refuse();
    await real?.close();
  });

  /** Asks all the while for what was there before; ends with `seconds` over. */
  async function serveWhileAway(seconds: number): Promise<void> {
    for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
      assert.equal(await server.pod.ask('web.shop.svc'), '10.96.8.1');
      await sleep(PROBE_PAUSE_MS);
    }
  }

  /** Makes a change as soon as the API server is back, and holds the bound. */
  async function expectSeenSoon(t: TestContext, returnedAt: number): Promise<void> {
    const name = `new-${++changes}`;
    await putObject(real, 'services', serviceJson(`shop/${name}`, `10.96.8.${1 + changes}`));
    const changedMs = performance.now() - returnedAt;
    await server.pod.eventually(`${name}.shop.svc`, `10.96.8.${1 + changes}`);
    const seenMs = performance.now() - returnedAt;
    t.diagnostic(`changed ${changedMs.toFixed()} ms and answered ${seenMs.toFixed()} ms after it`);
    assert.ok(seenMs < SEEN_WITHIN_MS, `answered ${seenMs.toFixed()} ms after its return`);
  }

  async function untilConnected(): Promise<void> {
    while ((await server.metric('vipdns_source_api_connected')) !== 3) await sleep(PROBE_PAUSE_MS);
    while ((await server.ready()) !== 'OK') await sleep(PROBE_PAUSE_MS);
  }

  test(
    `killed for ${AWAY_SECONDS} s: served on, told, tried gently, followed at once`,
    LONG_TIMEOUT,
    async (t) => {
      await untilConnected();
      await real.killApi();
      const before = proxy.acceptedAt.length;
      await serveWhileAway(AWAY_SECONDS);
      assert.equal(await server.metric('vipdns_source_api_connected'), 0);
      assert.match(await server.ready(), /^OK\nAPI server lost: 0 of 3 resources are followed$/);
      const attempts = proxy.acceptedAt.slice(before);
      tellAttempts(t, attempts);
      assert.ok(attempts.length < MAX_ATTEMPTS_PER_SECOND * AWAY_SECONDS);
      await real.startApi();
      await expectSeenSoon(t, performance.now());
      await untilConnected();
    },
  );

  test(`stopped for ${AWAY_SECONDS} s: served on, followed at once`, LONG_TIMEOUT, async (t) => {
    await untilConnected();
    real.pauseApi();
    await serveWhileAway(AWAY_SECONDS);
    real.resumeApi();
    await expectSeenSoon(t, performance.now());
    await untilConnected();
  });

  const skip = unlessLong(SILENT_SECONDS);
  test(`stopped for ${SILENT_SECONDS} s: found out, told, followed at once`, {
    ...LONG_TIMEOUT,
    skip,
  }, async (t) => {
    await untilConnected();
    const before = proxy.acceptedAt.length;
    real.pauseApi();
    await serveWhileAway(SILENT_SECONDS);
    assert.equal(await server.metric('vipdns_source_api_connected'), 0);
    assert.match(await server.ready(), /0 of 3 resources/);
    tellAttempts(t, proxy.acceptedAt.slice(before));
    real.resumeApi();
    await expectSeenSoon(t, performance.now());
    await untilConnected();
  });
});

/** Prints how many there were, and how even: the deviation of the pauses is that of their mean where all is chance. */
function tellAttempts(t: TestContext, attemptsAt: readonly number[]): void {
  const pauses = attemptsAt.slice(1).map((at, i) => at - attemptsAt[i]);
  const mean = pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length;
  const squares = pauses.reduce((sum, pause) => sum + (pause - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / pauses.length);
  t.diagnostic(
    `${attemptsAt.length} connections, pauses of ${mean.toFixed()} ms with a deviation of ${deviation.toFixed()}`,
  );
}
