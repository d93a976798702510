/** What `npm run prepare` builds. */
import assert from 'node:assert/strict';
import { promises as dns } from 'node:dns';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { ENTRIES, type Entry } from '../src/entries.ts';
import { kubeconfigOf } from './end-to-end/kubernetes/kubeconfig.ts';
import { startEmulation } from './source/kubernetes/emulation-under-test.ts';
import { serviceJson } from './source/kubernetes/objects.ts';
import { buildDist, buildPackage } from './support/built-package.ts';
import { startServerBy } from './support/process.ts';

suite('dist', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vipdns-build-'));
  after(() => rmSync(folder, { recursive: true }));
  const dist = buildPackage(folder);

  test('it is the same when it is built again: what it held before goes, and nothing beside it', () => {
    const before = contentsOf(dist);
    writeFileSync(join(dist, 'stale.js'), '');
    writeFileSync(join(folder, 'beside.js'), '');
    buildDist(folder);
    assert.deepEqual(contentsOf(dist), before);
    assert.ok(readdirSync(folder).includes('beside.js'));
  });

  test('a server runs from it with every thread and program that there is', async (t) => {
    const api = await startEmulation({});
    t.after(() => api.close());
    await api.put('services', serviceJson('shop/web'));
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, JSON.stringify(kubeconfigOf(api.access)));
    const options = { main: join(dist, 'main.js') };
    const server = await startServerBy([], ['--kubeconfig', kubeconfig], options);
    t.after(() => server.child.kill('SIGKILL'));
    const resolver = new dns.Resolver();
    resolver.setServers([`127.0.0.1:${server.port}`]);
    assert.deepEqual(await resolver.resolve4('web.shop.svc.cluster.local'), ['10.96.0.1']);
    assert.equal(await server.stop('SIGINT'), 0);
  });

  test('main loads at its start what every Node.js can read', () => {
    assert.deepEqual(modulesOf(dist, 'main.js').sort(), ['src/main.ts', 'src/stop-signals.ts']);
  });

  const notLoaded = {
    'zone-thread': [
      'src/responder/',
      'src/forwarder/',
      'src/zone-source-kubernetes.ts',
      'src/zone-image.ts',
    ],
    'responder-thread': ['src/source/', 'src/forwarder/', 'src/zone-thread.ts'],
    'load-thread': ['src/source/', 'src/responder/', 'src/table/'],
    'resolve-kubeconfig': ['src/config/', 'src/zone/', 'src/table/'],
  };
  for (const [entry, foreign] of Object.entries(notLoaded)) {
    test(`${entry} loads at its start nothing of ${foreign.join(', ')}`, () => {
      const loaded = modulesOf(dist, `${entry}.js`);
      assert.ok(loaded.includes(`src/${ENTRIES[entry as Entry]}`));
      const wrong = loaded.filter((module) => foreign.some((part) => module.startsWith(part)));
      assert.deepEqual(wrong, []);
    });
  }
});

function contentsOf(folder: string): Record<string, string> {
  const names = readdirSync(folder).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** Gives the modules of src that a file has, with those of all files that it imports before it runs. */
function modulesOf(dist: string, entry: string): string[] {
  const files = new Set([entry]);
  const modules: string[] = [];
  for (const file of files) {
    const text = readFileSync(join(dist, file), 'utf8');
    for (const [, imported] of text.matchAll(/^import .*?"\.\/(.+?)";$/gm)) files.add(imported);
    for (const [, module] of text.matchAll(/^\/\/ (src\/.+)$/gm)) modules.push(module);
  }
  return modules;
}
