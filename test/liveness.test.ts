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

test('Liveness suspects a pulse that stops, and gives the thread up two checks later', () => {
  const verdicts = judge([[1, true], [2, true], ...repeat(5, [2, true] as [number, boolean])]);
  assert.deepEqual(verdicts, ['alive', 'alive', 'alive', 'suspect', 'suspect', 'stuck', 'stuck']);
});

test('Liveness forgives a pulse that beats again', () => {
  const verdicts = judge([
    [1, true],
    [2, true],
    [2, true],
    [2, true],
    [2, true],
    [3, true],
  ]);
  assert.deepEqual(verdicts.slice(-2), ['suspect', 'alive']);
});

test('Liveness gives up a thread that beats and does not answer', () => {
  const checks = [1, 2, 3, 4, 5, 6].map((pulse): [number, boolean] => [pulse, pulse < 3]);
  assert.deepEqual(judge(checks), ['alive', 'alive', 'alive', 'suspect', 'suspect', 'stuck']);
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
    const expected = [...repeat(38, 'alive'), 'suspect', 'suspect', 'stuck'];
    assert.deepEqual(verdicts, expected, `start ${start}`);
  }
});
