import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createSelection } from '../../src/source/selection.ts';
import { Store } from '../../src/source/store.ts';
import { service, slice } from '../support/resources.ts';

suite('createSelection()', () => {
  const labels = { tier: 'front' };
  const isFront = (each: Readonly<Record<string, string>>) => each.tier === 'front';

  test('lets the objects of listed namespaces through, and all where none is listed', () => {
    const shopOnly = createSelection({ namespaces: ['shop'], matchesLabels: () => true });
    assert.ok(shopOnly(service('shop/web')));
    assert.ok(shopOnly({ kind: 'Namespace', name: 'shop', labels: {} }));
    assert.ok(!shopOnly(service('bank/web')));
    assert.ok(!shopOnly({ kind: 'Namespace', name: 'bank', labels: {} }));
    const all = createSelection({ namespaces: [], matchesLabels: () => true });
    assert.ok(all(service('bank/web')));
  });

  test('asks the labels of Services and slices, not those of namespaces and Endpoints', () => {
    const selection = createSelection({ namespaces: [], matchesLabels: isFront });
    assert.ok(selection(service('shop/web', { labels })));
    assert.ok(!selection(service('shop/web')));
    assert.ok(selection(slice('shop/web', [], { labels })));
    assert.ok(!selection(slice('shop/web', [])));
    assert.ok(selection({ kind: 'Namespace', name: 'shop', labels: {} }));
    assert.ok(selection({ kind: 'Endpoints', namespace: 'shop', name: 'web', subsets: [] }));
  });

  test('a Store forgets an object that is not served any more', () => {
    const store = new Store({
      accepts: createSelection({ namespaces: [], matchesLabels: isFront }),
    });
    store.put(service('shop/web', { labels }));
    assert.ok(store.service('shop/web'));
    store.takeChanges();
    store.put(service('shop/web'));
    assert.equal(store.service('shop/web'), undefined);
    assert.deepEqual([...store.takeChanges().services], ['shop/web']);
  });
});

test('Store.takeChanges() names a namespace whose labels changed', () => {
  const store = new Store();
  store.put({ kind: 'Namespace', name: 'shop', labels: {} });
  store.takeChanges();
  store.put({ kind: 'Namespace', name: 'shop', labels: { dns: 'yes' } });
  assert.deepEqual([...store.takeChanges().namespaces], ['shop']);
  assert.deepEqual(store.labelsOfNamespace('shop'), { dns: 'yes' });
  assert.deepEqual(store.labelsOfNamespace('missing'), {});
});
