/** Imports point one way: the table of ARCHITECTURE.md, held. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { test } from 'node:test';

/** Every folder may import it: it says where others begin, and imports nothing itself. */
const ENTRIES = 'src/entries.ts';

/** What each folder of `src` may import besides itself; files at the top may import every folder but `cli`. */
const ALLOWED: Record<string, readonly string[]> = {
  dns: [],
  table: [],
  monitoring: [],
  socket: [],
  config: ['dns', 'monitoring'],
  source: ['dns'],
  zone: ['dns', 'source', 'table'],
  cache: ['dns', 'table'],
  forwarder: ['cache', 'config', 'dns', 'monitoring', 'socket', 'table'],
  responder: ['cache', 'dns', 'monitoring', 'socket', 'table', 'zone'],
};

const files = globSync('src/**/*.ts').map((file) => file.split('\\').join('/'));

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, path]) =>
    posix.normalize(posix.join(posix.dirname(file), path)),
  );
}

function folderOf(file: string): string {
  const [, folder, rest] = file.split('/');
  return rest === undefined ? '' : folder;
}

test('imports between the folders of src point one way', () => {
  assert.ok(files.length > 30);
  const wrong: string[] = [];
  for (const file of files) {
    const allowed = ALLOWED[folderOf(file)];
    for (const imported of importsOf(file)) {
      assert.ok(files.includes(imported), `${file} imports ${imported}`);
      const folder = folderOf(imported);
      if (folder === folderOf(file) || imported === ENTRIES) continue;
      const isAllowed =
        allowed?.includes(folder) ??
        (folderOf(file) === 'cli' || folder !== 'cli' || file === 'src/main.ts');
      if (!isAllowed) wrong.push(`${file} -> ${imported}`);
    }
  }
  assert.deepEqual(wrong, []);
});

test('where threads and programs begin is known without loading anything', () => {
  assert.deepEqual(importsOf(ENTRIES), []);
});

test('zone and responder import of other stages what they are meant to', () => {
  const foreign = (folder: string, stage: string) =>
    files
      .filter((file) => folderOf(file) === folder)
      .flatMap(importsOf)
      .filter((file) => folderOf(file) === stage);
  // The zone knows the source's types and the text that endpoints are held in, not its stores and readers.
  const known = ['src/source/packed-endpoints.ts', 'src/source/resources.ts'];
  assert.deepEqual([...new Set(foreign('zone', 'source'))].sort(), known);
});

test('no process that serves loads the Kubernetes client library', () => {
  const loading = files.filter((file) =>
    readFileSync(file, 'utf8').includes("from '@kubernetes/client-node'"),
  );
  assert.deepEqual(loading, ['src/source/kubernetes/resolve-kubeconfig.ts']);
  const importing = files.filter((file) => importsOf(file).includes(loading[0]));
  assert.deepEqual(importing, []);
});

test('no folder of src is named for nothing', () => {
  const names = files.flatMap((file) => file.split('/')).filter((part) => !part.includes('.ts'));
  for (const name of names) assert.doesNotMatch(name, /^(utils?|helpers?|common|misc|lib)$/);
});
