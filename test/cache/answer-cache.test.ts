/** What is kept, for how long, and what goes when room is needed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AnswerKind } from '../../src/cache/answer-kind.ts';
import type { Question } from '../../src/forwarder/question.ts';
import { question, TestCache } from '../support/cache.ts';
import { createRandom } from '../table/seeded-random.ts';

const WWW = question('www.example.org');

function names(prefix: string, count: number): Question[] {
  return Array.from({ length: count }, (_, i) => question(`${prefix}${i}.example`));
}

/** Puts answers that are asked for once more each, so that they are off probation. */
function putPopular(cache: TestCache, questions: readonly Question[], kind?: AnswerKind): void {
  for (const each of questions) {
    cache.put(each, { seconds: 3000, ...(kind && { kind }) });
    cache.find(each);
    cache.cache.sweep();
  }
}

function shelves({ cache }: TestCache): Readonly<Record<string, number>> {
  return cache.numbers.entries;
}

test('an answer is found for its own question until its time is over', () => {
  const cache = new TestCache();
  cache.put(WWW, { content: 7, seconds: 60 });
  assert.deepEqual(cache.find(WWW), { content: 7, isStale: false, ageSeconds: 0 });
  cache.advance(59.9);
  assert.deepEqual(cache.find(WWW), { content: 7, isStale: false, ageSeconds: 59 });
  cache.advance(0.1);
  assert.equal(cache.find(WWW), undefined);
  cache.put(WWW, { content: 8 });
  assert.deepEqual(cache.find(WWW), { content: 8, isStale: false, ageSeconds: 0 });
});

test('type, DO and CD make another question of it, the case of the name does not', () => {
  const cache = new TestCache();
  cache.put(WWW);
  assert.equal(cache.has(question('wWw.EXAMPLE.org')), true);
  for (const other of [
    question('www.example.org', 28),
    question('example.org'),
    { ...WWW, dnssecOk: true },
    { ...WWW, checkingDisabled: true },
  ]) {
    assert.equal(cache.has(other), false);
  }
});

test('the clock of a reader that is a tenth behind makes no answer older or younger than it is', () => {
  const cache = new TestCache();
  cache.put(WWW, { seconds: 5 });
  cache.now--;
  assert.deepEqual(cache.find(WWW), { content: 0, isStale: false, ageSeconds: 0 });
});

test('a new answer is on probation until it is asked for again', () => {
  const cache = new TestCache();
  cache.put(WWW);
  const missing = question('missing.example');
  cache.put(missing, { kind: 'negative' });
  cache.cache.sweep();
  assert.deepEqual(shelves(cache), { probation: 2, positive: 0, negative: 0, failure: 0 });
  cache.find(WWW);
  cache.find(missing);
  cache.cache.sweep();
  assert.deepEqual(shelves(cache), { probation: 0, positive: 1, negative: 1, failure: 0 });
});

test('an answer that is fetched again stays where it is, or goes where its kind belongs', () => {
  const cache = new TestCache();
  putPopular(cache, [WWW]);
  cache.put(WWW, { content: 1 });
  assert.equal(shelves(cache).positive, 1);
  cache.put(WWW, { kind: 'negative' });
  assert.deepEqual(shelves(cache), { probation: 0, positive: 0, negative: 1, failure: 0 });
  cache.put(WWW, { kind: 'positive' });
  assert.deepEqual(shelves(cache), { probation: 0, positive: 1, negative: 0, failure: 0 });
});

test('names that are asked for once push out each other, and nothing else', () => {
  const cache = new TestCache({ entries: 100 });
  const popular = names('popular', 50);
  const missing = names('missing', 35);
  putPopular(cache, popular);
  putPopular(cache, missing, 'negative');
  for (const each of names('random', 1000)) cache.put(each);
  // What failures do not take is left to probation.
  assert.deepEqual(shelves(cache), { probation: 15, positive: 50, negative: 35, failure: 0 });
  for (const each of [...popular, ...missing]) assert.equal(cache.has(each), true);
  assert.equal(cache.cache.numbers.evictions, 985);
});

test('a name that had to go and is asked for again is not on probation any more', () => {
  const cache = new TestCache({ entries: 100 });
  cache.put(WWW);
  for (const each of names('before', 100)) cache.put(each);
  assert.equal(cache.has(WWW), false);
  cache.put(WWW);
  for (const each of names('after', 100)) cache.put(each);
  assert.equal(cache.has(WWW), true);
  const { positive } = shelves(cache);
  assert.equal(positive, 1);
});

