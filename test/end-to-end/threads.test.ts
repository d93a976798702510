/** Threads that die are replaced, and the others go on. */
import assert from 'node:assert/strict';
import { promises as dns } from 'node:dns';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type App, startApp } from '../../src/app.ts';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import type { Log } from '../../src/monitoring/log.ts';

const NAME = 'web.shop.svc.cluster.local';

suite('a running server', () => {
  let app: App;
  const resolver = new dns.Resolver({ timeout: 500, tries: 10 });
  const events: { message: string; code: unknown; thread: unknown }[] = [];
  const log: Log = {
    log: (...[, message, fields]) =>
      void events.push({ message, code: fields?.code, thread: fields?.thread }),
    dropped: 0,
    close: async () => {},
  };
  before(async () => {
    const overrides = { listen: ['127.0.0.1:0'], http: '127.0.0.1:0', responders: 1 };
    const never = new AbortController().signal;
    const started = await startApp(loadConfiguration({ overrides }), log, never);
    assert.ok(started);
    app = started;
    resolver.setServers([`127.0.0.1:${app.listen[0].port}`]);
  });
  after(() => app.stop());

  const ask = () => resolver.resolve4(NAME);
  const metrics = async () =>
    (await fetch(`http://${app.http.address}:${app.http.port}/metrics`)).text();

  async function waitFor(condition: () => boolean): Promise<void> {
    while (!condition()) await sleep(10);
  }

  test('a responder that dies is replaced, counted and logged, and answers go on', async () => {
    assert.deepEqual(await ask(), ['10.96.10.10']);
    await app.responders.terminate(0);
    // Its plain sockets go with a thread: until the next one has its own, the kernel refuses.
    let answer: string[] = [];
    while (answer.length === 0) answer = await ask().catch(() => []);
    assert.deepEqual(answer, ['10.96.10.10']);
    assert.deepEqual(events, [
      { message: 'thread died, starting another', code: 'ERR_THREAD_DIED', thread: 'responder-0' },
    ]);
    assert.match(await metrics(), /^vipdns_thread_restarts_total\{thread="responder-0"\} 1$/m);
    // Counters outlive the thread that counted.
    assert.match(
      await metrics(),
      /^vipdns_dns_requests_total\{proto="udp",family="1",type="A"\} 2$/m,
    );
  });

  test('a zone thread that dies is replaced, and not one answer is missed or different', async () => {
    const before = app.zone.memory;
    const ended = app.zone.terminate();
    while (app.zone.memory === before) assert.deepEqual(await ask(), ['10.96.10.10']);
    await ended;
    assert.deepEqual(await ask(), ['10.96.10.10']);
    await waitFor(() => app.zone.isAlive);
    assert.match(await metrics(), /^vipdns_thread_restarts_total\{thread="zone"\} 1$/m);
  });
});
