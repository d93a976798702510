/** What a reflector does when the API server does what it should not, and only an emulation can be told to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource } from '../../../src/source/resources.ts';
import { turn, until } from '../../support/fake-clock.ts';
import { PROTOBUF_WRITER } from './emulation/body-writer.ts';
import { follow } from './harness.ts';
import { endpointSliceJson, namespaceJson, podJson, serviceJson } from './objects.ts';

const TWO_SERVICES = {
  prepare: (server: { put(plural: string, object: object): void }) => {
    server.put('namespaces', namespaceJson('shop'));
    server.put('services', serviceJson('shop/web', '10.96.0.1'));
    server.put('services', serviceJson('shop/api', '10.96.0.2'));
    server.put('endpointslices', endpointSliceJson('shop/web', ['10.0.0.1']));
  },
};

/** No port has such a protocol. */
const BROKEN = {
  ...serviceJson('shop/odd'),
  spec: { clusterIP: '10.0.0.9', ports: [{ port: 80, protocol: 'QUIC' }] },
};

test('a streaming list and its watch are one request', async (t) => {
  const { synced, followed, services, count, server, source, status } = await follow(
    t,
    TWO_SERVICES,
  );
  await synced();
  await followed();
  assert.deepEqual(services(), ['shop/api', 'shop/web']);
  server.put('services', serviceJson('shop/new', '10.96.0.3'));
  await until('the new Service', () => services().length === 3);
  server.remove('services', 'shop/web');
  await until('the Service gone', () => services().length === 2);
  assert.equal(count('list services') + count('watch services'), 1);
  assert.equal(status('services').objects, 2);
  assert.equal(source.isComplete, true);
});

test('what is asked for is protobuf, and of namespaces the metadata', async (t) => {
  const { synced, server } = await follow(t, TWO_SERVICES);
  await synced();
  const acceptOf = (plural: string) =>
    server.requests.find((request) => request.plural === plural)?.headers.accept ?? '';
  assert.match(acceptOf('services'), /^application\/vnd\.kubernetes\.protobuf,application\/json/);
  assert.match(
    acceptOf('namespaces'),
    /^application\/vnd\.kubernetes\.protobuf;as=PartialObjectMetadata;/,
  );
  assert.ok(server.requests.every(({ plural }) => plural !== 'pods'));
});

test('a server that refuses streaming lists is read by pages, then watched from their version', async (t) => {
  const { synced, followed, services, count, server } = await follow(t, {
    streaming: 'refused',
    prepare: (server) => {
      for (let i = 0; i < 600; i++) server.put('services', serviceJson(`shop/s${i}`));
    },
  });
  await synced();
  await followed();
  assert.equal(services().length, 600);
  assert.equal(count('list services'), 3);
  const [first, second] = server.requests.filter(
    ({ verb, plural }) => verb === 'list' && plural === 'services',
  );
  assert.equal(first.query.get('limit'), '250');
  assert.equal(first.query.get('resourceVersion'), null);
  assert.equal(second.query.get('continue'), 'token-0');
  const watch = server.requests.findLast(
    ({ verb, plural }) => `${verb} ${plural}` === 'watch services',
  );
  assert.equal(watch?.query.get('resourceVersion'), `${server.history.version}`);
  assert.equal(watch?.query.get('allowWatchBookmarks'), 'true');
  assert.equal(watch?.query.get('timeoutSeconds'), '290');
});

test('a server that does not know streaming lists is read by pages after a silence', async (t) => {
  const { clock, source, synced, services } = await follow(t, {
    ...TWO_SERVICES,
    streaming: 'unknown',
  });
  await until('the objects', () => source.statuses.every(({ objects }) => objects > 0));
  assert.equal(source.isComplete, false);
  await clock.advance(6000);
  await synced();
  assert.deepEqual(services(), ['shop/api', 'shop/web']);
});

test('pages that expire are asked for anew, and in the end all at once', async (t) => {
  const { synced, services, server } = await follow(t, {
    streaming: 'refused',
    prepare: (server) => {
      for (let i = 0; i < 300; i++) server.put('services', serviceJson(`shop/s${i}`));
      server.expiresPages = true;
    },
  });
  await synced();
  assert.equal(services().length, 300);
  const lists = server.requests.filter(
    ({ verb, plural }) => verb === 'list' && plural === 'services',
  );
  assert.equal(lists.filter(({ query }) => query.has('limit')).length, 6);
  assert.equal(lists.at(-1)?.query.has('limit'), false);
});

