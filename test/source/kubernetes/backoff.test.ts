import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiConnectionError, ApiStatusError } from '../../../src/source/kubernetes/api-error.ts';
import { Backoff } from '../../../src/source/kubernetes/backoff.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const ANSWER = (retryAfterSeconds = 0) =>
  new ApiStatusError('x', { code: 503, reason: '', message: '', retryAfterSeconds });
const CONNECTION = new ApiConnectionError('x');

function bounds(backoff: Backoff, errors: readonly Error[]): number[] {
  return errors.map((error) => backoff.delayAfter(error));
}

test('Backoff doubles its bound after answers, up to half a minute', () => {
  const backoff = new Backoff({ clock: new FakeClock(), random: () => 1 });
  assert.deepEqual(
    bounds(backoff, Array(8).fill(ANSWER())),
    [800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000],
  );
});

test('Backoff stays at 2 s for connections, so that their return is seen soon', () => {
  const backoff = new Backoff({ clock: new FakeClock(), random: () => 1 });
  assert.deepEqual(bounds(backoff, Array(4).fill(CONNECTION)), [800, 1600, 2000, 2000]);
  assert.equal(backoff.delayAfter(ANSWER()), 800);
});

test('Backoff waits anywhere from no time to its bound', () => {
  const backoff = new Backoff({ clock: new FakeClock(), random: () => 0.25 });
  assert.deepEqual(bounds(backoff, [ANSWER(), ANSWER()]), [200, 400]);
});

test('Backoff adds to what the server asks for, which is a minute at most', () => {
  const backoff = new Backoff({ clock: new FakeClock(), random: () => 1 });
  assert.equal(backoff.delayAfter(ANSWER(7)), 7800);
  assert.equal(backoff.delayAfter(ANSWER(3600)), 61_600);
});

test('Backoff begins anew after two minutes without a failure', async () => {
  const clock = new FakeClock();
  const backoff = new Backoff({ clock, random: () => 1 });
  bounds(backoff, Array(5).fill(ANSWER()));
  await clock.advance(120_001);
  assert.equal(backoff.delayAfter(ANSWER()), 800);
});
