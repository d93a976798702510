import assert from 'node:assert/strict';
import { mkdirSync, truncateSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import {
  MAX_FILE_BYTES,
  MAX_MISTAKES,
  type ManifestFile,
  readManifestFile,
} from '../../../src/source/manifests/manifest-file.ts';
import { formatProblem } from '../../../src/source/manifests/problem.ts';
import { serviceYaml, TemporaryFolder } from './temporary-folder.ts';

/** Ids of the objects, each with the ports it has. */
function contents({ objects }: ManifestFile): string[] {
  return [...objects].map(([id, { resource }]) =>
    resource.kind === 'Service' ? `${id} ${resource.ports.map(({ port }) => port)}` : id,
  );
}

function problems(file: ManifestFile): string[] {
  return file.problems.map((problem) => formatProblem({ ...problem, file: 'shop.yaml' }));
}

test('readManifestFile() loses a broken object only, and tells all of its mistakes', (t: TestContext) => {
  const text = [
    serviceYaml('shop/web'),
    'not: [closed\n',
    serviceYaml('shop/api', 'type: Other').replace('80', 'http'),
    'apiVersion: apps/v1\nkind: Deployment\n',
    serviceYaml('shop/db'),
  ].join('---\n');
  const file = readManifestFile(new TemporaryFolder(t).write('shop.yaml', text));
  assert.deepEqual(contents(file), ['Service shop/web 80', 'Service shop/db 80']);
  assert.equal(file.skipped, 1);
  const [syntax, ...others] = problems(file);
  assert.match(
    syntax,
    /^shop.yaml, document 2, line \d+, column \d+: expected YAML: received Flow /,
  );
  assert.deepEqual(others, [
    'shop.yaml, document 3, spec.type: expected one of ClusterIP, NodePort, LoadBalancer, ExternalName: received "Other"',
    'shop.yaml, document 3, spec.ports[0].port: expected a whole number from 1 to 65535: received "http"',
  ]);
});

test('readManifestFile() reads JSON', (t: TestContext) => {
  const text = '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}';
  const file = readManifestFile(new TemporaryFolder(t).write('shop.json', text));
  assert.deepEqual(contents(file), ['Namespace shop']);
  const broken = readManifestFile(new TemporaryFolder(t).write('shop.json', `${text}]`));
  assert.match(problems(broken)[0], /^shop.yaml: expected JSON: received Unexpected/);
});

test('readManifestFile() takes the first of two equal objects', (t: TestContext) => {
  const text = [serviceYaml('shop/web'), serviceYaml('shop/web').replace('80', '81')].join('---\n');
  const file = readManifestFile(new TemporaryFolder(t).write('shop.yaml', text));
  assert.deepEqual(contents(file), ['Service shop/web 80']);
  assert.deepEqual(problems(file), [
    'shop.yaml, document 2, metadata.name: expected each object once: received Service shop/web, which stands above',
  ]);
});

test('readManifestFile() keeps what was last good of a broken object while the file names it', (t: TestContext) => {
  const folder = new TemporaryFolder(t);
  const both = [serviceYaml('shop/web'), serviceYaml('shop/api')];
  const before = readManifestFile(folder.write('shop.yaml', both.join('---\n')));
  const broken = folder.write('shop.yaml', serviceYaml('shop/api').replace('80', 'http'));
  assert.deepEqual(contents(readManifestFile(broken, before)), ['Service shop/api 80']);
});

test('readManifestFile() keeps all that it no longer sees where it cannot tell what is broken', (t: TestContext) => {
  const folder = new TemporaryFolder(t);
  const path = folder.write(
    'shop.yaml',
    [serviceYaml('shop/web'), serviceYaml('shop/api')].join('---\n'),
  );
  const before = readManifestFile(path);
  const kept = ['Service shop/api 81', 'Service shop/web 80'];
  for (const broken of ['a: [', 'kind: Service', 'text']) {
    folder.write('shop.yaml', `${serviceYaml('shop/api').replace('80', '81')}---\n${broken}\n`);
    assert.deepEqual(contents(readManifestFile(path, before)), kept, broken);
  }
  folder.write('shop.yaml', serviceYaml('shop/api').replace('80', '81'));
  assert.deepEqual(contents(readManifestFile(path, before)), ['Service shop/api 81']);
});

test('readManifestFile() keeps everything of a file that cannot be read, and says why', (t: TestContext) => {
  const folder = new TemporaryFolder(t);
  const before = readManifestFile(folder.write('a.yaml', serviceYaml('shop/web')));
  mkdirSync(folder.at('folder.yaml'));
  const file = readManifestFile(folder.at('folder.yaml'), before);
  assert.deepEqual(contents(file), ['Service shop/web 80']);
  assert.deepEqual(problems(file), [
    'shop.yaml: expected a readable file: received illegal operation on a directory',
  ]);
});

test('readManifestFile() refuses a huge file', (t: TestContext) => {
  const path = new TemporaryFolder(t).write('a.yaml', '');
  // A sparse file: it takes no space.
  truncateSync(path, MAX_FILE_BYTES + 1);
  assert.deepEqual(problems(readManifestFile(path)), [
    `shop.yaml: expected at most ${MAX_FILE_BYTES} bytes: received ${MAX_FILE_BYTES + 1}`,
  ]);
});

test('readManifestFile() reports a bounded number of mistakes', (t: TestContext) => {
  const items = Array.from({ length: 5000 }, () => ({ apiVersion: 'v1', kind: 'Service' }));
  const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  const file = readManifestFile(new TemporaryFolder(t).write('a.json', text));
  assert.equal(file.problems.length, MAX_MISTAKES + 1);
  assert.equal(
    problems(file).at(-1),
    `shop.yaml: expected at most ${MAX_MISTAKES} mistakes: received ${5000 - MAX_MISTAKES} more`,
  );
});
