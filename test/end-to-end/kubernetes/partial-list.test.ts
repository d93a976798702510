/** What is answered while a list of slices has begun and does not end: all endpoints of a name or address, or none. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { claimPorts } from '../../../src/responder/claim-ports.ts';
import { startEmulation } from '../../source/kubernetes/emulation-under-test.ts';
import { endpointSliceJson, namespaceJson, serviceJson } from '../../source/kubernetes/objects.ts';
import { startTestApp } from '../../support/running-app.ts';
import { kubeconfigOf } from './kubeconfig.ts';
import { StubResolver } from './stub-resolver.ts';

/** Of a frame of a watch. */
const LENGTH_BYTES = 4;

/** In the order of the list, of which the first two alone come at first; 10.0.0.1 is in three of them. */
const SLICES = [
  { name: '0-db', service: 'shop/db', address: '10.0.0.1', hostname: 'a' },
  { name: '1-web', service: 'shop/web', address: '10.0.0.1', hostname: 'a' },
  { name: '2-db', service: 'shop/db', address: '10.0.0.2', hostname: 'b' },
  { name: '3-web', service: 'shop/web', address: '10.0.0.3', hostname: 'a' },
  { name: '4-api', service: 'shop/api', address: '10.0.0.1', hostname: 'c' },
];
const FIRST_FRAMES = 2;

/** What is answered from all of them. */
const WHOLE = {
  web: '10.96.0.1',
  db: '10.0.0.1,10.0.0.2',
  'a.web': '10.0.0.1,10.0.0.3',
  '10.0.0.1': 'a.db.shop.svc,a.web.shop.svc,c.api.shop.svc',
};
const UNKNOWN = 'ESERVFAIL';

/** Passes everything on, but of slices the first frames alone until `release()`; and answers what is forbidden itself. */
class HoldingProxy {
  readonly #target: URL;
  readonly #server = http.createServer((request, response) => this.#pass(request, response));
  readonly #held: (() => void)[] = [];
  readonly forbidden: string[] = [];
  isHolding = false;
  /** Lists of which the first frames have passed. */
  listsHeld = 0;

  constructor(target: URL) {
    this.#target = target;
  }

  async listen(): Promise<URL> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
  }

  release(): void {
    this.isHolding = false;
    this.forbidden.length = 0;
    for (const pass of this.#held.splice(0)) pass();
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #pass({ url, headers }: http.IncomingMessage, response: http.ServerResponse): void {
    if (this.forbidden.some((plural) => url?.includes(plural))) {
      response.writeHead(403, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ kind: 'Status', code: 403, reason: 'Forbidden' }));
      return;
    }
    const sent = http.get(new URL(url ?? '', this.#target), { headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      if (this.isHolding && url?.includes('endpointslices')) this.#hold(answer, response);
      else answer.pipe(response);
    });
    sent.on('error', () => response.destroy());
    response.on('close', () => sent.destroy());
  }

  #hold(answer: http.IncomingMessage, response: http.ServerResponse): void {
    let bytes = Buffer.alloc(0);
    let passed = 0;
    let frames = 0;
    const passFrame = () => {
      const length = bytes.length - passed;
      if (frames === FIRST_FRAMES || length < LENGTH_BYTES) return false;
      const frame = LENGTH_BYTES + bytes.readUInt32BE(passed);
      if (length < frame) return false;
      response.write(bytes.subarray(passed, passed + frame));
      passed += frame;
      if (++frames === FIRST_FRAMES) this.listsHeld++;
      return true;
    };
    answer.on('error', () => response.destroy());
    answer.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (!this.isHolding) response.write(chunk);
      else while (passFrame());
    });
    this.#held.push(() => response.write(bytes.subarray(passed)));
  }
}

async function prepare(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'vipdns-partial-'));
  const server = await startEmulation({});
  const proxy = new HoldingProxy(server.access.server as URL);
  const starting: ReturnType<typeof startTestApp>[] = [];
  t.after(async () => {
    // What has not started yet cannot be stopped.
    proxy.release();
    for (const { app } of await Promise.all(starting)) await app.stop();
    proxy.close();
    await server.close();
    rmSync(folder, { recursive: true });
  });
  await server.put('namespaces', {
    ...namespaceJson('shop'),
    metadata: { name: 'shop', labels: { dns: 'yes' } },
  });
  await server.put('services', { ...serviceJson('shop/db'), spec: { clusterIP: 'None' } });
  await server.put('services', serviceJson('shop/web', '10.96.0.1'));
  await server.put('services', serviceJson('shop/api', '10.96.0.2'));
  for (const slice of SLICES) await server.put('endpointslices', sliceJson(slice));
  const kubeconfig = join(folder, 'kubeconfig');
  const access = { ...server.access, server: await proxy.listen() };
  writeFileSync(kubeconfig, JSON.stringify(kubeconfigOf(access)));
  const start = async (stateDir: string, options: Record<string, unknown> = {}) => {
    const [{ port }] = await claimPorts([{ address: '127.0.0.1', port: 0 }]);
    const started = startTestApp(t, {
      overrides: {
        source: { kubernetes: { kubeconfig, context: '' } },
        listen: [`127.0.0.1:${port}`],
        stateDir,
        ...options,
      },
    });
    starting.push(started);
    const pod = new StubResolver(`127.0.0.1:${port}`);
    const ask = async () => ({
      web: await pod.ask('web.shop.svc'),
      db: await pod.ask('db.shop.svc'),
      'a.web': await pod.ask('a.web.shop.svc'),
      '10.0.0.1': await pod.point('10.0.0.1'),
    });
    return { started, ask };
  };
  return { server, proxy, start, stateDir: join(folder, 'state') };
}

