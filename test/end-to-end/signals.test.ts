/** Signals at the worst of times. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from '../support/process.ts';

const FIRST_MS = 120;
const STEP_MS = 60;

test('SIGTERM at any moment of the start ends the server', async () => {
  for (let i = 0; i < 5; i++) {
    const ports = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0'];
    const child = spawn(process.execPath, ['src/main.ts', 'serve', ...ports]);
    // What is tried is a moment, so it has to be waited for.
    await sleep(FIRST_MS + i * STEP_MS);
    child.kill('SIGTERM');
    const [exitCode, signal] = await once(child, 'exit');
    // Node.js itself has to start before anybody can listen.
    assert.ok(exitCode === 0 || signal === 'SIGTERM', `${exitCode}`);
  }
});

test('a second signal ends the wait for silence', async () => {
  const server = await startServer();
  const startedAt = performance.now();
  server.child.kill('SIGTERM');
  while (!server.lines().some(({ msg }) => msg === 'stopping'))
    await once(server.child.stdout ?? process, 'data');
  assert.equal(await server.stop('SIGTERM'), 0);
  assert.ok(performance.now() - startedAt < 1900);
});

test('a log that nobody reads does not keep the server from ending', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vipdns-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const both = openSync(pipe, 'r+');
  const filling = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
  assert.throws(() => {
    for (;;) writeSync(filling, Buffer.alloc(4096));
  });
  const ports = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0'];
  const child = spawn(process.execPath, ['src/main.ts', 'serve', ...ports], {
    stdio: ['ignore', filling, 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await sleep(1500);
  child.kill('SIGINT');
  assert.deepEqual(await once(child, 'exit', { signal: AbortSignal.timeout(8000) }), [0, null]);
  closeSync(filling);
  closeSync(both);
});