test('a list that breaks off takes nothing away', async (t) => {
  const { synced, followed, services, server, clock, status } = await follow(t, {
    streaming: 'refused',
    ...TWO_SERVICES,
  });
  await synced();
  await followed();
  server.history.compact();
  server.history.put('services', serviceJson('shop/new') as never);
  server.history.remove('services', 'shop/web');
  server.fail({ status: 410, reason: 'Expired' });
  server.sendRaw('services', Buffer.from([0, 0, 0, 1, 0xff]));
  await until('damage found', () => status('services').failures > 0);
  assert.ok(services().includes('shop/web'));
  await until('the list', () => services().includes('shop/new'));
  await until('the sweep', () => !services().includes('shop/web'));
  await clock.advance(0);
});

test('an event that cannot be decoded ends the connection, and a list makes up for it', async (t) => {
  const { synced, followed, services, server, status, faults } = await follow(t, TWO_SERVICES);
  await synced();
  await followed();
  server.history.put('services', serviceJson('shop/lost') as never);
  server.sendRaw('services', PROTOBUF_WRITER.event('RENAMED', serviceJson('shop/lost')));
  await until('the lost Service', () => services().includes('shop/lost'));
  assert.equal(faults('ERR_API_FORMAT').length, 1);
  assert.equal(status('services').lists, 2);
});

for (const tellsExpiryInStream of [false, true]) {
  const where = tellsExpiryInStream ? 'in the stream' : 'with the head';
  test(`a version that expired, told ${where}, leads to a list that keeps what is served`, async (t) => {
    const seen = new Set<string>();
    const harness = await follow(t, {
      ...TWO_SERVICES,
      source: { onChange: () => seen.add(harness.services().join()) },
    });
    const { synced, followed, server, status } = harness;
    await synced();
    await followed();
    seen.clear();
    server.tellsExpiryInStream = tellsExpiryInStream;
    server.losesEvents = true;
    server.remove('services', 'shop/web');
    server.history.compact();
    server.losesEvents = false;
    server.reset();
    await until('the deletion', () => seen.has('shop/api'));
    // Whatever was seen on the way, the one that stays was in it.
    assert.ok([...seen].every((services) => services.split(',').includes('shop/api')));
    assert.equal(status('services').lists, 2);
  });
}

for (const [form, options] of [
  ['streaming', {}],
  ['by pages', { streaming: 'refused' }],
] as const) {
  test(`a list anew, ${form}, hands on and complains of only what has changed`, async (t) => {
    const harness = await follow(t, {
      ...options,
      prepare: (server) => {
        TWO_SERVICES.prepare(server);
        server.put('services', BROKEN);
      },
    });
    const { synced, followed, server, services, status, store, faults } = harness;
    const handed: string[] = [];
    const put = store.put.bind(store);
    t.mock.method(store, 'put', (resource: Resource, key: string) => {
      handed.push(`${resource.kind} ${resource.name}`);
      put(resource, key);
    });
    await synced();
    await followed();
    assert.equal(handed.length, 4);
    handed.length = 0;
    server.losesEvents = true;
    server.put('services', serviceJson('shop/web', '10.96.0.9'));
    server.put('services', serviceJson('shop/new'));
    server.history.compact();
    server.losesEvents = false;
    server.reset();
    await until('the list', () => status('services').lists === 2);
    await followed();
    assert.deepEqual(handed.sort(), ['Service new', 'Service web']);
    assert.deepEqual(services(), ['shop/api', 'shop/new', 'shop/web']);
    assert.equal(faults('ERR_OBJECT').length, 1);
    assert.equal(status('services').problems, 1);
  });
}

test('a connection that breaks is taken up again from where it was, without a list', async (t) => {
  const { synced, followed, services, server, status, faults } = await follow(t, TWO_SERVICES);
  await synced();
  await followed();
  server.reset();
  server.put('services', serviceJson('shop/new'));
  await until('the new Service', () => services().includes('shop/new'));
  assert.equal(status('services').lists, 1);
  assert.ok(faults('ERR_API_CONNECTION').length > 0);
});