test('of popular names the one goes that was not asked for longest', () => {
  const cache = new TestCache({ entries: 20 });
  const popular = names('popular', 10);
  putPopular(cache, popular);
  for (const each of popular.slice(1)) cache.find(each);
  cache.cache.sweep();
  putPopular(cache, [WWW]);
  const left = popular.filter((each) => cache.has(each));
  assert.deepEqual(left, popular.slice(1));
});

test('a mark that no sweep has seen yet saves an answer as well', () => {
  const cache = new TestCache({ entries: 20 });
  const popular = names('popular', 10);
  putPopular(cache, popular);
  cache.find(popular[0]);
  cache.put(WWW);
  cache.find(WWW);
  cache.cache.sweep();
  assert.equal(cache.has(popular[0]), true);
  assert.equal(cache.has(popular[1]), false);
});

test('any reader can leave a mark', () => {
  const cache = new TestCache({ readers: 3 });
  cache.put(WWW);
  cache.find(WWW, 2);
  cache.cache.sweep();
  assert.equal(shelves(cache).positive, 1);
});

test('failures are apart, few, and take the place of nothing that may yet be served', () => {
  const cache = new TestCache({ entries: 100 });
  const failing = names('failing', 100);
  cache.put(WWW, { content: 1, seconds: 10 });
  for (const each of failing) cache.put(each, { kind: 'failure', seconds: 1 });
  assert.deepEqual(shelves(cache), { probation: 1, positive: 0, negative: 0, failure: 5 });
  cache.put(WWW, { kind: 'failure', content: 2 });
  assert.equal(cache.find(WWW)?.content, 1);
  const missing = question('missing.example');
  cache.put(missing, { kind: 'negative', content: 1, seconds: 10 });
  cache.put(missing, { kind: 'failure', content: 2 });
  assert.equal(cache.find(missing)?.content, 1);
  cache.put(failing[99], { content: 3 });
  assert.equal(cache.find(failing[99])?.content, 3);
  assert.equal(shelves(cache).failure, 4);
});

test('a failure is kept where what was known cannot be served any more', () => {
  // RFC 9520 section 3.2: what fails is not asked for again at once.
  const cache = new TestCache({ serveStaleSeconds: 60 });
  cache.put(WWW, { seconds: 10 });
  const missing = question('missing.example');
  cache.put(missing, { kind: 'negative', seconds: 10 });
  cache.advance(11);
  for (const each of [WWW, missing]) cache.put(each, { kind: 'failure', content: 2 });
  assert.equal(cache.find(WWW), undefined);
  assert.equal(cache.find(missing)?.content, 2);
  cache.advance(60);
  cache.put(WWW, { kind: 'failure', content: 2 });
  assert.equal(cache.find(WWW)?.content, 2);
});

test('forgetFailures() removes failures, and ends what is served although it is old', () => {
  const cache = new TestCache();
  const failing = question('failing.example');
  cache.put(WWW, { seconds: 10 });
  cache.put(failing, { kind: 'failure' });
  cache.advance(11);
  cache.cache.useStale(WWW.id);
  assert.deepEqual([cache.has(failing), cache.has(WWW)], [true, true]);
  cache.cache.forgetFailures();
  assert.deepEqual([cache.has(failing), cache.has(WWW)], [false, false]);
  // It may be served again when they fail again.
  cache.cache.useStale(WWW.id);
  assert.equal(cache.has(WWW), true);
});

test('useStale() has a positive answer served for 5 s at a time, and not for longer than it may', () => {
  const cache = new TestCache({ serveStaleSeconds: 60 });
  cache.put(WWW, { seconds: 10, content: 4 });
  cache.advance(11);
  assert.equal(cache.find(WWW), undefined);
  const view = cache.cache.useStale(WWW.id);
  assert.equal(view?.bytes[view.recordsStart], 4);
  assert.deepEqual(cache.find(WWW), { content: 4, isStale: true, ageSeconds: 11 });
  cache.advance(5);
  assert.equal(cache.find(WWW), undefined);
  cache.advance(52);
  cache.cache.useStale(WWW.id);
  assert.equal(cache.has(WWW), true);
  cache.advance(2);
  assert.equal(cache.find(WWW), undefined);
  assert.equal(cache.cache.useStale(WWW.id), undefined);
});

