import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ApiAccess } from '../../../src/source/kubernetes/api-access.ts';
import { createKubeconfigAccess } from '../../../src/source/kubernetes/kubeconfig-access.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const CLUSTERS = {
  certified: {
    server: 'https://192.0.2.1:6443',
    'certificate-authority-data': Buffer.from('authority').toString('base64'),
    'tls-server-name': 'kubernetes.default',
  },
  plain: { server: 'http://127.0.0.1:8001' },
  unchecked: { server: 'https://192.0.2.1', 'insecure-skip-tls-verify': true },
  proxied: { server: 'https://192.0.2.1', 'proxy-url': 'http://proxy.example.org' },
};

function createFile(t: TestContext, user: object, current = 'certified'): string {
  const folder = mkdtempSync(join(tmpdir(), 'vipdns-kubeconfig-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'config');
  const names = Object.keys(CLUSTERS);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': current,
    clusters: Object.entries(CLUSTERS).map(([name, cluster]) => ({ name, cluster })),
    contexts: names.map((name) => ({ name, context: { cluster: name, user: 'me' } })),
    users: [{ name: 'me', user }],
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

function accessBy(file: string, context = '', clock = new FakeClock()) {
  const read = createKubeconfigAccess({ file, context, clock });
  return async (isRejected = false) => (await read({ isRejected })) as ApiAccess;
}

test('createKubeconfigAccess() gives server, authority, name and token', async (t) => {
  const access = await accessBy(createFile(t, { token: 'secret' }))();
  assert.equal(access.server.href, 'https://192.0.2.1:6443/');
  assert.equal(access.token, 'secret');
  assert.equal(access.tls?.ca, 'authority');
  assert.equal(access.tls?.servername, 'kubernetes.default');
});

test('createKubeconfigAccess() gives client certificates, and takes the context that is named', async (t) => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const file = createFile(t, {
    'client-certificate-data': base64('certificate'),
    'client-key-data': base64('key'),
  });
  const access = await accessBy(file, 'unchecked')();
  assert.equal(access.token, undefined);
  assert.deepEqual(access.tls, { cert: 'certificate', key: 'key', rejectUnauthorized: false });
  const plain = await accessBy(file, 'plain')();
  assert.equal(plain.server.href, 'http://127.0.0.1:8001/');
});

test('createKubeconfigAccess() runs a plugin again after a refusal, and after a while', async (t) => {
  const file = createFile(t, {
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: `${createFile(t, {})}-plugin`,
      interactiveMode: 'Never',
    },
  });
  const plugin = String(JSON.parse(readFileSync(file, 'utf8')).users[0].user.exec.command);
  const credential =
    '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"\'$$\'"}}';
  writeFileSync(plugin, `#!/bin/sh\nprintf '${credential}'\n`);
  chmodSync(plugin, 0o755);
  const clock = new FakeClock();
  const access = accessBy(file, '', clock);
  const first = (await access()).token;
  assert.match(first ?? '', /^\d+$/);
  await clock.advance(1000);
  assert.equal((await access()).token, first);
  const second = (await access(true)).token;
  assert.notEqual(second, first);
  await clock.advance(600_001);
  assert.notEqual((await access()).token, second);
});

const REFUSALS: readonly [string, string, RegExp][] = [
  ['certified', 'missing', /^Cannot use kubeconfig ".*": it has no context "missing"$/],
  ['proxied', '', /: its proxy-url is not supported$/],
];

for (const [current, context, message] of REFUSALS) {
  test(`createKubeconfigAccess() says that ${message.source}`, async (t) => {
    const access = accessBy(createFile(t, {}, current), context);
    await assert.rejects(access(), { code: 'ERR_API_ACCESS', message });
  });
}

test('createKubeconfigAccess() tries again after a failure', async (t) => {
  const file = createFile(t, { token: 'secret' });
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, 'clusters: [');
  const access = accessBy(file);
  await assert.rejects(access(), { code: 'ERR_API_ACCESS' });
  writeFileSync(file, text);
  assert.equal((await access()).token, 'secret');
});