test('a watch that the server ends is taken up again at once, and is no fault', async (t) => {
  const { synced, followed, server, clock, events, count, status } = await follow(t, TWO_SERVICES);
  await synced();
  await followed();
  await clock.advance(1000);
  server.bookmark();
  server.endWatches();
  await until('another watch', () => count('watch services') === 2);
  await followed();
  assert.equal(status('services').failures, 0);
  assert.deepEqual(
    events.filter(({ level }) => level === 'warn'),
    [],
  );
});

test('watches that end as soon as they begin are waited for', async (t) => {
  const { synced, followed, server, status, faults } = await follow(t, TWO_SERVICES);
  await synced();
  await followed();
  server.endsWatches = true;
  server.endWatches();
  await until('a failure', () => status('services').failures > 0);
  server.endsWatches = false;
  await followed();
  assert.ok(faults('ERR_API_CONNECTION').length > 0);
});

test('a watch that is silent for 75 s is opened anew, and what it kept back comes', async (t) => {
  const { synced, followed, services, server, clock, faults } = await follow(t, TWO_SERVICES);
  await synced();
  await followed();
  server.losesEvents = true;
  server.put('services', serviceJson('shop/kept-back'));
  server.losesEvents = false;
  await clock.advance(74_000);
  assert.ok(!services().includes('shop/kept-back'));
  await clock.advance(11_000);
  await until('what was kept back', () => services().includes('shop/kept-back'));
  assert.equal(faults('ERR_API_TIMEOUT').length, 3);
});

test('bookmarks keep a watch of a quiet resource, and move it on', async (t) => {
  const { synced, followed, server, clock, count } = await follow(t, TWO_SERVICES);
  await synced();
  await followed();
  for (let minute = 0; minute < 2; minute++) {
    await clock.advance(60_000);
    server.history.advance();
    server.bookmark();
    await until('bookmarks read', () => true);
    await turn();
    await turn();
  }
  assert.equal(count('watch services'), 1);
  server.reset();
  await until('another watch', () => count('watch services') === 2);
  const watch = server.requests.findLast(({ plural }) => plural === 'services');
  assert.equal(watch?.query.get('resourceVersion'), `${server.history.version}`);
});

test('a server that takes no connection is tried again and again, while all is served', async (t) => {
  const { synced, followed, services, server, source, faults, clock } = await follow(
    t,
    TWO_SERVICES,
  );
  await synced();
  await followed();
  server.isSilent = true;
  server.reset();
  await until('requests', () => server.requests.length >= 6);
  await clock.advance(15_000);
  await until('the fault', () => faults('ERR_API_TIMEOUT').length === 3);
  assert.deepEqual(services(), ['shop/api', 'shop/web']);
  assert.equal(source.isComplete, true);
  server.isSilent = false;
  await clock.advance(15_000);
  await followed();
});

test('a request that is refused for now is made again when the server says', async (t) => {
  const { synced, server, clock, source, count } = await follow(t, {
    prepare: (server) => {
      const busy = { status: 429, reason: 'TooManyRequests', retryAfterSeconds: 7 };
      server.fail(busy, busy, busy);
    },
  });
  await until('refusals', () => source.statuses.every(({ failures }) => failures === 1));
  await clock.advance(6900);
  assert.equal(count('watch services'), 1);
  await clock.advance(100);
  await synced();
  assert.equal(count('watch services'), 2);
  assert.equal(server.requests.length, 6);
});

test('a refusal tells verb, resource and the rule that is missing, once, and ends when it is given', async (t) => {
  const { synced, server, events, faults } = await follow(t, {
    prepare: (server) => {
      server.allowed = new Set(['watch services', 'watch namespaces']);
    },
  });
  await until('the refusal', () => faults('ERR_API_FORBIDDEN').length === 1);
  assert.equal(
    faults('ERR_API_FORBIDDEN')[0].fields.reason,
    'Cannot watch endpointslices: 403 Forbidden endpointslices is forbidden: User "vipdns" cannot watch ' +
      'resource "endpointslices": a ClusterRole has to allow {apiGroups: ["discovery.k8s.io"], ' +
      'resources: ["endpointslices"], verbs: ["list", "watch"]}',
  );
  server.allowed = undefined;
  await synced();
  assert.equal(faults('ERR_API_FORBIDDEN').length, 1);
  assert.ok(
    events.some(
      ({ message, fields }) =>
        message === 'objects followed again' && fields.resource === 'endpointslices',
    ),
  );
});