test('useStale() gives nothing that is negative, failed, unknown, or not to be had stale', () => {
  const cache = new TestCache();
  cache.put(question('missing.example'), { kind: 'negative', seconds: 1 });
  cache.put(question('failing.example'), { kind: 'failure', seconds: 1 });
  const never = new TestCache({ serveStaleSeconds: 0 });
  never.put(WWW, { seconds: 1 });
  for (const each of [cache, never]) each.advance(2);
  assert.equal(never.cache.useStale(WWW.id), undefined);
  for (const name of ['missing.example', 'failing.example', 'unknown.example']) {
    assert.equal(cache.cache.useStale(question(name).id), undefined);
  }
});

test('a new answer in place of a stale one is not stale', () => {
  const cache = new TestCache();
  cache.put(WWW, { seconds: 10 });
  cache.advance(11);
  cache.cache.useStale(WWW.id);
  cache.put(WWW, { seconds: 10, content: 5 });
  assert.deepEqual(cache.find(WWW), { content: 5, isStale: false, ageSeconds: 0 });
  cache.cache.forgetFailures();
  assert.equal(cache.has(WWW), true);
});

test('sweep() gives what is asked for and about to end, once', () => {
  const cache = new TestCache();
  putPopular(cache, [WWW]);
  cache.put(WWW, { seconds: 100 });
  const sweep = () => {
    cache.find(WWW);
    return cache.cache.sweep();
  };
  assert.deepEqual(sweep(), []);
  cache.advance(89);
  assert.deepEqual(sweep(), []);
  cache.advance(1);
  assert.deepEqual(sweep(), [WWW.id]);
  assert.deepEqual(cache.cache.sweep(), []);
  cache.advance(10);
  assert.deepEqual(sweep(), []);
});

test('sweep() gives nothing of what lives shortly, was asked for once, or failed', () => {
  const cache = new TestCache();
  const [short, once, failing] = names('name', 3);
  putPopular(cache, [short]);
  cache.put(short, { seconds: 4 });
  cache.put(once, { seconds: 60 });
  cache.put(failing, { kind: 'failure', seconds: 60 });
  cache.advance(3);
  cache.find(short);
  assert.deepEqual(cache.cache.sweep(), []);
  cache.advance(56);
  cache.find(failing);
  assert.deepEqual(cache.cache.sweep(), []);
});

test('bytes are bounded: others go for a large answer, and one that has no room is not kept', () => {
  const cache = new TestCache({ entries: 10_000, bytes: 4 << 20 });
  for (const each of names('large', 200)) cache.put(each, { length: 60_000 });
  const { usedBytes: used, limitBytes: limit } = cache.cache.numbers;
  assert.ok(used <= limit && limit <= 4 << 20, `${used} of ${limit}`);
  assert.ok(cache.cache.numbers.evictions > 100);
  assert.equal(cache.has(question('large199.example')), true);
  assert.equal(cache.has(question('large0.example')), false);
  // It goes with what there was before, which nobody may serve any more.
  cache.put(WWW);
  cache.put(WWW, { length: (1 << 20) - 200 });
  cache.put(WWW, { content: 9 });
  assert.equal(cache.find(WWW)?.content, 9);
});

test('large answers that are asked for once do not push out small ones that are popular', () => {
  const cache = new TestCache({ entries: 10_000, bytes: 4 << 20 });
  const popular = names('popular', 1000);
  putPopular(cache, popular);
  for (const each of names('large', 1000)) cache.put(each, { length: 60_000 });
  const hits = popular.filter((each) => cache.has(each)).length;
  assert.ok(hits > 990, `${hits}`);
});

test('a cache of one entry works', () => {
  const cache = new TestCache({ entries: 1 });
  for (const each of names('name', 50)) {
    cache.put(each);
    assert.equal(cache.has(each), true);
    cache.cache.sweep();
    cache.put(each, { kind: 'negative' });
    cache.put(each, { kind: 'failure' });
  }
});

/** A million takes ten times as long and comes to the same. */
const FLOOD = 100_000;

