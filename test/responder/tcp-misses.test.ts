/** What a TCP listener hands on, and what becomes of it: answers late, out of order, to half-closed connections. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import {
  createMissRing,
  type Miss,
  MissReader,
  MissWriter,
} from '../../src/responder/miss-ring.ts';
import { listenTcp, type TcpListener } from '../../src/responder/tcp.ts';
import type { TcpLimits } from '../../src/responder/tcp-limits.ts';
import { readSockaddr } from '../../src/socket/sockaddr.ts';
import { TcpClient } from '../support/tcp-client.ts';
import {
  buildNumberedQuery,
  createEcho,
  EventCounts,
  expectedEcho,
  waitUntil,
} from '../support/transport.ts';

async function connectTo(t: TestContext, listener: TcpListener) {
  const client = await TcpClient.connect(listener.address());
  t.after(() => client.socket.destroy());
  return client;
}

/** A listener that hands on every query whose second ID byte is odd, and what it handed on. */
async function serveMisses(t: TestContext, limits: Partial<TcpLimits> = {}) {
  const ring = createMissRing();
  const reader = new MissReader(ring);
  const events = new EventCounts();
  const echo = createEcho();
  let now = 0;
  const listener = await listenTcp({
    ...echo,
    address: '127.0.0.1',
    port: 0,
    limits,
    count: events.count,
    clock: () => now,
    random: () => 0,
    misses: { ring: new MissWriter(ring), listener: 1 },
    respond(query, length, response, transport) {
      if (query[1] % 2 === 1 && transport.handOn?.(query.subarray(0, length), length)) return 0;
      return echo.respond(query, length, response, transport);
    },
  });
  t.after(() => listener.close());
  const answer = ({ ticket, replyTo, query }: Miss) =>
    listener.answer({ ticket, replyTo, response: expectedEcho(Buffer.from(query)) });
  const takeAll = () => {
    const misses: Miss[] = [];
    for (let miss = reader.take(); miss !== undefined; miss = reader.take()) misses.push(miss);
    return misses;
  };
  const pass = (ms: number) => {
    now += ms;
    listener.checkLimits();
  };
  return { listener, events, answer, takeAll, pass, connect: () => connectTo(t, listener) };
}

test('TcpListener answers what it handed on when the answer comes, others at once', async (t) => {
  const { connect, takeAll, answer } = await serveMisses(t);
  const client = await connect();
  const queries = [0, 1, 2, 3].map((id) => buildNumberedQuery(id));
  client.send(...queries);
  await client.receive(2);
  const misses = takeAll();
  const { address, port } = readSockaddr(misses[0].replyTo, 0);
  assert.deepEqual([[...address], port], [[127, 0, 0, 1], client.socket.localPort]);
  for (const miss of misses.reverse()) answer(miss);
  const expected = [0, 2, 3, 1].map((id) => expectedEcho(queries[id]));
  assert.deepEqual(await client.receive(4), expected);
});

test('TcpListener reads nothing more from a client with too many queries handed on', async (t) => {
  const { connect, takeAll, answer, events } = await serveMisses(t, { maxQueriesInFlight: 3 });
  const client = await connect();
  const queries = Array.from({ length: 10 }, (_, i) => buildNumberedQuery(2 * i + 1));
  client.send(...queries);
  await waitUntil(() => events.of('missHandedOn') === 3);
  await setImmediate();
  assert.equal(events.of('missHandedOn'), 3);
  const misses = takeAll();
  answer(misses[1]);
  await waitUntil(() => events.of('missHandedOn') === 4);
  for (const miss of [misses[0], misses[2]]) answer(miss);
  while (client.responses.length < 10) {
    for (const miss of takeAll()) answer(miss);
    await setImmediate();
  }
  const ids = client.responses.map((response) => response.readUInt16BE()).toSorted((a, b) => a - b);
  assert.deepEqual(
    ids,
    queries.map((query) => query.readUInt16BE()),
  );
});

test('TcpListener answers what it handed on to a client that has closed its side', async (t) => {
  const { connect, takeAll, answer, events } = await serveMisses(t);
  const client = await connect();
  client.send(buildNumberedQuery(1), buildNumberedQuery(3));
  client.socket.end();
  await waitUntil(() => events.of('missHandedOn') === 2);
  const misses = takeAll();
  answer(misses[0]);
  await client.receive(1);
  assert.equal(client.hasEnded, false);
  answer(misses[1]);
  await client.receive(2);
  await client.waitForEnd();
});

test('TcpListener does not call a connection idle that waits for an answer', async (t) => {
  const { connect, takeAll, answer, events, pass, listener } = await serveMisses(t);
  const client = await connect();
  client.send(buildNumberedQuery(1));
  await waitUntil(() => events.of('missHandedOn') === 1);
  pass(listener.idleTimeoutMs + 1);
  assert.equal(events.of('tcpIdleTimeout'), 0);
  for (const miss of takeAll()) answer(miss);
  await client.receive(1);
  pass(listener.idleTimeoutMs + 1);
  assert.equal(events.of('tcpIdleTimeout'), 1);
});

test('TcpListener.answer() lets go of an answer to a connection that is closed, or to a query it has', async (t) => {
  const { connect, takeAll, answer, events } = await serveMisses(t);
  const client = await connect();
  client.send(buildNumberedQuery(1));
  await waitUntil(() => events.of('missHandedOn') === 1);
  const [miss] = takeAll();
  answer(miss);
  answer(miss);
  await client.receive(1);
  client.socket.destroy();
  await waitUntil(() => events.of('tcpClosed') === 1);
  answer(miss);
  assert.equal(client.responses.length, 1);
});

test('TcpListener.close() gives what was handed on time to be answered', async (t) => {
  const { connect, takeAll, answer, events, listener } = await serveMisses(t);
  const client = await connect();
  client.send(buildNumberedQuery(1));
  await waitUntil(() => events.of('missHandedOn') === 1);
  const closed = listener.close({ graceful: true });
  await setImmediate();
  for (const miss of takeAll()) answer(miss);
  await client.receive(1);
  await client.waitForEnd();
  client.socket.end();
  await closed;
});

test('TcpListener closes a connection that waits for an answer far too long', async (t) => {
  const { connect, events, pass } = await serveMisses(t);
  const client = await connect();
  client.send(buildNumberedQuery(1));
  client.socket.end();
  await waitUntil(() => events.of('missHandedOn') === 1);
  pass(29_999);
  assert.equal(events.of('tcpClosed'), 0);
  pass(1);
  assert.equal(events.of('tcpAnswerTimeout'), 1);
  await client.waitForEnd();
});