test('a token that was replaced is used with the next request', async (t) => {
  const harness = await follow(t, {
    prepare: (server) => {
      server.token = 'new';
    },
  });
  harness.access = { ...harness.access, token: 'old' };
  await until('the refusal', () => harness.faults('ERR_API_UNAUTHORIZED').length === 3);
  harness.access = { ...harness.access, token: 'new' };
  await harness.synced();
});

test('a server that has only JSON is read all the same', async (t) => {
  const { synced, followed, services, server } = await follow(t, {
    ...TWO_SERVICES,
    isJsonOnly: true,
  });
  await synced();
  await followed();
  server.put('services', serviceJson('shop/new'));
  await until('the new Service', () => services().length === 3);
});

test('an answer that is neither is a fault', async (t) => {
  const { faults, synced } = await follow(t, {
    prepare: (server) => server.fail({ status: 200, reason: 'OK', text: '<h1>Welcome</h1>' }),
  });
  await until('the fault', () => faults('ERR_API_FORMAT').length === 1);
  assert.equal(
    faults('ERR_API_FORMAT')[0].fields.reason,
    'Cannot decode answer of the API server: its content type is "text/html"',
  );
  await synced();
});

test('an object of which nothing can be served is left out, told, and costs no connection', async (t) => {
  const { synced, followed, services, server, status, faults } = await follow(t, TWO_SERVICES);
  await synced();
  await followed();
  server.put('services', BROKEN);
  server.put('services', serviceJson('shop/new'));
  await until('the next Service', () => services().includes('shop/new'));
  assert.equal(faults('ERR_OBJECT').length, 1);
  assert.equal(faults('ERR_OBJECT')[0].fields.object, 'shop/odd');
  assert.equal(status('services').problems, 1);
  assert.equal(status('services').failures, 0);
});

test('a handler that throws costs the change that it threw at', async (t) => {
  const harness = await follow(t, {
    ...TWO_SERVICES,
    source: {
      onChange: () => {
        if (harness.services().includes('shop/bad')) throw new Error('cannot take it');
      },
    },
  });
  await harness.synced();
  await harness.followed();
  harness.server.put('services', serviceJson('shop/bad'));
  await until('the error', () => harness.faults('ERR_HANDLER').length === 1);
  harness.server.put('services', serviceJson('shop/new'));
  await until('the next Service', () => harness.services().includes('shop/new'));
  assert.equal(harness.status('services').failures, 0);
});

test('Pods are followed where they are served, without those that have ended', async (t) => {
  const { synced, store, server } = await follow(t, {
    source: { needsPods: true },
    prepare: (server) => {
      server.put('pods', podJson('shop/a', '10.0.0.1'));
      server.put('pods', podJson('shop/b', '10.0.0.2', 'Succeeded'));
    },
  });
  await synced();
  assert.deepEqual(
    [...store.podsIn('shop')].map(({ name }) => name),
    ['a'],
  );
  server.put('pods', podJson('shop/a', '10.0.0.1', 'Failed'));
  await until('the Pod gone', () => store.podsByIp('10.0.0.1').length === 0);
});

for (const phase of ['before the head', 'in a list', 'in a watch', 'in a wait'] as const) {
  test(`stop() ends everything ${phase}`, async (t) => {
    const harness = await follow(t, {
      ...TWO_SERVICES,
      streaming: phase === 'in a list' ? 'unknown' : 'on',
      prepare: (server) => {
        TWO_SERVICES.prepare(server);
        server.isSilent = phase === 'before the head';
        if (phase === 'in a wait')
          server.fail(...Array(3).fill({ status: 503, reason: 'X', retryAfterSeconds: 9 }));
      },
    });
    if (phase === 'in a watch') await harness.followed();
    else await until('requests', () => harness.server.requests.length === 3);
    await harness.source.stop();
    const requests = harness.server.requests.length;
    harness.server.isSilent = false;
    await harness.clock.advance(60_000);
    assert.equal(harness.server.requests.length, requests);
    await until('all connections closed', () => harness.server.watchCount === 0);
    assert.deepEqual(
      harness.events.filter(({ level }) => level === 'error'),
      [],
    );
  });
}
