import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SYSTEM_CLOCK } from '../../../src/source/kubernetes/clock.ts';
import { HeldResource } from '../../../src/source/kubernetes/held-resource.ts';
import { Ledger } from '../../../src/source/kubernetes/ledger.ts';
import type { Resource } from '../../../src/source/resources.ts';

function hold() {
  const taken: string[] = [];
  const removed: string[] = [];
  const errors: unknown[] = [];
  const refused = new Set<string>();
  const held = new HeldResource({
    clock: SYSTEM_CLOCK,
    handler: {
      put: (_, key) => {
        if (refused.has(key)) throw new Error(`no ${key}`);
        taken.push(key);
      },
      remove: (key) => removed.push(key),
      flush: () => {},
    },
    onProblem: () => {},
    onHandlerError: (error) => errors.push(error),
  });
  const put = (key: string, resourceVersion: number, fingerprint: number | undefined) => {
    const identity = { key, resourceVersion, ...(fingerprint !== undefined && { fingerprint }) };
    held.put(
      held.isHeld(identity)
        ? { ...identity, isUnchanged: true }
        : { ...identity, resource: namespace(key) },
    );
  };
  /** Lists objects by their versions; the fingerprint of each is that of its version, unless it is given. */
  const list = (objects: Readonly<Record<string, number>>, fingerprint?: number) => {
    taken.length = 0;
    removed.length = 0;
    held.beginList();
    for (const [key, version] of Object.entries(objects))
      put(key, version, fingerprint ?? -version);
    held.endList(100);
  };
  return { held, put, list, taken, removed, errors, refused };
}

function namespace(name: string): Resource {
  return { kind: 'Namespace', name, labels: {} };
}

test('HeldResource hands on of a list what is new or read from other bytes, and keeps the rest', () => {
  const { list, taken, removed } = hold();
  list({ a: 1, b: 2, c: 3 });
  assert.deepEqual(taken, ['a', 'b', 'c']);
  list({ a: 1, b: 11, d: 12 });
  assert.deepEqual(taken, ['b', 'd']);
  assert.deepEqual(removed, ['c']);
  list({ a: 1, b: 11, d: 12 });
  assert.deepEqual([taken, removed], [[], []]);
});

test('HeldResource takes a version that a server gives for the second time for another object', () => {
  const { list, taken } = hold();
  list({ a: 1, b: 2 });
  list({ a: 1, b: 2 }, 77);
  assert.deepEqual(taken, ['a', 'b']);
  list({ a: 1, b: 2 }, 77);
  assert.deepEqual(taken, []);
});

test('HeldResource hands on again what was not taken, until it is', () => {
  const { list, taken, errors, refused } = hold();
  refused.add('b');
  list({ a: 1, b: 2 });
  list({ a: 1, b: 2 });
  assert.deepEqual(taken, []);
  assert.equal(errors.length, 2);
  refused.clear();
  list({ a: 1, b: 2 });
  assert.deepEqual(taken, ['b']);
  list({ a: 1, b: 2 });
  assert.deepEqual(taken, []);
});

test('HeldResource takes an object of which no bytes are known at each list', () => {
  const { held, put, taken } = hold();
  for (let i = 0; i < 2; i++) {
    held.beginList();
    put('a', 5, undefined);
    held.endList(9);
  }
  assert.deepEqual(taken, ['a', 'a']);
});

test('Ledger keeps each object in a row of its own, whatever comes and goes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(200), fc.integer({ min: -1, max: 9 }))), (changes) => {
      const ledger = new Ledger();
      const expected = new Map<string, number>();
      for (const [number, version] of changes) {
        const key = `shop/${number}`;
        if (version < 0) {
          ledger.remove(key);
          expected.delete(key);
        } else {
          ledger.put({ key, resourceVersion: version, fingerprint: number + 1 });
          expected.set(key, version);
        }
      }
      assert.equal(ledger.size, expected.size);
      const held = [...ledger.identities()].map((each) => [each.key, each.resourceVersion]);
      assert.deepEqual(new Map(held as [string, number][]), expected);
      for (const [key, resourceVersion] of expected) {
        const fingerprint = Number(key.slice(5)) + 1;
        assert.ok(ledger.holds({ key, resourceVersion, fingerprint }));
        assert.ok(!ledger.holds({ key, resourceVersion, fingerprint: fingerprint + 1 }));
        assert.ok(!ledger.holds({ key, resourceVersion: resourceVersion + 1, fingerprint }));
      }
    }),
  );
});
