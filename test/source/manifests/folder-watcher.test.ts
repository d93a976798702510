import assert from 'node:assert/strict';
import { appendFileSync, renameSync, rmSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { findFiles } from '../../../src/source/manifests/find-files.ts';
import { FolderWatcher } from '../../../src/source/manifests/folder-watcher.ts';
import { TemporaryFolder } from './temporary-folder.ts';

const PERIOD_MS = 500;
const SETTLE_MS = 100;

/** A watcher in a time that the test makes pass, which no notice of the system can hasten. */
function watchInTestTime(t: TestContext, files: Readonly<Record<string, string>>) {
  const folder = new TemporaryFolder(t, files);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const calls: string[][] = [];
  const watcher = new FolderWatcher({
    folders: [folder.path],
    found: findFiles([folder.path]),
    onChange: ({ files: found }) => {
      calls.push([...found.keys()].map((path) => path.slice(folder.path.length + 1)));
    },
  });
  t.after(() => watcher.stop());
  const pass = (ms: number) => t.mock.timers.tick(ms);
  return { folder, watcher, calls, pass };
}

test('FolderWatcher says nothing while nothing changes', (t: TestContext) => {
  const { calls, pass } = watchInTestTime(t, { 'a.yaml': '' });
  for (let i = 0; i < 10; i++) pass(PERIOD_MS);
  assert.deepEqual(calls, []);
});

test('FolderWatcher tells a change once two looks agree on it', (t: TestContext) => {
  const { folder, calls, pass } = watchInTestTime(t, { 'a.yaml': '' });
  folder.write('b.yaml', 'text');
  pass(PERIOD_MS);
  assert.deepEqual(calls, []);
  pass(SETTLE_MS);
  assert.deepEqual(calls, [['a.yaml', 'b.yaml']]);
  rmSync(folder.at('a.yaml'));
  pass(PERIOD_MS);
  pass(SETTLE_MS);
  assert.deepEqual(calls.slice(1), [['b.yaml']]);
});

test('FolderWatcher waits for a file that is being written, and not with others', (t: TestContext) => {
  const { folder, calls, pass } = watchInTestTime(t, {});
  folder.write('b.yaml', '');
  folder.write('a.yaml', '');
  pass(PERIOD_MS);
  for (let i = 0; i < 5; i++) {
    appendFileSync(folder.at('a.yaml'), 'more');
    pass(SETTLE_MS);
  }
  assert.deepEqual(calls, [['b.yaml']]);
  pass(SETTLE_MS);
  assert.deepEqual(calls.slice(1), [['a.yaml', 'b.yaml']]);
});

test('FolderWatcher takes a file that is replaced for changed, not for gone', (t: TestContext) => {
  const { folder, calls, pass } = watchInTestTime(t, { 'a.yaml': '', 'b.yaml': '' });
  renameSync(folder.at('a.yaml'), folder.at('a.yaml~'));
  pass(PERIOD_MS);
  folder.write('a.yaml', 'new');
  pass(SETTLE_MS);
  assert.deepEqual(calls, []);
  pass(SETTLE_MS);
  assert.deepEqual(calls, [['a.yaml', 'b.yaml']]);
});

test('FolderWatcher.stop() ends everything at once', (t: TestContext) => {
  const { folder, watcher, calls, pass } = watchInTestTime(t, {});
  folder.write('a.yaml', '');
  pass(PERIOD_MS);
  watcher.stop();
  for (let i = 0; i < 10; i++) pass(PERIOD_MS);
  assert.deepEqual(calls, []);
});
