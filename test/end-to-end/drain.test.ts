/** SIGTERM under load: whoever goes on asking for a while goes on being answered, to the last query. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { noBatches } from '../support/libc.ts';
import { Load } from '../support/load.ts';
import { startServer } from '../support/process.ts';

for (const io of ['dgram', 'batch']) {
  const skip = io === 'batch' ? noBatches : false;
  test(`SIGTERM loses no query with io: ${io}, and ends once nobody asks`, { skip }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'vipdns-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'vipdns.yaml');
    writeFileSync(file, `io: ${io}\nresponders: 2\nlameduck: 20s\n`);
    const server = await startServer('--config', file);
    t.after(() => server.child.kill('SIGKILL'));
    const load = new Load('web.shop.svc.cluster.local A', { port: server.port, perSecond: 5000 });
    await sleep(500);
    const exitCode = server.stop('SIGTERM');
    await sleep(100);
    const ready = await fetch(`${server.http}/ready`);
    assert.deepEqual([ready.status, await ready.text()], [503, 'stopping']);
    await sleep(900);
    await load.stop();
    assert.ok(load.sent > 5000, `${load.sent} sent`);
    assert.equal(load.sent - load.answered, 0);
    assert.equal(load.failed, 0);
    const silentSince = performance.now();
    assert.equal(await exitCode, 0);
    assert.ok(performance.now() - silentSince < 10_000, 'long before lameduck is over');
  });
}