test('a flood of random names leaves more than 99 % of the hits of 1,000 popular ones', () => {
  const cache = new TestCache({ entries: 20_000, bytes: 16 << 20 });
  const popular = names('popular', 1000);
  putPopular(cache, popular);
  const random = createRandom(7);
  let asked = 0;
  let hits = 0;
  const flood = question('0000000000.example');
  const key = Buffer.from(flood.id, 'latin1');
  const limit = cache.cache.numbers.limitBytes;
  for (let i = 1; i <= FLOOD; i++) {
    key.write(String(i).padStart(10, '0'), 1, 'latin1');
    cache.put({ ...flood, id: key.toString('latin1') }, { kind: i & 1 ? 'positive' : 'negative' });
    if (i % 10 === 0) {
      const each = popular[random(1000)];
      asked++;
      if (cache.has(each)) hits++;
      else cache.put(each, { seconds: 300 });
    }
    if (i % 20_000 === 0) {
      cache.advance(1);
      cache.cache.sweep();
      assert.ok(cache.cache.numbers.usedBytes <= limit);
    }
  }
  assert.ok(hits > 0.99 * asked, `${hits} of ${asked}`);
  const { probation, positive, negative } = shelves(cache);
  assert.deepEqual([probation, positive, negative], [19_000, 1000, 0]);
  assert.ok(cache.cache.numbers.usedBytes < 4 << 20, `${cache.cache.numbers.usedBytes}`);
});

const KINDS: readonly AnswerKind[] = ['positive', 'negative', 'failure'];

test('what a reader finds is what was put last and is not over, or nothing', () => {
  const few = names('name', 30);
  const step = fc.oneof(
    fc.record({
      do: fc.constant('put' as const),
      which: fc.nat(29),
      kind: fc.constantFrom(...KINDS),
      seconds: fc.integer({ min: 1, max: 30 }),
      length: fc.constantFrom(16, 500, 20_000, 70_000),
    }),
    fc.record({ do: fc.constant('find' as const), which: fc.nat(29), reader: fc.nat(1) }),
    fc.record({ do: fc.constant('advance' as const), seconds: fc.nat(10) }),
    fc.record({ do: fc.constant('sweep' as const) }),
    fc.record({ do: fc.constant('stale' as const), which: fc.nat(29) }),
    fc.record({ do: fc.constant('forget' as const) }),
  );
  const options = fc.record({
    entries: fc.constantFrom(1, 5, 20, 100),
    bytes: fc.constantFrom(1 << 20, 4 << 20),
    serveStaleSeconds: fc.constantFrom(0, 10),
  });
  fc.assert(
    fc.property(options, fc.array(step, { minLength: 20, maxLength: 300 }), (sizes, steps) => {
      const cache = new TestCache({ ...sizes, readers: 2 });
      const model = new Map<number, { content: number; kind: AnswerKind; endsAt: number }>();
      let content = 0;
      for (const each of steps) {
        switch (each.do) {
          case 'put': {
            content = (content + 1) & 0xff;
            const { which, kind, seconds } = each;
            const known = model.get(which);
            const isLonger = known?.kind === 'positive' ? sizes.serveStaleSeconds * 10 : 0;
            const isOfUse =
              known && known.kind !== 'failure' && known.endsAt + isLonger > cache.now;
            cache.put(few[which], { ...each, content });
            // Where it was evicted meanwhile the failure may be there or not; what is found tells.
            if (kind !== 'failure' || !isOfUse || cache.find(few[which])?.content === content) {
              model.set(which, { content, kind, endsAt: cache.now + seconds * 10 });
            }
            break;
          }
          case 'find': {
            const found = cache.find(few[each.which], each.reader);
            if (found === undefined) break;
            const expected = model.get(each.which) ?? assert.fail('was never put');
            assert.equal(found.content, expected.content);
            assert.equal(found.isStale, cache.now >= expected.endsAt);
            if (!found.isStale) break;
            assert.equal(expected.kind, 'positive');
            assert.ok(cache.now < expected.endsAt + sizes.serveStaleSeconds * 10);
            break;
          }
          case 'advance':
            cache.advance(each.seconds);
            break;
          case 'sweep':
            cache.cache.sweep();
            break;
          case 'stale':
            cache.cache.useStale(few[each.which].id);
            break;
          case 'forget':
            cache.cache.forgetFailures();
        }
        assert.ok(cache.cache.numbers.usedBytes <= cache.cache.numbers.limitBytes);
      }
    }),
    { numRuns: 150 },
  );
});
