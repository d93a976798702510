import assert from 'node:assert/strict';
import { test } from 'node:test';
import { medianOf, medianRatio } from './ratio.ts';

const byRound = (...figures: number[]) => new Map(figures.map((figure, i) => [i + 1, figure]));

test('medianOf() gives the middle, or between the two in the middle', () => {
  assert.equal(medianOf([9, 1, 5]), 5);
  assert.equal(medianOf([4, 1, 2, 9]), 3);
  assert.equal(medianOf([]), undefined);
});

test('medianRatio() sets each round against the same round, so that a slow one is slow for both', () => {
  assert.equal(medianRatio(byRound(10, 40, 10), byRound(5, 20, 5)), 2);
});

test('medianRatio() leaves out rounds in which one has no figure', () => {
  const base = new Map([
    [2, 4],
    [3, 0],
  ]);
  assert.equal(medianRatio(byRound(1, 2, 3), base), 0.5);
  assert.equal(medianRatio(byRound(1), byRound()), undefined);
});
