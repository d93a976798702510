/** What pods see of a cluster that is followed by kubeconfig, whichever API server it has. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { claimPorts } from '../../../src/responder/claim-ports.ts';
import type { ApiServerUnderTest } from '../../source/kubernetes/contract.ts';
import { endpointSliceJson, namespaceJson, serviceJson } from '../../source/kubernetes/objects.ts';
import { startTestApp } from '../../support/running-app.ts';
import { kubeconfigOf } from './kubeconfig.ts';
import { StubResolver } from './stub-resolver.ts';

const MAX_WAIT_MS = 30_000;

export function testServing(name: string, start: () => Promise<ApiServerUnderTest>): void {
  describe(name, () => {
    const folder = mkdtempSync(join(tmpdir(), 'vipdns-serving-'));
    const kubeconfig = join(folder, 'kubeconfig');
    let server: ApiServerUnderTest;

    before(async () => {
      server = await start();
      writeFileSync(kubeconfig, JSON.stringify(kubeconfigOf(server.access)));
      await server.put('namespaces', namespaceJson('shop'));
      await server.put('services', serviceJson('shop/web', '10.96.8.1'));
      await server.put('services', headless('shop/db'));
      await server.put('endpointslices', endpointSliceJson('shop/db', ['10.0.0.1', '10.0.0.2']));
    });
    after(async () => {
      await server.close();
      rmSync(folder, { recursive: true });
    });

    test('a cluster is served from its first object to its last change', async (t) => {
      await server.setAllowed(false);
      const port = await freePort();
      const pod = new StubResolver(`127.0.0.1:${port}`);
      const overrides = {
        listen: [`127.0.0.1:${port}`],
        source: { kubernetes: { kubeconfig, context: '' } },
      };
      const starting = startTestApp(t, { overrides });
      // Nothing is denied that may exist, and nothing is claimed of which not all is known.
      await pod.eventually('missing.shop.svc', 'ESERVFAIL');
      assert.equal(await pod.ask('db.shop.svc'), 'ESERVFAIL');
      assert.equal(await pod.ask('github.com'), 'ENOTFOUND');
      await server.setAllowed(true);
      const { metric, ready } = await starting;

      assert.equal(await pod.ask('web.shop.svc'), '10.96.8.1');
      assert.equal(await pod.ask('db.shop.svc'), '10.0.0.1,10.0.0.2');
      assert.equal(await pod.ask('missing.shop.svc'), 'ENOTFOUND');

      await server.put('services', serviceJson('shop/api', '10.96.8.2'));
      await pod.eventually('api.shop.svc', '10.96.8.2');
      await server.put('endpointslices', endpointSliceJson('shop/db', ['10.0.0.3']));
      await pod.eventually('db.shop.svc', '10.0.0.3');
      await server.remove('services', 'shop/web');
      await pod.eventually('web.shop.svc', 'ENOTFOUND');

      await server.setAllowed(false);
      await server.restart();
      await eventually('/ready tells', async () => /0 of 3 resources/.test(await ready()));
      assert.equal(await metric('vipdns_source_api_connected'), 0);
      assert.equal(await pod.ask('api.shop.svc'), '10.96.8.2');
      await server.setAllowed(true);
      await server.put('services', serviceJson('shop/cart', '10.96.8.3'));
      await pod.eventually('cart.shop.svc', '10.96.8.3');
      await eventually('/ready has nothing to tell', async () => (await ready()) === 'OK');
      assert.equal(await metric('vipdns_source_api_connected'), 3);
    });
  });
}

async function eventually(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + MAX_WAIT_MS; performance.now() < end; await sleep(100)) {
    if (await isTrue()) return;
  }
  assert.fail(`Waited in vain: ${what}`);
}

function headless(key: string): object & Record<string, unknown> {
  const spec = { clusterIP: 'None', ports: [{ name: 'http', port: 80, protocol: 'TCP' }] };
  return { ...serviceJson(key), spec };
}

/** Known before the server is, which tells its port when it knows everything. */
async function freePort(): Promise<number> {
  const [{ port }] = await claimPorts([{ address: '127.0.0.1', port: 0 }]);
  return port;
}
