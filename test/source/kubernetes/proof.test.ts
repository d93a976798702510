/** What only a comparison with the server can find out, and what it has to leave alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { turn, until } from '../../support/fake-clock.ts';
import { follow, type Harness, type HarnessOptions } from './harness.ts';
import { namespaceJson, serviceJson } from './objects.ts';

const SHOP: HarnessOptions = {
  prepare: (server) => {
    server.put('namespaces', namespaceJson('shop'));
    for (const name of ['api', 'cart', 'web']) server.put('services', serviceJson(`shop/${name}`));
  },
};

/** Beyond any pause between two proofs. */
const PAUSE_MS = 200_000;

async function inStep(t: Parameters<typeof follow>[0], options = SHOP): Promise<Harness> {
  const harness = await follow(t, options);
  await harness.synced();
  await harness.followed();
  return harness;
}

/** Lets time pass as it does where bookmarks come. */
async function pass({ clock, server }: Harness, ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 40_000) {
    server.bookmark();
    for (let i = 0; i < 20; i++) await turn();
    await clock.advance(Math.min(40_000, ms - at));
    for (let i = 0; i < 20; i++) await turn();
  }
}

/** Changes a Service that is there already, or adds one, and tells nobody. */
function loseEvent({ server }: Harness, change: () => void): void {
  server.losesEvents = true;
  change();
  server.losesEvents = false;
}

test('a resource that is in step is proved to be every few minutes, by one object and a number', async (t) => {
  const harness = await inStep(t);
  const before = harness.status('services').lastProofMs;
  await pass(harness, PAUSE_MS);
  await until('a proof', () => harness.status('services').lastProofMs > before);
  assert.ok(harness.clock.now() - harness.status('services').lastProofMs <= PAUSE_MS);
  const lists = harness.server.requests.filter(
    ({ verb, plural }) => `${verb} ${plural}` === 'list services',
  );
  assert.ok(lists.length > 0 && lists.every(({ query }) => query.get('limit') === '1'));
  assert.match(lists[0].headers.accept ?? '', /as=PartialObjectMetadataList/);
  assert.equal(harness.status('services').lists, 1);
});

test('a deletion that never came is found by the number of objects, and mended by a list', async (t) => {
  const harness = await inStep(t);
  loseEvent(harness, () => harness.server.remove('services', 'shop/web'));
  harness.server.put('services', serviceJson('shop/api', '10.96.0.7'));
  await until(
    'the change after it',
    () => harness.store.service('shop/api')?.clusterIps[0] === '10.96.0.7',
  );
  assert.ok(harness.services().includes('shop/web'));
  await pass(harness, PAUSE_MS);
  await until('the deletion', () => !harness.services().includes('shop/web'));
  assert.equal(harness.status('services').outOfStep, 1);
  const [fault] = harness.faults('ERR_OUT_OF_STEP');
  assert.equal(fault.level, 'error');
  assert.equal(
    fault.fields.reason,
    'Cannot trust the watch of services: the server has 2 objects, 3 are held',
  );
});

test('prove() finds a change that never came, and says which', async (t) => {
  const harness = await inStep(t);
  assert.equal(await harness.source.prove(), true);
  loseEvent(harness, () => {
    harness.server.put('services', serviceJson('shop/web', '10.96.0.9'));
    harness.server.remove('services', 'shop/cart');
    harness.server.put('services', serviceJson('shop/new'));
  });
  harness.server.history.advance();
  const proof = harness.source.prove();
  await until('the comparison', () => harness.count('list services') === 2);
  harness.server.bookmark();
  assert.equal(await proof, false);
  assert.equal(
    harness.faults('ERR_OUT_OF_STEP')[0].fields.reason,
    'Cannot trust the watch of services: 2 are missing or old, 1 are gone on the server: ' +
      'shop/new, shop/web, shop/cart',
  );
  await until('all in step', () => harness.services().join() === 'shop/api,shop/new,shop/web');
  assert.deepEqual(harness.store.service('shop/web')?.clusterIps, ['10.96.0.9']);
  await harness.followed();
  assert.equal(await harness.source.prove(), true);
});

test('with a selector the server cannot count, and is compared object by object', async (t) => {
  const harness = await inStep(t, {
    source: { labels: 'team=shop' },
    prepare: (server) => {
      for (const name of ['api', 'web']) {
        server.put('services', serviceJson(`shop/${name}`, '10.96.0.1', { team: 'shop' }));
      }
      server.put('services', serviceJson('shop/other'));
    },
  });
  assert.deepEqual(harness.services(), ['shop/api', 'shop/web']);
  harness.server.put('services', serviceJson('shop/web'));
  await until('the Service without the label gone', () => harness.services().join() === 'shop/api');
  loseEvent(harness, () => {
    harness.server.put('services', serviceJson('shop/api', '10.96.0.9', { team: 'shop' }));
  });
  await pass(harness, PAUSE_MS);
  await until('the change', () => harness.store.service('shop/api')?.clusterIps[0] === '10.96.0.9');
  assert.equal(harness.status('services').outOfStep, 1);
});

