import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Silence } from '../../../src/source/kubernetes/silence.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function listen(t: TestContext) {
  const clock = new FakeClock();
  const found: number[] = [];
  let limit = 8000;
  const silence = new Silence({
    clock,
    limitMs: () => limit,
    onTooLong: (limitMs) => found.push(limitMs),
  });
  t.after(() => silence.end());
  return {
    clock,
    found,
    silence,
    setLimit: (ms: number) => {
      limit = ms;
    },
  };
}

test('Silence is found after its limit, at most an eighth late, and once', async (t) => {
  const { clock, found, silence } = listen(t);
  await clock.advance(900);
  silence.interrupt();
  await clock.advance(8000);
  assert.deepEqual(found, []);
  await clock.advance(1000);
  assert.deepEqual(found, [8000]);
  await clock.advance(60_000);
  assert.deepEqual(found, [8000]);
});

test('Silence is not found where something happens again and again', async (t) => {
  const { clock, found, silence } = listen(t);
  for (let i = 0; i < 100; i++) {
    await clock.advance(7999);
    silence.interrupt();
  }
  assert.deepEqual(found, []);
});

test('Silence takes another limit from its next tick on', async (t) => {
  const { clock, found, setLimit } = listen(t);
  setLimit(80_000);
  await clock.advance(80_000);
  assert.deepEqual(found, []);
  await clock.advance(10_000);
  assert.deepEqual(found, [80_000]);
});

test('Silence that was ended is never found', async (t) => {
  const { clock, found, silence } = listen(t);
  silence.end();
  await clock.advance(100_000);
  assert.deepEqual(found, []);
});
