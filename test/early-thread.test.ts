import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { EarlyThread } from '../src/early-thread.ts';
import { ZONE_THREAD } from '../src/threads.ts';
import { type LoggedEvent, startTestApp } from './support/running-app.ts';

test('a zone thread that was started early takes its data when they are there, and is one like another', async (t) => {
  const zoneThread = new EarlyThread(ZONE_THREAD);
  t.after(() => zoneThread.end());
  // Long enough to have loaded everything, and wait.
  await sleep(500);
  const { app, ready, metric, faults } = await startTestApp(t, { zoneThread });
  assert.match(await ready(), /^OK/);
  assert.equal(await metric('vipdns_zone_services'), app.summary.services);
  assert.ok(app.summary.services > 0);
  assert.deepEqual(faults, []);
  await app.zone.terminate();
  while (app.zone.restarts === 0 || !app.zone.isAlive) await sleep(10);
  assert.match(await ready(), /^OK/);
});

test('a zone thread that is told to stop as soon as it begins, ends', async (t) => {
  const zoneThread = new EarlyThread(ZONE_THREAD);
  t.after(() => zoneThread.end());
  const { app, faults } = await startTestApp(t, { zoneThread });
  await app.stop();
  assert.deepEqual(faults, []);
});

test('a thread that was started early and is not needed ends while it waits, and while it loads', async () => {
  const waiting = new EarlyThread(ZONE_THREAD);
  await sleep(500);
  await waiting.end();
  await new EarlyThread(ZONE_THREAD).end();
});

test('a thread that has died before it was given anything is replaced', async (t) => {
  const zoneThread = new EarlyThread(ZONE_THREAD);
  await zoneThread.end();
  const { app, ready, faults } = await startTestApp(t, { zoneThread });
  assert.match(await ready(), /^OK/);
  assert.ok(app.summary.services > 0);
  assert.deepEqual(
    faults.map(({ message }) => message),
    ['thread failed: it has ended before it began'],
  );
});

test('a zone thread that cannot read anything fails the start, and is not started again', async (t) => {
  const zoneThread = new EarlyThread(ZONE_THREAD);
  t.after(() => zoneThread.end());
  await sleep(500);
  const faults: LoggedEvent[] = [];
  const overrides = { source: { manifests: ['/missing'] } };
  await assert.rejects(startTestApp(t, { zoneThread, overrides, faults }), {
    code: 'ERR_MANIFEST_FOLDER',
  });
  assert.deepEqual(faults, []);
});
