/** What is answered while a list of slices has begun and does not end: never part of a headless Service. */
import assert from 'node:assert/strict';
import { promises as dns } from 'node:dns';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmulation } from '../../source/kubernetes/emulation-under-test.ts';
import { endpointSliceJson, namespaceJson, serviceJson } from '../../source/kubernetes/objects.ts';
import { startTestApp } from '../../support/running-app.ts';
import { kubeconfigOf } from './kubeconfig.ts';

const NAME = 'db.shop.svc.cluster.local';
/** Of a frame of a watch. */
const LENGTH_BYTES = 4;

/** Passes everything on, but of slices the first frame alone until `release()`. */
class HoldingProxy {
  readonly #target: URL;
  readonly #server = http.createServer((request, response) => this.#pass(request, response));
  readonly #held: (() => void)[] = [];
  isHolding = false;
  framesPassed = 0;

  constructor(target: URL) {
    this.#target = target;
  }

  async listen(): Promise<URL> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
  }

  release(): void {
    this.isHolding = false;
    for (const pass of this.#held.splice(0)) pass();
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #pass({ url, headers }: http.IncomingMessage, response: http.ServerResponse): void {
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
    answer.on('error', () => response.destroy());
    answer.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (!this.isHolding) response.write(chunk);
      else if (passed === 0 && bytes.length > LENGTH_BYTES) {
        const frame = LENGTH_BYTES + bytes.readUInt32BE(0);
        if (bytes.length < frame) return;
        passed = frame;
        this.framesPassed++;
        response.write(bytes.subarray(0, frame));
      }
    });
    this.#held.push(() => response.write(bytes.subarray(passed)));
  }
}

async function prepare(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'vipdns-partial-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const server = await startEmulation({});
  t.after(() => server.close());
  await server.put('namespaces', namespaceJson('shop'));
  await server.put('services', { ...serviceJson('shop/db'), spec: { clusterIP: 'None' } });
  for (const [i, address] of ['10.0.0.1', '10.0.0.2'].entries()) {
    const slice = endpointSliceJson('shop/db', [address]);
    const metadata = { ...(slice.metadata as object), name: `db-${i}` };
    await server.put('endpointslices', { ...slice, metadata });
  }
  const proxy = new HoldingProxy(server.access.server as URL);
  t.after(() => proxy.close());
  const kubeconfig = join(folder, 'kubeconfig');
  const access = { ...server.access, server: await proxy.listen() };
  writeFileSync(kubeconfig, JSON.stringify(kubeconfigOf(access)));
  const start = async (stateDir: string) => {
    const { app } = await startTestApp(t, {
      overrides: { source: { kubernetes: { kubeconfig, context: '' } }, stateDir },
    });
    const resolver = new dns.Resolver({ timeout: 2000, tries: 2 });
    resolver.setServers([`127.0.0.1:${app.listen[0].port}`]);
    const ask = () =>
      resolver.resolve4(NAME).then(
        (addresses) => addresses.sort().join(),
        (error: NodeJS.ErrnoException) => String(error.code),
      );
    return { app, ask };
  };
  return { proxy, start, stateDir: join(folder, 'state') };
}

test('an image serves all of a headless Service until all of its slices are known', async (t) => {
  const { proxy, start, stateDir } = await prepare(t);
  const first = await start(stateDir);
  assert.equal(await first.ask(), '10.0.0.1,10.0.0.2');
  await first.app.stop();
  proxy.isHolding = true;
  const second = await start(stateDir);
  while (proxy.framesPassed === 0) await sleep(10);
  // Long enough for what has come to have been taken in.
  for (let i = 0; i < 20; i++) {
    assert.equal(await second.ask(), '10.0.0.1,10.0.0.2');
    await sleep(20);
  }
  proxy.release();
  while ((await fetchReady(second.app)) !== 'OK') await sleep(10);
  assert.equal(await second.ask(), '10.0.0.1,10.0.0.2');
});

async function fetchReady({
  http: { address, port },
}: {
  http: { address: string; port: number };
}) {
  return (await fetch(`http://${address}:${port}/ready`)).text();
}
