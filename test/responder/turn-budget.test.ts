import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { TurnBudget } from '../../src/responder/turn-budget.ts';

test('TurnBudget gives so many messages a turn, and whoever waits a later one, in order', async () => {
  const budget = new TurnBudget(3);
  const taken = () => Array.from({ length: 5 }, () => budget.take());
  assert.deepEqual(taken(), [true, true, true, false, false]);
  const calls: string[] = [];
  budget.wait(() => {
    calls.push('first');
    assert.equal(budget.take(), true);
    budget.wait(() => calls.push('first again'));
  });
  budget.wait(() => calls.push('second'));
  assert.deepEqual(calls, []);
  await setImmediate();
  assert.deepEqual(calls, ['first', 'second']);
  await setImmediate();
  assert.deepEqual(calls, ['first', 'second', 'first again']);
  assert.deepEqual(taken(), [true, true, true, false, false]);
});