test('a server that went back in time is found out as soon as the connection is back', async (t) => {
  const harness = await inStep(t);
  const { version } = harness.server.history;
  harness.server.put('services', serviceJson('shop/undone'));
  await until('the Service', () => harness.services().includes('shop/undone'));
  harness.server.history.restore(version);
  harness.server.reset();
  await until('the Service undone', () => !harness.services().includes('shop/undone'));
  assert.match(
    String(harness.faults('ERR_OUT_OF_STEP')[0].fields.reason),
    /: the server went back from version 105 to 104$/,
  );
  harness.server.put('services', serviceJson('shop/new'));
  await until('a change after that', () => harness.services().includes('shop/new'));
});

for (const further of [0, 5]) {
  const where = further === 0 ? 'before' : 'past';
  test(`a version that a server gives for the second time is not taken for the first, ${where} ours`, async (t) => {
    const harness = await inStep(t);
    const { version } = harness.server.history;
    const address = () => harness.store.service('shop/web')?.clusterIps[0];
    harness.server.put('services', serviceJson('shop/web', '10.96.0.7'));
    harness.server.put('services', serviceJson('shop/api', '10.96.0.8'));
    await until(
      'both changes',
      () => harness.store.service('shop/api')?.clusterIps[0] === '10.96.0.8',
    );
    assert.equal(address(), '10.96.0.7');
    harness.server.history.restore(version);
    harness.server.losesEvents = true;
    harness.server.put('services', serviceJson('shop/web', '10.96.0.9'));
    for (let i = 0; i < further; i++) harness.server.put('services', serviceJson(`shop/new-${i}`));
    harness.server.history.compact();
    harness.server.losesEvents = false;
    harness.server.reset();
    await until('what the server has', () => address() === '10.96.0.9');
  });
}

test('after a long absence all is compared object by object', async (t) => {
  const harness = await inStep(t);
  harness.server.isSilent = true;
  harness.server.reset();
  await until('attempts', () => harness.server.requests.length >= 6);
  for (let i = 0; i < 3; i++) await harness.clock.advance(15_000);
  harness.server.isSilent = false;
  loseEvent(harness, () => harness.server.put('services', serviceJson('shop/web', '10.96.0.9')));
  harness.server.history.advance();
  // What was lost lies before the version that the watch goes on from.
  harness.server.losesEvents = true;
  await harness.clock.advance(15_000);
  await harness.followed();
  harness.server.losesEvents = false;
  await pass(harness, PAUSE_MS);
  await until('the change', () => harness.store.service('shop/web')?.clusterIps[0] === '10.96.0.9');
});

test('changes on their way are no fault: a proof waits for them', async (t) => {
  const harness = await inStep(t);
  for (let round = 0; round < 20; round++) {
    const proof = harness.source.prove();
    for (let i = 0; i < 5; i++) {
      harness.server.put('services', serviceJson(`shop/new-${i}`, `10.96.1.${round + 1}`));
      harness.server.put('services', serviceJson('shop/web', `10.96.1.${round + 1}`));
      await turn();
      harness.server.remove('services', `shop/new-${i}`);
      await turn();
    }
    harness.server.bookmark();
    assert.equal(await proof, true);
  }
  assert.equal(harness.status('services').outOfStep, 0);
});

test('a proof that cannot be made is none, and its age tells', async (t) => {
  const harness = await inStep(t);
  const { lastProofMs } = harness.status('services');
  harness.server.allowed = new Set(['watch services', 'watch endpointslices', 'watch namespaces']);
  assert.equal(await harness.source.prove(), false);
  assert.equal(harness.status('services').lastProofMs, lastProofMs);
  assert.equal(harness.status('services').isConnected, true);
});

test('stop() does not wait for what a proof waits for', async (t) => {
  const harness = await inStep(t);
  loseEvent(harness, () => harness.server.remove('services', 'shop/web'));
  const proof = harness.source.prove();
  await until('the comparison', () => harness.count('list services') === 1);
  for (let i = 0; i < 20; i++) await turn();
  await harness.source.stop();
  assert.equal(await proof, false);
});

test('a role that allows watches and no lists is told, now and then', async (t) => {
  const { followed, source, server, clock, faults } = await follow(t);
  await followed();
  server.allowed = new Set(['watch services', 'watch endpointslices', 'watch namespaces']);
  assert.equal(await source.prove(), false);
  assert.equal(await source.prove(), false);
  const told = faults('ERR_API_FORBIDDEN');
  assert.equal(told.length, 3);
  assert.equal(told[0].message, 'objects not compared with the server');
  assert.match(
    String(told[0].fields.reason),
    /^Cannot list services: 403 .* a ClusterRole has to allow .*verbs: \["list", "watch"\]}$/,
  );
  await clock.advance(300_000);
  await followed();
  await source.prove();
  await until('it is told again', () => faults('ERR_API_FORBIDDEN').length === 6);
});
