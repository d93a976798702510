import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { turn, until } from '../support/fake-clock.ts';
import { buildQuery } from '../support/records.ts';
import { endConnections, type Fault, first } from '../support/upstream/faults.ts';
import { createRandom } from '../table/seeded-random.ts';
import { listen } from './listen.ts';
import { ANSWER, answerLater, createStreamAsker, startStreamAsker } from './stream-asker.ts';
import { tell } from './tell.ts';

test('StreamUpstream asks once more when a kept connection ends as the query goes out', async (t) => {
  const { upstream, stream, counts, ask } = await startStreamAsker(t, {
    faults: [endConnections('closed')],
  });
  const second = new Promise((resolve) => {
    // In the turn in which the first answer comes, the end of the connection has not been read yet.
    stream.ask(buildQuery('www.example A'), () => resolve(ask('www.example A')));
  });
  assert.equal(await second, ANSWER);
  assert.deepEqual(counts, { connect: 2, connection_reused: 1, retry: 1 });
  assert.deepEqual([upstream.queries.length, upstream.connections.tcp], [3, 2]);
});

test('StreamUpstream asks what a closing server left unanswered once more, and no more', async (t) => {
  const { upstream, counts, ask } = await startStreamAsker(t, {
    faults: [endConnections('closed')],
  });
  const told = await Promise.all([1, 2, 3].map(() => ask('www.example A')));
  const failure = { error: 'closed', detail: 'connection ended by the upstream' };
  assert.deepEqual(told, [ANSWER, ANSWER, failure]);
  assert.deepEqual([counts.retry, upstream.connections.tcp], [2, 2]);
});

test('StreamUpstream asks once more on a new connection, not on one that may be ending as well', async (t) => {
  const { upstream, counts, ask } = await startStreamAsker(t, { limits: { maxOutstanding: 1 } });
  await Promise.all([ask('www.example A'), ask('www.example A')]);
  assert.equal(upstream.connections.tcp, 2);
  upstream.silence();
  const told = ask('www.example A');
  await upstream.received(3);
  upstream.disconnect();
  upstream.resume();
  assert.equal(await told, ANSWER);
  assert.equal(counts.retry, 1);
});

test('StreamUpstream does not ask again what was cancelled by who was told of another', async (t) => {
  const { upstream, stream, counts, ask } = await startStreamAsker(t, {
    faults: [endConnections('closed')],
  });
  const over = Promise.withResolvers<void>();
  let cancelLast = () => {};
  const told = ask('www.example A');
  // Unanswered on the first connection, answered on the second.
  stream.ask(buildQuery('www.example A'), () => {
    cancelLast = stream.ask(buildQuery('www.example A'), () => assert.fail());
  });
  // Unanswered on both.
  stream.ask(buildQuery('www.example A'), () => {
    cancelLast();
    over.resolve();
  });
  await Promise.all([told, over.promise]);
  await turn();
  assert.deepEqual([counts.connect, counts.retry, upstream.connections.tcp], [2, 2, 2]);
});

test('StreamUpstream does not ask again where a new connection ends', async (t) => {
  const { upstream, ask } = await startStreamAsker(t);
  const ends = {
    'closed without answer': 'connection ended by the upstream',
    cut: 'connection ended by the upstream in the middle of a message',
  } as const;
  for (const [end, detail] of Object.entries(ends)) {
    upstream.faults = [endConnections(end as keyof typeof ends)];
    assert.deepEqual(await ask('www.example A'), { error: 'closed', detail });
  }
  assert.deepEqual([upstream.queries.length, upstream.connections.tcp], [2, 2]);
});

test('StreamUpstream asks again where a kept connection is cut in the middle of a message', async (t) => {
  const { upstream, counts, ask } = await startStreamAsker(t);
  await ask('www.example A');
  upstream.faults = [first(1, endConnections('cut'))];
  assert.equal(await ask('www.example A'), ANSWER);
  assert.deepEqual(counts, { connect: 2, connection_reused: 1, retry: 1 });
});

test('StreamUpstream ends a connection that carries no messages, and fails all that wait on it', async (t) => {
  const server = await listen(t, createServer(), (socket) =>
    socket.resume().write(Buffer.from([0, 11])),
  );
  const { counts, ask } = createStreamAsker(t, server);
  const failure = { error: 'malformed', detail: 'a message shorter than its header' };
  assert.deepEqual(await Promise.all([ask('a.example A'), ask('b.example A')]), [failure, failure]);
  assert.deepEqual(counts, { connect: 1, malformed: 1 });
  await until('end', () => server.sockets.every(({ destroyed }) => destroyed));
});

