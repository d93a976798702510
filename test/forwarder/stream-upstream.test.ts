import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import type { StreamOutcome } from '../../src/forwarder/stream-failure.ts';
import { turn, until } from '../support/fake-clock.ts';
import { buildQuery } from '../support/records.ts';
import { forge } from '../support/upstream/forgeries.ts';
import { askInProcess } from './ask-in-process.ts';
import { listen } from './listen.ts';
import { ANSWER, answerLater, createStreamAsker, startStreamAsker } from './stream-asker.ts';
import { tell } from './tell.ts';

test('StreamUpstream gives a response with the ID of the query, in memory of its own', async (t) => {
  const { upstream, stream } = await startStreamAsker(t);
  const query = buildQuery('www.example A', { id: 0x1234 });
  const { promise, resolve } = Promise.withResolvers<StreamOutcome>();
  stream.ask(query, resolve);
  // It has its copy.
  const sent = query.slice();
  query.fill(0xff);
  const outcome = await promise;
  assert.ok(outcome instanceof Uint8Array);
  assert.equal(tell(outcome), ANSWER);
  assert.deepEqual([outcome[0], outcome[1]], [0x12, 0x34]);
  assert.equal(outcome.buffer.byteLength, outcome.length);
  assert.deepEqual(new Uint8Array(upstream.queries[0].message).subarray(2), sent.subarray(2));
});

test('StreamUpstream sends each query with an ID that no other outstanding one has, and no series', async (t) => {
  const count = 2000;
  const { upstream, ask } = await startStreamAsker(t, { limits: { maxOutstanding: count } });
  await Promise.all(Array.from({ length: count }, () => ask('www.example A')));
  const ids = upstream.queries.map(({ id }) => id);
  assert.equal(new Set(ids).size, count);
  const steps = ids.slice(1).map((id, i) => (id - ids[i]) & 0xffff);
  assert.ok(new Set(steps).size > 0.9 * count);
});

test('StreamUpstream pipelines on one connection and takes answers in any order', async (t) => {
  const { answer, release } = answerLater();
  const { upstream, counts, ask } = await startStreamAsker(t, { answer });
  const names = Array.from({ length: 100 }, (_, i) => `n${i}.example`);
  const told = Promise.all(names.map((name) => ask(`${name} A`)));
  await upstream.received(100);
  release();
  assert.deepEqual(
    await told,
    names.map((name) => `${name}. 60 IN A 192.0.2.2`),
  );
  assert.deepEqual([upstream.connections.tcp, counts], [1, { connect: 1 }]);
  const again = ask('again.example A');
  await upstream.received(101);
  release();
  assert.equal(await again, 'again.example. 60 IN A 192.0.2.2');
  assert.deepEqual(counts, { connect: 1, connection_reused: 1 });
});

test('StreamUpstream ignores and counts what answers no query of ours', async (t) => {
  const forgeries = ['other ID', 'other name', 'other type', 'no question', 'a query'] as const;
  const forged = forge(forgeries, { answers: ['www.example 300 A 192.0.2.66'] });
  const { counts, ask } = await startStreamAsker(t, { faults: [forged] });
  assert.equal(await ask('www.example A'), ANSWER);
  assert.equal(counts.ignored_response, 5);
});

test('StreamUpstream says nothing of a query that was cancelled, and leaves its answer unread', async (t) => {
  const { answer, release } = answerLater();
  const { upstream, stream, counts, ask } = await startStreamAsker(t, { answer });
  const outcomes: StreamOutcome[] = [];
  const cancel = stream.ask(buildQuery('a.example A'), (outcome) => outcomes.push(outcome));
  const other = ask('b.example A');
  await upstream.received(2);
  cancel();
  cancel();
  release();
  assert.equal(await other, 'b.example. 60 IN A 192.0.2.2');
  await until('late answer', () => counts.ignored_response === 1);
  assert.deepEqual(outcomes, []);
});

