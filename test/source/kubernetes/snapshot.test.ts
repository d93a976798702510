/** A start without the API server, from what an earlier run has held. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SnapshotFile } from '../../../src/source/kubernetes/snapshot-file.ts';
import { PackedEndpointSlice } from '../../../src/source/packed-endpoint-slice.ts';
import { until } from '../../support/fake-clock.ts';
import { endpoint, service, slice } from '../../support/resources.ts';
import { follow } from './harness.ts';
import { endpointSliceJson, serviceJson } from './objects.ts';

function createFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'vipdns-snapshot-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

const SLICE = new PackedEndpointSlice(slice('shop/web', [endpoint('10.0.0.1')]));
const RESOURCES = [service('shop/web', { labels: JSON.parse('{"__proto__":"x"}') }), SLICE];

test('SnapshotFile gives back what was written', async (t) => {
  const file = new SnapshotFile(join(createFolder(t), 'below'), 'here');
  assert.equal(file.read(), undefined);
  await file.write({ takenAt: 17, resources: RESOURCES });
  const snapshot = file.read();
  assert.equal(snapshot?.takenAt, 17);
  assert.deepEqual([...(snapshot?.resources ?? [])], RESOURCES);
});

test('SnapshotFile sets aside what is damaged, wherever it is', async (t) => {
  const folder = createFolder(t);
  const path = join(folder, 'cluster.snapshot');
  const file = new SnapshotFile(folder, 'here');
  await file.write({ takenAt: 17, resources: RESOURCES });
  const bytes = readFileSync(path);
  const damages = [
    ...[0, 20, 80, bytes.length - 20].map((at) => Buffer.from(bytes).fill('~', at, at + 1)),
    bytes.subarray(0, 100),
    Buffer.alloc(0),
  ];
  for (const damage of damages) {
    writeFileSync(path, damage);
    assert.throws(() => file.read(), { code: 'ERR_SNAPSHOT', message: /^Cannot use snapshot/ });
    assert.equal(existsSync(path), false);
    assert.deepEqual(readFileSync(`${path}.damaged`), damage);
  }
});

test('SnapshotFile takes none of another cluster or configuration', async (t) => {
  const folder = createFolder(t);
  await new SnapshotFile(folder, 'there').write({ takenAt: 17, resources: RESOURCES });
  assert.throws(() => new SnapshotFile(folder, 'here').read(), {
    message: /it is of another cluster or configuration$/,
  });
});

test('KubernetesSource serves its snapshot until the API is there, and then what is there', async (t) => {
  const stateDir = createFolder(t);
  const first = await follow(t, {
    source: { stateDir },
    prepare: (server) => {
      server.put('services', serviceJson('shop/web'));
      server.put('services', serviceJson('shop/gone'));
      server.put('endpointslices', endpointSliceJson('shop/web', ['10.0.0.1']));
    },
  });
  await first.synced();
  await until('a change to write', () => first.services().length === 2);
  await first.source.stop();

  const second = await follow(t, {
    source: { stateDir },
    prepare: (server) => {
      server.allowed = new Set();
      server.put('services', serviceJson('shop/web', '10.96.0.9'));
    },
  });
  assert.deepEqual(second.services(), ['shop/gone', 'shop/web']);
  assert.equal(second.source.isComplete, false);
  assert.equal(second.source.staleSince, first.clock.now());
  assert.equal(second.store.slicesOf('shop/web')[0].endpoints[0].addresses[0], '10.0.0.1');
  assert.equal(second.faults('ERR_STALE')[0].fields.objects, 3);

  second.server.allowed = undefined;
  await second.synced();
  await until('the last change', () => second.source.staleSince === undefined);
  assert.deepEqual(second.services(), ['shop/web']);
  assert.deepEqual(second.store.service('shop/web')?.clusterIps, ['10.96.0.9']);
  assert.deepEqual(second.store.slicesOf('shop/web'), []);
});

test('KubernetesSource writes while it changes, twice a minute, and never half a cluster', async (t) => {
  const stateDir = createFolder(t);
  const path = join(stateDir, 'cluster.snapshot');
  const { server, synced, clock, services } = await follow(t, {
    source: { stateDir },
    prepare: (server) => {
      server.allowed = new Set(['watch services']);
      server.put('services', serviceJson('shop/web'));
    },
  });
  await until('the Service', () => services().length === 1);
  await clock.advance(30_000);
  await clock.advance(30_000);
  assert.equal(existsSync(path), false);
  server.allowed = undefined;
  await synced();
  server.put('services', serviceJson('shop/api'));
  await until('the change', () => services().length === 2);
  await until('the snapshot', () => {
    void clock.advance(1000);
    return existsSync(path);
  });
  assert.match(readFileSync(path, 'utf8'), /"name":"api"/);
});

test('KubernetesSource tells of a snapshot that is damaged, and goes on without', async (t) => {
  const stateDir = createFolder(t);
  writeFileSync(join(stateDir, 'cluster.snapshot'), 'nonsense');
  const { faults, synced } = await follow(t, { source: { stateDir } });
  await synced();
  assert.equal(faults('ERR_SNAPSHOT').length, 1);
});
