/** The API server is not there any more, and nobody says so: packets are lost, or a proxy holds the connection open. */
import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiAccess } from '../../../src/source/kubernetes/api-access.ts';
import { namespaceJson, serviceJson } from '../../source/kubernetes/objects.ts';
import { TcpProxy } from '../../source/kubernetes/tcp-proxy.ts';
import { runVipdnsBy } from '../../support/process.ts';
import { type FollowingServer, startFollowing } from './following-server.ts';
import { unlessLong } from './long-runs.ts';
import { PrivateLink } from './private-link.ts';
import type { RealApiServer } from './real-api-server.ts';
import { putObject } from './real-objects.ts';
import { allowReading, startApiServer } from './real-under-test.ts';

const DEAD_WITHIN_MS = 30_000;
const SILENT_WITHIN_MS = 90_000;
const MAX_WAIT_MS = 120_000;
const TIMEOUT = { timeout: 200_000 };
const withoutLink = PrivateLink.isPossible() ? false : 'NOT RUN: no network namespace can be made';

describe('a connection to the API server that is dead', { skip: unlessLong(120) }, () => {
  let real: RealApiServer;

  before(async () => {
    real = await startApiServer();
    await allowReading(real);
    await putObject(real, 'namespaces', namespaceJson('shop'));
    await putObject(real, 'services', serviceJson('shop/web', '10.96.8.1'));
  });
  after(() => real?.close());

  /** Starts a proxy, and what follows through it. */
  async function follow(
    t: TestContext,
    { address, runner }: { address?: string; runner?: string[] },
  ) {
    const proxy = new TcpProxy(() => Number(real.access.server.port), address);
    await proxy.listen();
    t.after(() => proxy.refuse());
    const access: ApiAccess = {
      ...real.access,
      server: new URL(`https://${address ?? '127.0.0.1'}:${proxy.port}`),
      // Its certificate is good for this name, whatever its address is.
      tls: { ...real.access.tls, servername: 'kubernetes' },
    };
    const server = await startFollowing(access, runner && { runner });
    t.after(() => server.close());
    return { proxy, server };
  }

  test('by lost packets is found within 30 s', {
    ...TIMEOUT,
    skip: withoutLink,
  }, async (t) => {
    const link = new PrivateLink();
    t.after(() => link.remove());
    const { runner, address } = link;
    const { server } = await follow(t, { address, runner });
    const ask = async (owner: string) => {
      const question = [`${owner}.cluster.local`, 'A', `@127.0.0.1:${server.port}`, '--short'];
      return (await runVipdnsBy(runner, ['query', ...question])).stdout.trim();
    };
    link.cut();
    const lostMs = await untilLost(server);
    t.diagnostic(
      `all three watches given up ${(lostMs / 1000).toFixed(1)} s after the last packet`,
    );
    assert.ok(lostMs < DEAD_WITHIN_MS);
    assert.equal(await ask('web.shop.svc'), '10.96.8.1');
    await putObject(real, 'services', serviceJson('shop/api', '10.96.8.2'));
    link.mend();
    while ((await ask('api.shop.svc')) !== '10.96.8.2') await sleep(100);
  });

  test('behind a proxy that lives is found within 90 s', TIMEOUT, async (t) => {
    const { proxy, server } = await follow(t, {});
    proxy.silence();
    await putObject(real, 'services', serviceJson('shop/cart', '10.96.8.3'));
    const silentSince = performance.now();
    await server.pod.eventually('cart.shop.svc', '10.96.8.3', { withinMs: MAX_WAIT_MS });
    const seenMs = performance.now() - silentSince;
    t.diagnostic(`seen ${(seenMs / 1000).toFixed(1)} s after it`);
    assert.ok(seenMs < SILENT_WITHIN_MS);
  });
});

/** Waits until each of the three resources is told to be lost; gives the time that it took. */
async function untilLost(server: FollowingServer): Promise<number> {
  const startedAt = performance.now();
  const isFault = ({ msg }: Record<string, unknown>) => msg === 'objects not followed for now';
  while (
    new Set(
      server
        .lines()
        .filter(isFault)
        .map(({ resource }) => resource),
    ).size < 3
  ) {
    if (performance.now() - startedAt > MAX_WAIT_MS) assert.fail('Waited in vain for the loss');
    await sleep(100);
  }
  return performance.now() - startedAt;
}
