/** A process that forwards: its configuration file, answers that grow old, SIGTERM with questions under way. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningServer, startServer } from '../support/process.ts';
import { printResponse } from '../support/records.ts';
import { DatagramClient } from '../support/upstream/datagram-client.ts';
import { delay, when } from '../support/upstream/faults.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';

const RECORDS = [
  'short.example 1 A 192.0.2.1',
  'popular.example 6 A 192.0.2.6',
  'www.example 60 A 192.0.2.3',
];
const EDNS = { payloadBytes: 1232 };

async function start(t: TestContext): Promise<{
  server: RunningServer;
  upstream: Upstream;
  client: DatagramClient;
}> {
  const folder = mkdtempSync(join(tmpdir(), 'vipdns-forwarding-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const upstream = await startUpstream({ answer: RECORDS });
  const file = join(folder, 'vipdns.yaml');
  writeFileSync(file, `forward: [{zones: [.], upstreams: ["${upstream.address}"]}]\n`);
  const server = await startServer('--config', file);
  const client = await DatagramClient.open();
  t.after(async () => {
    server.child.kill('SIGKILL');
    client.close();
    await upstream.close();
  });
  return { server, upstream, client };
}

suite('a process that forwards', { concurrency: true }, () => {
  test('gives what it had for 30 s more where the upstream is gone, with EDE 3, and the new one when it is back', async (t) => {
    const { server, upstream, client } = await start(t);
    const ask = () => client.ask('short.example A', server.port, EDNS);
    assert.deepEqual((await ask()).answer, ['short.example. 1 IN A 192.0.2.1']);
    await upstream.close();
    let printed = await ask();
    while (printed.extendedErrors.length === 0) {
      await sleep(50);
      printed = await ask();
    }
    assert.deepEqual(
      [printed.status, printed.answer, printed.extendedErrors],
      ['NOERROR', ['short.example. 30 IN A 192.0.2.1'], [3]],
    );
    await upstream.reopen();
    while (printed.extendedErrors.length > 0) {
      await sleep(50);
      printed = await ask();
    }
    assert.deepEqual(printed.answer, ['short.example. 1 IN A 192.0.2.1']);
  });

  test('fetches again what is asked for often, before its time is over', async (t) => {
    const { server, upstream, client } = await start(t);
    const asked = () => upstream.queries.filter(({ name }) => name !== '.').length;
    const startedAt = performance.now();
    while (asked() < 2) {
      const { answer } = await client.ask('popular.example A', server.port);
      assert.equal(answer.length, 1);
      await sleep(50);
    }
    const tookMs = performance.now() - startedAt;
    assert.ok(tookMs > 3000 && tookMs < 6000, `${tookMs}`);
  });

  test('answers on SIGTERM what is under way, and ends', async (t) => {
    const { server, upstream, client } = await start(t);
    upstream.faults = [when(({ name }) => name !== '.', delay(500))];
    for (let id = 0; id < 50; id++) client.send('www.example A', server.port, { id });
    await upstream.received(1);
    const exitCode = server.stop('SIGTERM');
    const responses = await client.receive(50);
    assert.ok(responses.every(({ bytes }) => printResponse(bytes).answer.length === 1));
    assert.equal(await exitCode, 0);
  });
});