test('an image serves all that endpoints decide until all slices are known', async (t) => {
  const { proxy, start, stateDir } = await prepare(t);
  const first = await start(stateDir);
  await (await first.started).app.stop();
  proxy.isHolding = true;
  const { started, ask } = await start(stateDir);
  const { ready } = await started;
  while (proxy.listsHeld === 0) await sleep(10);
  // Long enough for what has come to have been taken in.
  for (let i = 0; i < 20; i++) {
    assert.deepEqual(await ask(), WHOLE);
    await sleep(20);
  }
  proxy.release();
  while ((await ready()) !== 'OK') assert.deepEqual(await ask(), WHOLE);
  assert.deepEqual(await ask(), WHOLE);
});

test('nothing that endpoints decide is answered before all slices are known', async (t) => {
  const { proxy, start } = await prepare(t);
  proxy.isHolding = true;
  const { started, ask } = await start('');
  while (proxy.listsHeld === 0 || (await ask()).web !== WHOLE.web) await sleep(10);
  for (let i = 0; i < 20; i++) {
    const expected = { web: WHOLE.web, db: UNKNOWN, 'a.web': UNKNOWN, '10.0.0.1': UNKNOWN };
    assert.deepEqual(await ask(), expected);
    await sleep(20);
  }
  proxy.release();
  await started;
  assert.deepEqual(await ask(), WHOLE);
});

for (const isOverImage of [false, true]) {
  const name = `endpoints do not wait for Namespaces that are refused, ${isOverImage ? 'over' : 'without'} an image`;
  test(name, async (t) => {
    const { server, proxy, start, stateDir } = await prepare(t);
    if (isOverImage) {
      const first = await start(stateDir);
      await (await first.started).app.stop();
    }
    const added = { name: '5-db', service: 'shop/db', address: '10.0.0.4', hostname: 'd' };
    await server.put('endpointslices', sliceJson(added));
    const expected = { ...WHOLE, db: '10.0.0.1,10.0.0.2,10.0.0.4' };
    proxy.forbidden.push('namespaces');
    const { started, ask } = await start(isOverImage ? stateDir : '');
    while (!isDeepStrictEqual(await ask(), expected)) await sleep(10);
    proxy.release();
    const { ready } = await started;
    while ((await ready()) !== 'OK') await sleep(10);
    assert.deepEqual(await ask(), expected);
  });
}

test('where Namespaces decide about Services, endpoints wait for them, too', async (t) => {
  const { proxy, start } = await prepare(t);
  proxy.forbidden.push('namespaces');
  const { started, ask } = await start('', { namespaceLabels: 'dns=yes' });
  const nothing = { web: UNKNOWN, db: UNKNOWN, 'a.web': UNKNOWN, '10.0.0.1': UNKNOWN };
  while ((await ask()).web !== UNKNOWN) await sleep(10);
  for (let i = 0; i < 40; i++) {
    assert.deepEqual(await ask(), nothing);
    await sleep(20);
  }
  proxy.release();
  await started;
  assert.deepEqual(await ask(), WHOLE);
});

test('where Namespaces decide about Services, nothing of an image stays that is gone', async (t) => {
  const { server, proxy, start, stateDir } = await prepare(t);
  const options = { namespaceLabels: 'dns=yes' };
  const first = await start(stateDir, options);
  await (await first.started).app.stop();
  await server.remove('services', 'shop/api');
  await server.remove('endpointslices', 'shop/4-api');
  proxy.forbidden.push('namespaces');
  const { started, ask } = await start(stateDir, options);
  const { ready } = await started;
  for (let i = 0; i < 40; i++) {
    assert.deepEqual(await ask(), WHOLE);
    await sleep(20);
  }
  proxy.release();
  while ((await ready()) !== 'OK') await sleep(10);
  assert.deepEqual(await ask(), { ...WHOLE, '10.0.0.1': 'a.db.shop.svc,a.web.shop.svc' });
});

function sliceJson({ name, service, address, hostname }: (typeof SLICES)[number]) {
  const slice = endpointSliceJson(service, []);
  const metadata = { ...(slice.metadata as object), name };
  const endpoints = [{ addresses: [address], hostname, conditions: { ready: true } }];
  return { ...slice, metadata, endpoints };
}
