/** Upstreams that do not answer: how long that takes, what is said, and how they are found again. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { until } from '../support/fake-clock.ts';
import { askedOf, IMPLEMENTATIONS, REAL_TIME, startForwarder } from '../support/test-forwarder.ts';
import { delay } from '../support/upstream/faults.ts';
import type { ReceivedQuery } from '../support/upstream/query.ts';

const answers = (last: number) => [`*.example 300 A 192.0.2.${last}`];
const isProbe = ({ name, type }: ReceivedQuery) => name === '.' && type === 'NS';

async function timed<T>(work: Promise<T>): Promise<{ result: T; ms: number }> {
  const startedAt = performance.now();
  const result = await work;
  return { result, ms: performance.now() - startedAt };
}

for (const implementation of IMPLEMENTATIONS) {
  suite(`UDP by ${implementation.name}`, { skip: implementation.skip }, () => {
    test('where one of two is silent the other is asked soon, then first; it is probed, and comes back', async (t) => {
      const { ask, upstreams, tested } = await startForwarder(t, implementation, {
        now: REAL_TIME,
        upstreams: [{ answer: answers(1) }, { answer: answers(2) }],
      });
      const [silent] = tested.set.upstreams;
      await ask('warm.example A');
      upstreams[0].silence();
      for (let i = 0; i < 20; i++) {
        const { result, ms } = await timed(ask(`n${i}.example A`));
        assert.equal(result.last, 2);
        assert.ok(ms < 500, `${ms}`);
      }
      await until('it is down', () => silent.health.isDown);
      assert.ok(upstreams[0].queries.filter(isProbe).length >= 2);
      const before = askedOf(upstreams[0]).length;
      assert.equal((await ask('down.example A')).last, 2);
      assert.equal(askedOf(upstreams[0]).length, before);
      upstreams[0].resume();
      const { ms } = await timed(until('it is up', () => !silent.health.isDown));
      assert.ok(ms < 1500, `${ms}`);
      assert.equal((await ask('up.example A')).last, 1);
    });

    test('where all are silent it is SERVFAIL with EDE 22 in time, and then at once', async (t) => {
      const { ask, upstreams, tested } = await startForwarder(t, implementation, {
        now: REAL_TIME,
        upstreams: [{ answer: answers(1) }, { answer: answers(2) }],
      });
      for (const upstream of upstreams) upstream.silence();
      const first = await timed(ask('a.example A'));
      assert.deepEqual([first.result.status, first.result.extendedError], ['SERVFAIL', 22]);
      assert.match(first.result.text, /^no answer from 127\.0\.0\.1:\d+, 127\.0\.0\.1:\d+$/);
      assert.ok(first.ms < 2300, `${first.ms}`);
      const queries = upstreams.flatMap(askedOf);
      assert.ok(queries.length <= 12, `${queries.length}`);
      await until('all are down', () => tested.set.isDown);
      const known = await timed(ask('b.example A'));
      assert.deepEqual([known.result.status, known.result.extendedError], ['SERVFAIL', 22]);
      assert.ok(known.ms < 150, `${known.ms}`);
      for (const upstream of upstreams) upstream.resume();
      const back = await timed(until('one is up', () => !tested.set.isDown));
      assert.ok(back.ms < 1500, `${back.ms}`);
      // What failed is forgotten when somebody answers.
      assert.equal(tested.cache.numbers.entries.failure, 0);
      assert.equal((await ask('a.example A')).status, 'NOERROR');
    });

    test('a slow upstream is answered by, and costs no more than it takes', async (t) => {
      const { ask, upstreams, tested } = await startForwarder(t, implementation, {
        now: REAL_TIME,
        upstreams: [{ answer: answers(1), faults: [delay(600)] }],
      });
      const { result, ms } = await timed(ask('slow.example A'));
      assert.equal(result.last, 1);
      assert.ok(ms >= 599 && ms < 1200, `${ms}`);
      assert.equal(tested.set.isDown, false);
      assert.ok(upstreams[0].queries.length > 1);
    });

    test('of a fast and a slow one, the fast one is asked', async (t) => {
      const { ask, upstreams } = await startForwarder(t, implementation, {
        now: REAL_TIME,
        upstreams: [{ answer: answers(1), faults: [delay(300)] }, { answer: answers(2) }],
        policy: 'fastest',
      });
      for (let i = 0; i < 30; i++) assert.equal((await ask(`n${i}.example A`)).last, 2);
      const slow = askedOf(upstreams[0]).length;
      assert.ok(slow < 10, `${slow} of 30`);
    });
  });
}