test('StreamUpstream does not send what was cancelled before there was a connection', async (t) => {
  const { upstream, stream, ask } = await startStreamAsker(t);
  stream.ask(buildQuery('a.example A'), () => assert.fail())();
  await ask('www.example A');
  assert.deepEqual(
    upstream.queries.map(({ name }) => name),
    ['www.example'],
  );
});

test('StreamUpstream.close() fails what is outstanding and what is asked later', async (t) => {
  const { upstream, stream, counts, ask } = await startStreamAsker(t);
  await ask('www.example A');
  upstream.silence();
  const told = Promise.all([ask('www.example A'), ask('www.example A')]);
  await upstream.received(3);
  stream.close();
  const failure = { error: 'closed', detail: 'connections ended by this server' };
  assert.deepEqual(await told, [failure, failure]);
  assert.deepEqual(await ask('www.example A'), failure);
  assert.deepEqual(counts, { connect: 1, connection_reused: 2 });
});

test('StreamUpstream may be closed and asked by who is told of an outcome', async (t) => {
  const { answer, release } = answerLater();
  const { upstream, stream, ask } = await startStreamAsker(t, { answer });
  const asked = Promise.withResolvers<unknown>();
  stream.ask(buildQuery('a.example A'), () => {
    stream.close();
    asked.resolve(ask('c.example A'));
  });
  const other = ask('b.example A');
  await upstream.received(2);
  release();
  const failure = { error: 'closed', detail: 'connections ended by this server' };
  // Answers came the other way round, in one chunk or two.
  assert.equal(await other, 'b.example. 60 IN A 192.0.2.2');
  assert.deepEqual(await asked.promise, failure);
});

test('StreamUpstream opens a second connection when one is full, and then is busy', async (t) => {
  const { answer, release } = answerLater();
  const limits = { maxOutstanding: 2, maxConnections: 2 };
  const { upstream, stream, counts, ask } = await startStreamAsker(t, { answer, limits });
  const told = Promise.all([1, 2, 3, 4].map((i) => ask(`n${i}.example A`)));
  let isAsked = false;
  const fifth = Promise.withResolvers<StreamOutcome>();
  stream.ask(buildQuery('n5.example A'), (outcome) => {
    assert.ok(isAsked);
    fifth.resolve(outcome);
  });
  isAsked = true;
  assert.deepEqual(await fifth.promise, {
    error: 'busy',
    detail: 'too many queries wait for responses',
  });
  await upstream.received(4);
  release();
  await told;
  const sixth = ask('n6.example A');
  await upstream.received(5);
  release();
  assert.equal(await sixth, 'n6.example. 60 IN A 192.0.2.2');
  assert.deepEqual(counts, { connect: 2, busy: 1, connection_reused: 1 });
});

test('StreamUpstream keeps little for an upstream that does not read', async (t) => {
  const server = await listen(t, createServer(), (socket) => socket.pause());
  const limits = { maxConnections: 1, stalledMs: 60_000, silenceTimeoutMs: 60_000 };
  const { stream, counts } = createStreamAsker(t, { ...server, limits });
  const query = Buffer.concat([buildQuery('www.example A'), Buffer.alloc(32_768)]);
  // What the kernel takes for both sides, and no end of it otherwise.
  for (let sent = 0; counts.busy === undefined; sent++) {
    assert.ok(sent < 2000);
    stream.ask(query, () => {})();
    await turn();
  }
});

test('StreamUpstream keeps no process alive that waits for nothing, and loads no TLS for TCP', async (t) => {
  const { upstream } = await startStreamAsker(t);
  const startedAt = performance.now();
  const printed = await askInProcess('www.example A', {
    upstream: { transport: 'tcp', address: '127.0.0.1', port: upstream.port, serverName: '' },
  });
  assert.deepEqual(printed, { told: ANSWER, hasTls: false });
  // The connection would have been kept for ten seconds.
  assert.ok(performance.now() - startedAt < 8000);
});
