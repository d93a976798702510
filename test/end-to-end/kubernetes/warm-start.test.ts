/** A restart while the API server is away, from the image of the zone, or from the objects where that is of no use. */
import assert from 'node:assert/strict';
import { promises as dns } from 'node:dns';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startEmulation } from '../../source/kubernetes/emulation-under-test.ts';
import { endpointSliceJson, namespaceJson, serviceJson } from '../../source/kubernetes/objects.ts';
import { startTestApp } from '../../support/running-app.ts';
import { kubeconfigOf } from './kubeconfig.ts';

async function prepare(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'vipdns-warm-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const server = await startEmulation({});
  t.after(() => server.close());
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify(kubeconfigOf(server.access)));
  const image = join(folder, 'state', 'zone.image');
  const start = async (options: Record<string, unknown> = {}) => {
    const overrides = {
      source: { kubernetes: { kubeconfig, context: '' } },
      stateDir: join(folder, 'state'),
      ...options,
    };
    const running = await startTestApp(t, { overrides });
    const resolver = new dns.Resolver({ timeout: 2000, tries: 2 });
    resolver.setServers([`127.0.0.1:${running.app.listen[0].port}`]);
    const ask = (owner: string) =>
      resolver.resolve4(`${owner}.cluster.local`).then(
        (addresses) => addresses.sort().join(),
        (error: NodeJS.ErrnoException) => String(error.code),
      );
    const point = (address: string) => resolver.reverse(address);
    return { ...running, ask, point };
  };
  return { server, image, start };
}

/** Runs once with a cluster, and leaves what it has written. */
async function runOnce({ server, start }: Awaited<ReturnType<typeof prepare>>): Promise<void> {
  await server.put('namespaces', namespaceJson('shop'));
  for (const name of ['web', 'gone']) await server.put('services', serviceJson(`shop/${name}`));
  await server.put('services', { ...serviceJson('shop/db'), spec: { clusterIP: 'None' } });
  await server.put('endpointslices', endpointSliceJson('shop/db', ['10.0.0.1', '10.0.0.2']));
  const { app, ask } = await start();
  assert.equal(await ask('db.shop.svc'), '10.0.0.1,10.0.0.2');
  await app.stop();
  await server.setAllowed(false);
}

test('a restart serves the image of the zone at once, and then what has become of it', async (t) => {
  const prepared = await prepare(t);
  const { server, start } = prepared;
  await runOnce(prepared);
  await server.remove('services', 'shop/gone');
  await server.put('endpointslices', endpointSliceJson('shop/db', ['10.0.0.2', '10.0.0.3']));
  const { app, ask, point, metric, faults } = await start();
  assert.ok(faults.some(({ message }) => message === 'serving the zone of an earlier run'));
  assert.equal(app.summary.services, 3);
  assert.equal(await ask('gone.shop.svc'), '10.96.0.1');
  assert.equal(await ask('db.shop.svc'), '10.0.0.1,10.0.0.2');
  assert.equal(await ask('10-0-0-1.db.shop.svc'), '10.0.0.1');
  assert.equal(await ask('never.shop.svc'), 'ESERVFAIL');
  assert.equal(await metric('vipdns_zone_services'), 3);
  assert.ok(((await metric('vipdns_source_api_stale_since_timestamp_seconds')) ?? 0) > 0);

  await server.setAllowed(true);
  const isOver = async () => (await ask('gone.shop.svc')) === 'ENOTFOUND';
  for (const end = performance.now() + 30_000; performance.now() < end && !(await isOver()); );
  assert.equal(await ask('gone.shop.svc'), 'ENOTFOUND');
  assert.equal(await ask('db.shop.svc'), '10.0.0.2,10.0.0.3');
  assert.equal(await ask('10-0-0-1.db.shop.svc'), 'ENOTFOUND');
  assert.deepEqual(await point('10.0.0.3'), ['10-0-0-3.db.shop.svc.cluster.local']);
  await assert.rejects(point('10.0.0.1'));
  assert.deepEqual(await point('10.96.0.1'), ['web.shop.svc.cluster.local']);
  assert.equal(await ask('web.shop.svc'), '10.96.0.1');
});

test('an image that is damaged is set aside, and the objects are served instead', async (t) => {
  const prepared = await prepare(t);
  const { image, start } = prepared;
  await runOnce(prepared);
  const damaged = readFileSync(image);
  damaged[damaged.length >> 1] ^= 0xff;
  writeFileSync(image, damaged);
  const { ask, faults } = await start();
  assert.equal(await ask('db.shop.svc'), '10.0.0.1,10.0.0.2');
  assert.ok(faults.some(({ code }) => code === 'ERR_ZONE_IMAGE'));
  assert.ok(existsSync(`${image}.damaged`));
});

test('an image with records of another TTL is not served', async (t) => {
  const prepared = await prepare(t);
  await runOnce(prepared);
  const { ask, faults } = await prepared.start({ ttl: 17 });
  assert.equal(await ask('web.shop.svc'), '10.96.0.1');
  assert.ok(faults.some(({ message }) => message === 'serving a snapshot of an earlier run'));
});
