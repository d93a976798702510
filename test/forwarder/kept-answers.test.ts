/** What the forwarder puts into the cache, and how it is used again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { question } from '../support/cache.ts';
import { until } from '../support/fake-clock.ts';
import { askedOf, IMPLEMENTATIONS, startForwarder } from '../support/test-forwarder.ts';

const [dgram] = IMPLEMENTATIONS;
const SOA = 'example 60 SOA ns.example hostmaster.example 1 2 3 4 60';

test('answers are kept by their kind; those with TTL 0, or negative without SOA, are not', async (t) => {
  const { ask, tested } = await startForwarder(t, dgram, {
    upstreams: [
      {
        answer: ({ name }) => {
          const ttl = /^zero/i.test(name) ? 0 : 300;
          if (/^high/i.test(name)) return { answers: [`${name} 2147483648 A 192.0.2.1`] };
          if (/^soa/i.test(name)) return { rcode: 'NXDOMAIN', authorities: [SOA] };
          if (/^bare/i.test(name)) return { rcode: 'NXDOMAIN' };
          if (/^failing/i.test(name)) return { rcode: 'SERVFAIL' };
          return { answers: [`${name} ${ttl} A 192.0.2.1`] };
        },
      },
    ],
  });
  const entries = () => {
    const { probation, failure } = tested.cache.numbers.entries;
    return [probation, failure];
  };
  for (const name of ['zero', 'high', 'bare']) await ask(`${name}.example A`);
  assert.deepEqual(entries(), [0, 0]);
  await ask('www.example A');
  await ask('soa.example A');
  assert.deepEqual(entries(), [2, 0]);
  await ask('failing.example A');
  assert.deepEqual(entries(), [2, 1]);
});

test('a stale answer is given where upstreams fail or say that they cannot, and no failure is kept', async (t) => {
  let now = 1_000_000;
  const { ask, tested, upstreams } = await startForwarder(t, dgram, {
    upstreams: [{ answer: ['www.example 10 A 192.0.2.7'] }],
    serveStaleSeconds: 3600,
    cacheNow: () => now,
  });
  await ask('www.example A');
  now += 200;
  upstreams[0].answer = () => ({ rcode: 'SERVFAIL' });
  const said = await ask('www.example A');
  assert.deepEqual([said.status, said.last, said.isStale], ['NOERROR', 7, true]);
  await upstreams[0].close();
  const refused = await ask('www.example A');
  assert.deepEqual([refused.last, refused.isStale], [7, true]);
  assert.equal((await ask('www.example AAAA')).status, 'SERVFAIL');
  assert.equal(tested.cache.numbers.entries.failure, 1);
  now += 36_000;
  assert.equal((await ask('www.example A')).status, 'SERVFAIL');
});

test('an answer that says that there is nothing is no failure, and takes the place of a stale one', async (t) => {
  let now = 1_000_000;
  const { ask, upstreams } = await startForwarder(t, dgram, {
    upstreams: [{ answer: ['www.example 10 A 192.0.2.7'] }],
    serveStaleSeconds: 3600,
    cacheNow: () => now,
  });
  await ask('www.example A');
  now += 200;
  upstreams[0].answer = () => ({ rcode: 'NXDOMAIN', authorities: [SOA] });
  const { status, isStale } = await ask('www.example A');
  assert.deepEqual([status, isStale], ['NXDOMAIN', false]);
});

test('prefetch() fetches again what is about to end, each once at a time', async (t) => {
  const { ask, tested, upstreams } = await startForwarder(t, dgram, {
    upstreams: [{ answer: ['www.example 300 A 192.0.2.1'] }],
  });
  await ask('www.example A');
  const { id } = question('www.example');
  tested.forwarder.prefetch([id, id]);
  assert.equal(tested.forwarder.counts.prefetched, 1);
  await until('it is fetched', () => tested.forwarder.underway === 0);
  assert.equal(askedOf(upstreams[0]).length, 2);
  tested.forwarder.prefetch(Array.from({ length: 200 }, (_, i) => question(`n${i}.example`).id));
  assert.ok(tested.forwarder.underway <= 64);
  await until('all are fetched', () => tested.forwarder.underway === 0);
  tested.forwarder.prefetch([id]);
  await until('it is fetched', () => tested.forwarder.underway === 0);
  assert.equal(askedOf(upstreams[0]).length, 2 + 64 + 1);
});

test('without prefetch nothing is fetched that nobody asks for', async (t) => {
  const { tested, upstreams } = await startForwarder(t, dgram, {
    upstreams: [{ answer: [] }],
    prefetch: false,
  });
  tested.forwarder.prefetch([question('www.example').id]);
  assert.equal(tested.forwarder.underway, 0);
  assert.equal(askedOf(upstreams[0]).length, 0);
});

test('a name too long for a key of the cache is resolved and not kept', async (t) => {
  const label = 'a'.repeat(63);
  const long = `${label}.${label}.${label}.${'b'.repeat(61)}`;
  const { ask, tested } = await startForwarder(t, dgram, {
    upstreams: [{ answer: ({ name }) => ({ answers: [`${name} 300 A 192.0.2.3`] }) }],
  });
  assert.equal((await ask(`${long} A`)).last, 3);
  assert.deepEqual(tested.cache.numbers.entries, {
    probation: 0,
    positive: 0,
    negative: 0,
    failure: 0,
  });
});

test('records of other names are under the question that brought them, and under no other', async (t) => {
  const { ask, upstreams, tested } = await startForwarder(t, dgram, {
    upstreams: [
      {
        answer: ({ name }) => ({
          answers: [`${name} 300 A 192.0.2.1`],
          additionals: ['bank.example 300 A 203.0.113.66'],
        }),
      },
    ],
  });
  await ask('www.example A');
  assert.equal(tested.cache.numbers.entries.probation, 1);
  assert.equal((await ask('bank.example A')).last, 1);
  assert.equal(askedOf(upstreams[0]).length, 2);
});
