import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoints, Namespace } from '../../src/source/resources.ts';
import { type Changes, Store } from '../../src/source/store.ts';
import { endpoint, service, slice } from '../support/resources.ts';
import { pod } from './pod.ts';

function namespace(name: string): Namespace {
  return { kind: 'Namespace', name, labels: {} };
}

function endpoints(key: string): Endpoints {
  const [namespaceName, name] = key.split('/');
  return { kind: 'Endpoints', namespace: namespaceName, name, subsets: [] };
}

/** The changes as sorted lists, empty ones left out. */
function listed(changes: Changes): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(changes)
      .map(([what, names]) => [what, [...names].sort()] as const)
      .filter(([, names]) => names.length > 0),
  );
}

const WEB = service('shop/web', { selector: { app: 'web' } });

test('Store.takeChanges() names a Service that came, changed or went, and its namespace', () => {
  const store = new Store();
  store.put(WEB);
  assert.deepEqual(listed(store.takeChanges()), { services: ['shop/web'], namespaces: ['shop'] });
  store.put({ ...WEB, publishNotReadyAddresses: true });
  assert.deepEqual(listed(store.takeChanges()), { services: ['shop/web'] });
  store.remove('Service', 'shop/web');
  assert.deepEqual(listed(store.takeChanges()), { services: ['shop/web'], namespaces: ['shop'] });
  assert.equal(store.service('shop/web'), undefined);
});

test('Store.takeChanges() is empty after an equal object was put again', () => {
  const store = new Store();
  store.put(WEB);
  store.put(slice('shop/web', [endpoint('192.0.2.1')]));
  store.put(pod('shop/a'));
  store.takeChanges();
  store.put(structuredClone(WEB));
  store.put(slice('shop/web', [endpoint('192.0.2.1')]));
  store.put(pod('shop/a'));
  store.remove('Service', 'shop/other');
  assert.deepEqual(listed(store.takeChanges()), {});
});

test('Store.takeChanges() names the Service of a slice that came, moved or went', () => {
  const store = new Store();
  store.put(WEB);
  store.put(service('shop/api'));
  store.takeChanges();
  store.put(slice('shop/web', [endpoint('192.0.2.1')], { name: 'a' }));
  assert.deepEqual(listed(store.takeChanges()), { services: ['shop/web'] });
  store.put(slice('shop/api', [endpoint('192.0.2.1')], { name: 'a' }));
  assert.deepEqual(listed(store.takeChanges()), { services: ['shop/api', 'shop/web'] });
  assert.deepEqual(store.slicesOf('shop/web'), []);
  store.remove('EndpointSlice', 'shop/a');
  assert.deepEqual(listed(store.takeChanges()), { services: ['shop/api'] });
});

test('Store.takeChanges() leaves out Services that are not held', () => {
  const store = new Store();
  store.put(slice('shop/web', [endpoint('192.0.2.1')]));
  store.put(endpoints('shop/web'));
  assert.deepEqual(listed(store.takeChanges()), { namespaces: ['shop'] });
});

test('Store.slicesOf() finds slices that came before their Service, and not those without one', () => {
  const store = new Store();
  const early = slice('shop/web', [endpoint('192.0.2.1')], { name: 'a' });
  store.put(early);
  store.put(slice('shop/', [endpoint('192.0.2.2')], { name: 'b' }));
  store.put(WEB);
  assert.deepEqual(store.slicesOf('shop/web'), [early]);
  assert.deepEqual(store.slicesOf('shop/'), []);
});

test('Store.takeChanges() names the Services that select a Pod, before and after', () => {
  const store = new Store();
  store.put(WEB);
  store.put(service('shop/api', { selector: { app: 'api' } }));
  store.put(service('other/web', { selector: { app: 'web' } }));
  store.put(service('shop/by-hand'));
  store.takeChanges();
  store.put(pod('shop/a'));
  assert.deepEqual(listed(store.takeChanges()), { services: ['shop/web'], podIps: ['192.0.2.1'] });
  store.put(pod('shop/a', { labels: { app: 'api' } }));
  assert.deepEqual(listed(store.takeChanges()).services, ['shop/api', 'shop/web']);
  store.remove('Pod', 'shop/a');
  assert.deepEqual(listed(store.takeChanges()), { services: ['shop/api'], podIps: ['192.0.2.1'] });
});

test("Store.takeChanges() leaves out a Pod's Services that have slices or Endpoints", () => {
  const store = new Store();
  store.put(WEB);
  store.put(slice('shop/web', []));
  store.put(service('shop/old', { selector: { app: 'web' } }));
  store.put(endpoints('shop/old'));
  store.takeChanges();
  store.put(pod('shop/a'));
  assert.deepEqual(listed(store.takeChanges()), { podIps: ['192.0.2.1'] });
  store.remove('EndpointSlice', 'shop/web-1');
  store.remove('Endpoints', 'shop/old');
  store.takeChanges();
  store.put(pod('shop/a', { ready: false }));
  assert.deepEqual(listed(store.takeChanges()).services, ['shop/old', 'shop/web']);
});

test('Store.takeChanges() names a namespace with its first object, and after its last', () => {
  const store = new Store();
  store.put(namespace('shop'));
  assert.deepEqual(listed(store.takeChanges()), { namespaces: ['shop'] });
  store.put(WEB);
  store.remove('Namespace', 'shop');
  assert.deepEqual(listed(store.takeChanges()).namespaces, undefined);
  assert.equal(store.hasNamespace('shop'), true);
  store.remove('Service', 'shop/web');
  assert.deepEqual(listed(store.takeChanges()).namespaces, ['shop']);
  assert.equal(store.hasNamespace('shop'), false);
  assert.deepEqual([...store.namespaces()], []);
});

test('Store.takeChanges() leaves out a namespace that came and went', () => {
  const store = new Store();
  store.put(namespace('shop'));
  store.remove('Namespace', 'shop');
  assert.deepEqual(listed(store.takeChanges()), {});
});

test('Store.podsByIp() gives every Pod of an address', () => {
  const store = new Store();
  store.put(pod('shop/a', { ips: ['192.0.2.1', '2001:db8::1'] }));
  store.put(pod('shop/b'));
  assert.deepEqual(
    store.podsByIp('192.0.2.1').map(({ name }) => name),
    ['a', 'b'],
  );
  store.put(pod('shop/a', { ips: ['192.0.2.2'] }));
  assert.deepEqual(store.podsByIp('2001:db8::1'), []);
  assert.deepEqual(
    store.podsByIp('192.0.2.1').map(({ name }) => name),
    ['b'],
  );
});

test('Store.podsSelectedBy() matches every label in the same namespace, and nothing without selector', () => {
  const store = new Store();
  store.put(pod('shop/a', { labels: { app: 'web', tier: 'front' } }));
  store.put(pod('shop/b', { labels: { app: 'web' } }));
  store.put(pod('other/c', { labels: { app: 'web', tier: 'front' } }));
  const names = (selector: Record<string, string>) =>
    store.podsSelectedBy(service('shop/web', { selector })).map(({ name }) => name);
  assert.deepEqual(names({ app: 'web' }), ['a', 'b']);
  assert.deepEqual(names({ app: 'web', tier: 'front' }), ['a']);
  assert.deepEqual(names({}), []);
});
