import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyOf, type ObjectJson } from '../source/kubernetes/emulation/object-history.ts';
import { fixedObjects } from './fixed-objects.ts';
import { RandomChoice } from './random-choice.ts';
import { RandomCluster } from './random-cluster.ts';

const SIZE = { services: 30, ownAddresses: ['192.0.2.1', '2001:db8::1'] };

function operationsOf(seed: number) {
  const cluster = new RandomCluster(new RandomChoice(seed), SIZE);
  const created = cluster.takeOperations();
  cluster.change(20);
  return { created, changed: cluster.takeOperations() };
}

test('RandomCluster is the same for the same seed, and so are its changes', () => {
  assert.deepEqual(operationsOf(7), operationsOf(7));
  assert.notDeepEqual(operationsOf(7), operationsOf(8));
});

test('RandomCluster gives each virtual IP once', () => {
  const cluster = new RandomCluster(new RandomChoice(1), SIZE);
  cluster.change(100);
  const addresses = cluster
    .takeOperations()
    .flatMap((operation) => (operation.verb === 'put' ? [operation] : []))
    .filter(({ plural }) => plural === 'services')
    .flatMap(({ object }) => (object.spec as { clusterIPs?: string[] }).clusterIPs ?? [])
    .filter((address) => address !== 'None');
  assert.ok(addresses.length > 20);
  assert.equal(new Set(addresses).size, addresses.length);
});

test('RandomCluster has the objects that rows rest on, also after changes', () => {
  const cluster = new RandomCluster(new RandomChoice(1), { services: 5, ownAddresses: [] });
  cluster.change(200);
  for (const { plural, object } of fixedObjects()) {
    const key = keyOf(object as ObjectJson);
    assert.deepEqual(
      cluster.objects(plural).find((held) => keyOf(held) === key),
      object,
    );
  }
});

test('RandomCluster.change() removes only what there is', () => {
  const cluster = new RandomCluster(new RandomChoice(3), SIZE);
  const held = new Set<string>();
  for (let round = 0; round < 5; round++) {
    for (const operation of cluster.takeOperations()) {
      const { plural } = operation;
      if (operation.verb === 'remove') {
        assert.ok(held.delete(`${plural} ${operation.key}`), operation.key);
      } else {
        const { namespace, name } = operation.object.metadata as Record<string, string>;
        held.add(`${plural} ${namespace === undefined ? name : `${namespace}/${name}`}`);
      }
    }
    cluster.change(50);
  }
});
