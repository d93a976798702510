import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SYSTEM_CLOCK } from '../../../src/source/kubernetes/clock.ts';
import { HeldResource } from '../../../src/source/kubernetes/held-resource.ts';
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
  const put = (key: string, resourceVersion: number) =>
    held.put(
      held.isHeld(key, resourceVersion)
        ? { key, resourceVersion, isUnchanged: true }
        : { key, resourceVersion, resource: namespace(key) },
    );
  const list = (objects: Readonly<Record<string, number>>, version: number) => {
    taken.length = 0;
    held.beginList();
    for (const [key, resourceVersion] of Object.entries(objects)) put(key, resourceVersion);
    held.endList(version);
  };
  return { held, put, list, taken, removed, errors, refused };
}

function namespace(name: string): Resource {
  return { kind: 'Namespace', name, labels: {} };
}

test('HeldResource hands on of a list what is new or has another version, and keeps the rest', () => {
  const { list, taken, removed } = hold();
  list({ a: 1, b: 2, c: 3 }, 10);
  assert.deepEqual(taken, ['a', 'b', 'c']);
  list({ a: 1, b: 11, d: 12 }, 13);
  assert.deepEqual(taken, ['b', 'd']);
  assert.deepEqual(removed, ['c']);
  list({ a: 1, b: 11, d: 12 }, 13);
  assert.deepEqual(taken, []);
  assert.deepEqual(removed, ['c']);
});

test('HeldResource believes no version of a server that went back in time', () => {
  const { list, held, taken, removed } = hold();
  list({ a: 1, b: 2 }, 10);
  assert.throws(() => list({ a: 1 }, 9), {
    code: 'ERR_OUT_OF_STEP',
    message: 'Cannot trust the list: the server went back from version 10 to 9',
  });
  assert.deepEqual(removed, []);
  assert.equal(held.lists, 1);
  list({ a: 1 }, 9);
  assert.deepEqual(taken, ['a']);
  assert.deepEqual(removed, ['b']);
  list({ a: 1 }, 9);
  assert.deepEqual(taken, []);
});

test('HeldResource takes every object anew when it is told to distrust, once', () => {
  const { list, held, taken } = hold();
  list({ a: 1, b: 2 }, 10);
  held.distrust();
  list({ a: 1, b: 2 }, 10);
  assert.deepEqual(taken, ['a', 'b']);
  list({ a: 1, b: 2 }, 10);
  assert.deepEqual(taken, []);
});

test('HeldResource hands on again what was not taken, until it is', () => {
  const { list, taken, errors, refused } = hold();
  refused.add('b');
  list({ a: 1, b: 2 }, 10);
  list({ a: 1, b: 2 }, 10);
  assert.deepEqual(taken, []);
  assert.equal(errors.length, 2);
  refused.clear();
  list({ a: 1, b: 2 }, 10);
  assert.deepEqual(taken, ['b']);
  list({ a: 1, b: 2 }, 10);
  assert.deepEqual(taken, []);
});

test('HeldResource takes an object without a version, or of a snapshot, at each list', () => {
  const { list, put, taken } = hold();
  put('a', 0);
  list({ a: 0 }, 10);
  list({ a: 0 }, 11);
  assert.deepEqual(taken, ['a']);
  list({ a: 5 }, 11);
  assert.deepEqual(taken, ['a']);
});
