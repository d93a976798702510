import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Liveness, type Verdict } from '../src/liveness.ts';

/** Verdicts of checks in a row, each given as the pulse and whether the last query was answered. */
function judge(checks: readonly [pulse: number, isAnswering: boolean | undefined][]): Verdict[] {
  const liveness = new Liveness();
  return checks.map(([pulse, isAnswering]) => liveness.judge({ restarts: 0, pulse, isAnswering }));
}

function repeat<T>(count: number, value: T): T[] {
  return Array.from({ length: count }, () => value);
}

test('Liveness suspects a thread that gives no sign at all, and gives it up two checks later', () => {
  const verdicts = judge([[1, true], [2, true], ...repeat(5, [2, false] as [number, boolean])]);
  assert.deepEqual(verdicts, ['alive', 'alive', 'alive', 'suspect', 'suspect', 'stuck', 'stuck']);
});

test('Liveness forgives a thread that gives a sign again', () => {
  const still: [number, boolean] = [2, false];
  assert.deepEqual(judge([[1, true], [2, true], still, still, still, [3, false]]).slice(-2), [
    'suspect',
    'alive',
  ]);
  assert.deepEqual(judge([[1, true], [2, true], still, still, still, [2, true]]).slice(-2), [
    'suspect',
    'alive',
  ]);
});

test('Liveness is patient with a thread that gives one sign of two', () => {
  const expected = [...repeat(9, 'alive'), ...repeat(10, 'suspect'), 'stuck'];
  const beating = Array.from({ length: 20 }, (_, i): [number, boolean] => [3 + i, false]);
  assert.deepEqual(judge([[1, true], [2, true], ...beating]).slice(2), expected);
  const answering = repeat(20, [2, true] as [number, boolean]);
  assert.deepEqual(judge([[1, true], [2, true], ...answering]).slice(2), expected);
});

test('Liveness asks no answers of a thread that never gave one, or that could not be asked', () => {
  const never = Array.from({ length: 20 }, (_, i): [number, boolean] => [i, false]);
  assert.deepEqual([...new Set(judge(never))], ['alive']);
  const unasked = Array.from({ length: 20 }, (_, i): [number, boolean | undefined] => [
    i,
    i < 2 ? true : undefined,
  ]);
  assert.deepEqual([...new Set(judge(unasked))], ['alive']);
});

test('Liveness gives a thread time to start, and a successor anew', () => {
  const liveness = new Liveness();
  const still = { pulse: 7, isAnswering: undefined };
  for (let start = 0; start < 2; start++) {
    const verdicts = Array.from({ length: 41 }, () =>
      liveness.judge({ ...still, restarts: start }),
    );
    const expected = [...repeat(30, 'alive'), ...repeat(10, 'suspect'), 'stuck'];
    assert.deepEqual(verdicts, expected, `start ${start}`);
  }
});