test('StreamUpstream gives up a connection on which nothing comes', async (t) => {
  const limits = { silenceTimeoutMs: 300 };
  const { upstream, counts, ask } = await startStreamAsker(t, { limits });
  upstream.silence();
  assert.deepEqual(await ask('www.example A'), {
    error: 'timeout',
    detail: 'no response within 300 ms',
  });
  assert.deepEqual(counts, { connect: 1, silent: 1 });
  upstream.resume();
  assert.equal(await ask('www.example A'), ANSWER);
  assert.equal(upstream.connections.tcp, 2);
});

test('StreamUpstream asks again what was asked on a kept connection that fell silent', async (t) => {
  const limits = { silenceTimeoutMs: 300 };
  const { upstream, counts, ask } = await startStreamAsker(t, { limits });
  await ask('www.example A');
  upstream.faults = [first(1, () => [])];
  assert.equal(await ask('www.example A'), ANSWER);
  assert.deepEqual(counts, { connect: 2, connection_reused: 1, silent: 1, retry: 1 });
});

test('StreamUpstream counts silence from the first query, though it was cancelled and others follow', async (t) => {
  const { upstream, stream, counts } = await startStreamAsker(t, {
    limits: { silenceTimeoutMs: 300 },
  });
  upstream.silence();
  const askAndCancel = () => stream.ask(buildQuery('www.example A'), () => {})();
  stream.ask(buildQuery('www.example A'), () => {});
  await upstream.received(1);
  await until('silence', () => {
    askAndCancel();
    return counts.silent === 1;
  });
});

test('StreamUpstream asks on another connection while one is stalled', async (t) => {
  const { answer, release } = answerLater();
  const { upstream, ask } = await startStreamAsker(t, { answer, limits: { stalledMs: 0 } });
  const told = [ask('a.example A')];
  await upstream.received(1);
  told.push(ask('b.example A'));
  await upstream.received(2);
  // Both are stalled, and there is no third.
  told.push(ask('c.example A'));
  await upstream.received(3);
  assert.equal(upstream.connections.tcp, 2);
  release();
  assert.deepEqual(
    await Promise.all(told),
    ['a', 'b', 'c'].map((name) => `${name}.example. 60 IN A 192.0.2.2`),
  );
});

test('StreamUpstream tells who cannot connect, at once, and tries again with the next query', async (t) => {
  const { upstream, counts, ask } = await startStreamAsker(t);
  await upstream.close();
  const detail = `connect ECONNREFUSED 127.0.0.1:${upstream.port}`;
  const failure = { error: 'refused', detail };
  assert.deepEqual(await Promise.all([ask('a.example A'), ask('b.example A')]), [failure, failure]);
  assert.deepEqual(counts, { connect: 1, connect_failed: 1 });
  await upstream.reopen();
  assert.equal(await ask('www.example A'), ANSWER);
});

test('StreamUpstream closes a connection that idles', async (t) => {
  const { counts, ask, upstream } = await startStreamAsker(t, { limits: { idleTimeoutMs: 50 } });
  assert.equal(await ask('www.example A'), ANSWER);
  await until('idle', () => counts.idle_closed === 1);
  assert.equal(await ask('www.example A'), ANSWER);
  assert.deepEqual(counts, { connect: 2, idle_closed: counts.idle_closed });
  assert.equal(upstream.connections.tcp, 2);
});

test('StreamUpstream tells every asker once, whatever an upstream does', async (t) => {
  const seed = Math.floor(Math.random() * 1e9);
  t.diagnostic(`seed ${seed}`);
  const random = createRandom(seed);
  const ends = ['closed', 'cut', 'closed without answer'] as const;
  const misbehave: Fault = (deliveries) => {
    const dice = random(20);
    if (dice === 0) return [];
    if (dice === 1) return [...deliveries, ...deliveries];
    return deliveries.map((delivery) => ({
      ...delivery,
      delayMs: random(4),
      connection: ends[dice - 2] ?? 'open',
    }));
  };
  const limits = { silenceTimeoutMs: 100, maxOutstanding: 8 };
  const { upstream, stream } = await startStreamAsker(t, { faults: [misbehave], limits });
  const told = new Uint8Array(1000);
  const cancelled = new Set<number>();
  for (let i = 0; i < told.length; i++) {
    const cancel = stream.ask(buildQuery('www.example A'), (outcome) => {
      const known = [ANSWER, 'closed', 'reset', 'timeout', 'busy'];
      const what = tell(outcome);
      assert.ok(known.includes(typeof what === 'string' ? what : what.error), JSON.stringify(what));
      told[i]++;
    });
    if (random(10) === 0) {
      cancel();
      cancelled.add(i);
    }
    while (random(3) > 0) await turn();
    if (random(100) === 0) upstream.disconnect();
  }
  await until('outcomes', () => told.every((count, i) => count > 0 || cancelled.has(i)));
  assert.ok(told.every((count, i) => count === (cancelled.has(i) ? 0 : 1)));
});
