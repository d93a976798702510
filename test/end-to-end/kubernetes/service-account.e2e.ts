/** Access as a Pod has it, by the files of its service account: found where they are, and read anew as they change. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { namespaceJson, serviceJson } from '../../source/kubernetes/objects.ts';
import { TcpProxy } from '../../source/kubernetes/tcp-proxy.ts';
import { startFollowing } from './following-server.ts';
import { eventually, followReal } from './following-source.ts';
import type { RealApiServer } from './real-api-server.ts';
import { putObject } from './real-objects.ts';
import { startApiServer } from './real-under-test.ts';
import { applyFile, untilAllowed } from './roles.ts';
import { sendJson } from './send-json.ts';
import {
  requestToken,
  SERVICE_ACCOUNT,
  ServiceAccountFiles,
  signToken,
} from './service-account.ts';

/** The API server allows for clocks that differ by this. */
const LEEWAY_SECONDS = 60;
const LIFETIME_SECONDS = 3;

describe('the service account of vipdns on a real API server', () => {
  let real: RealApiServer;
  /** Breaks connections, so that there are requests after a token was replaced. */
  let proxy: TcpProxy;
  let account: ServiceAccountFiles;

  before(async () => {
    real = await startApiServer();
    for (const namespace of ['shop', 'kube-system']) {
      await putObject(real, 'namespaces', namespaceJson(namespace));
    }
    await putObject(real, 'services', serviceJson('shop/web', '10.96.8.1'));
    await applyFile(real, 'rbac.yaml');
    await untilAllowed(real, { user: SERVICE_ACCOUNT, verb: 'watch', resource: 'namespaces' });
    proxy = new TcpProxy(() => Number(real.access.server.port));
    await proxy.listen();
    account = new ServiceAccountFiles(real, proxy.port);
  });
  after(async () => {
    await proxy?.refuse();
    await real?.close();
    account?.remove();
  });

  const skip = ServiceAccountFiles.canBeMounted()
    ? false
    : 'NOT RUN: no mount namespace can be made';
  test('vipdns finds its files and variables as it does in a Pod', { skip }, async (t) => {
    account.writeToken(await requestToken(real));
    const configuration = { source: { kubernetes: {} } };
    const server = await startFollowing(real.access, { configuration, runner: account.runner });
    t.after(() => server.close());
    assert.equal(await server.pod.ask('web.shop.svc'), '10.96.8.1');
    await putObject(real, 'services', serviceJson('shop/cart', '10.96.8.3'));
    await server.pod.eventually('cart.shop.svc', '10.96.8.3');
  });

  test('a token is replaced before it ends, and one that has ended is told until it is', async (t) => {
    const endsAt = Math.floor(Date.now() / 1000) + LIFETIME_SECONDS - LEEWAY_SECONDS;
    const first = await signToken(real, endsAt);
    assert.ok(await isKnown(first));
    account.writeToken(first);
    const following = followReal(t, { readAccess: account.createAccess() });
    const { source, store, faults, isFollowing } = following;
    await eventually('watches', () => source.isComplete && isFollowing());
    const second = await requestToken(real);
    account.writeToken(second);
    while (await isKnown(first)) await sleep(500);

    proxy.reset();
    await eventually('the loss', () => !isFollowing());
    await eventually('watches', isFollowing);
    assert.deepEqual(faults('ERR_API_UNAUTHORIZED'), []);

    account.writeToken(first);
    proxy.reset();
    await eventually('the refusals', () => faults('ERR_API_UNAUTHORIZED').length === 3);
    const [{ fields }] = faults('ERR_API_UNAUTHORIZED');
    assert.match(String(fields.reason), /^Cannot watch [a-z]+: 401 Unauthorized/);
    assert.ok(store.service('shop/web'));
    account.writeToken(second);
    await eventually('watches', isFollowing);
    await putObject(real, 'services', serviceJson('shop/api', '10.96.8.2'));
    await eventually('the change', () => store.service('shop/api') !== undefined);
  });

  async function isKnown(token: string): Promise<boolean> {
    const access = { ...real.access, token };
    const { status } = await sendJson({ access, method: 'GET', path: '/api/v1/services' });
    return status === 200;
  }
});
