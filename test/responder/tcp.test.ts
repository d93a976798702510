import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { ListenError } from '../../src/responder/listen-error.ts';
import { CLOSE_LIMIT_MS } from '../../src/responder/listener.ts';
import { listenTcp, type TcpListener } from '../../src/responder/tcp.ts';
import { DEFAULT_TCP_LIMITS, type TcpLimits } from '../../src/responder/tcp-limits.ts';
import { TurnBudget } from '../../src/responder/turn-budget.ts';
import { hasIpv6 } from '../support/ipv6.ts';
import { frame, TcpClient } from '../support/tcp-client.ts';
import {
  buildNumberedQuery,
  createEcho,
  EventCounts,
  expectedEcho,
  SILENT_ID_BYTE,
  waitUntil,
} from '../support/transport.ts';

interface ServerOptions {
  limits?: Partial<TcpLimits>;
  address?: string;
  padBytes?: number;
}

/** A listener on a free port with an echo, a clock that stands still until it is moved, and no jitter. */
async function serve(t: TestContext, options: ServerOptions = {}) {
  const { address = '127.0.0.1', padBytes = 0, limits = {} } = options;
  const events = new EventCounts();
  const echo = createEcho(padBytes);
  let now = 0;
  const listener = await listenTcp({
    ...echo,
    address,
    port: 0,
    limits,
    count: events.count,
    clock: () => now,
    random: () => 0,
  });
  t.after(() => listener.close());
  return {
    listener,
    events,
    echo,
    /** Lets `ms` go by, as seen by the listener. */
    pass(ms: number) {
      now += ms;
      listener.checkLimits();
    },
    connect: (localAddress?: string) => connectTo(t, listener, localAddress),
  };
}

async function connectTo(t: TestContext, listener: TcpListener, localAddress?: string) {
  const client = await TcpClient.connect(listener.address(), localAddress);
  t.after(() => client.socket.destroy());
  return client;
}

function numberedQueries(count: number): Buffer[] {
  return Array.from({ length: count }, (_, id) => buildNumberedQuery(id, 12 + (id % 50)));
}

for (const address of ['127.0.0.1', '::1']) {
  const skip = address === '::1' && !hasIpv6 ? 'this machine has no IPv6' : false;
  test(`listenTcp() answers on ${address} and tells the port`, { skip }, async (t) => {
    const { listener, connect, events } = await serve(t, { address });
    assert.notEqual(listener.address().port, 0);
    const client = await connect();
    const query = buildNumberedQuery(1);
    client.send(query);
    assert.deepEqual(await client.receive(1), [expectedEcho(query)]);
    assert.equal(events.of('tcpOpened'), 1);
  });
}

test('listenTcp() serves a second listener on the same port where both share it', async (t) => {
  const shared = { ...createEcho(), count: new EventCounts().count, address: '127.0.0.1' };
  const first = await listenTcp({ ...shared, port: 0, reusePort: true });
  t.after(() => first.close());
  const { port } = first.address();
  const second = await listenTcp({ ...shared, port, reusePort: true });
  t.after(() => second.close());
  assert.equal(second.address().port, port);
});

test('listenTcp() rejects with the reason where the port is taken', async (t) => {
  const { listener } = await serve(t);
  const { port } = listener.address();
  const taken = { ...createEcho(), count: new EventCounts().count, address: '127.0.0.1', port };
  await assert.rejects(listenTcp(taken), (error) => {
    assert.ok(error instanceof ListenError);
    assert.equal(error.code, 'ERR_LISTEN');
    assert.equal((error.cause as NodeJS.ErrnoException).code, 'EADDRINUSE');
    assert.equal(
      error.message,
      `Cannot listen on "127.0.0.1:${port}" (TCP): address already in use`,
    );
    return true;
  });
});

test('TcpListener answers in order whatever the segmentation', async (t) => {
  const { connect } = await serve(t);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 40 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
      async (count, places) => {
        const client = await connect();
        const queries = numberedQueries(count);
        const stream = Buffer.concat(queries.map(frame));
        let at = 0;
        for (const place of [...places.sort((a, b) => a - b), 1]) {
          const end = Math.floor(place * stream.length);
          await new Promise((written) => client.socket.write(stream.subarray(at, end), written));
          at = end;
        }
        const expected = queries.map((query) => expectedEcho(query));
        assert.deepEqual(await client.receive(count), expected);
        client.socket.destroy();
      },
    ),
    { numRuns: 50 },
  );
});

test('TcpListener answers 100 connections of 1,000 pipelined queries each', async (t) => {
  const { connect, echo } = await serve(t);
  const queries = numberedQueries(1000);
  const expected = queries.map((query) => expectedEcho(query));
  const clients = await Promise.all(Array.from({ length: 100 }, () => connect()));
  for (const client of clients) client.send(...queries);
  for (const client of clients) assert.deepEqual(await client.receive(1000), expected);
  assert.equal(echo.calls.queries, 100_000);
  assert.ok(echo.calls.batches < 10_000, 'many queries are one batch');
});

test('TcpListener goes on after a query that is answered with silence', async (t) => {
  const { connect } = await serve(t);
  const client = await connect();
  const query = buildNumberedQuery(7);
  client.send(buildNumberedQuery(SILENT_ID_BYTE << 8), query);
  assert.deepEqual(await client.receive(1), [expectedEcho(query)]);
});

test('TcpListener answers messages and responses of 65,535 bytes', async (t) => {
  const { connect } = await serve(t, { padBytes: 65_535 });
  const client = await connect();
  const queries = [1, 2, 3].map((id) => buildNumberedQuery(id, 65_535));
  client.send(...queries);
  assert.deepEqual(
    await client.receive(3),
    queries.map((query) => expectedEcho(query)),
  );
});

test('TcpListener answers a client that closes its side after asking, then closes', async (t) => {
  const { connect, listener } = await serve(t);
  const client = await connect();
  const queries = numberedQueries(300);
  client.socket.end(Buffer.concat([...queries.map(frame), Buffer.from([0])]));
  await client.waitForEnd();
  assert.equal(client.responses.length, 300);
  await waitUntil(() => listener.connectionCount === 0);
});

test('TcpListener answers what is whole before a malformed length, then closes', async (t) => {
  for (let length = 0; length < 12; length++) {
    const { connect, events, echo, listener } = await serve(t);
    const client = await connect();
    const good = frame(buildNumberedQuery(1));
    client.socket.write(Buffer.concat([good, Buffer.from([0, length]), good, good]));
    await client.waitForEnd();
    assert.equal(client.responses.length, 1);
    client.socket.write(good);
    client.socket.end();
    await waitUntil(() => listener.connectionCount === 0);
    assert.equal(events.of('tcpMalformedLength'), 1);
    assert.equal(echo.calls.queries, 1);
  }
});

test('TcpListener ends a client that keeps its side open after we closed ours', async (t) => {
  const { connect, events, listener, pass } = await serve(t);
  const client = await connect();
  client.socket.write(Buffer.from([0, 0]));
  await client.waitForEnd();
  pass(9999);
  assert.equal(listener.connectionCount, 1);
  pass(1);
  assert.equal(listener.connectionCount, 0);
  assert.equal(events.of('tcpReaderTimeout'), 1);
});

test('TcpListener closes an idle connection after idleTimeoutMs since its last query', async (t) => {
  const { connect, events, pass } = await serve(t);
  const client = await connect();
  client.send(buildNumberedQuery(1));
  await client.receive(1);
  pass(19_000);
  client.send(buildNumberedQuery(2));
  await client.receive(2);
  pass(19_999);
  assert.equal(events.of('tcpIdleTimeout'), 0);
  pass(1);
  assert.equal(events.of('tcpIdleTimeout'), 1);
  await client.waitForEnd();
});

test('TcpListener closes a connection without a first message after messageTimeoutMs', async (t) => {
  const { connect, events, listener, pass } = await serve(t);
  const client = await connect();
  await waitUntil(() => listener.connectionCount === 1);
  pass(4999);
  assert.equal(listener.connectionCount, 1);
  pass(1);
  assert.equal(events.of('tcpMessageTimeout'), 1);
  await client.waitForEnd();
});

test('TcpListener cuts a slow sender and serves the others meanwhile', async (t) => {
  const { connect, events, echo, listener, pass } = await serve(t);
  const slow = await connect();
  const good = await connect();
  const stream = Buffer.concat([frame(buildNumberedQuery(1)), frame(buildNumberedQuery(2))]);
  slow.socket.write(stream.subarray(0, 50));
  await slow.receive(1);
  for (let second = 0; second < 5; second++) {
    assert.equal(events.of('tcpMessageTimeout'), 0);
    slow.socket.write(stream.subarray(50 + second, 51 + second));
    good.send(buildNumberedQuery(second));
    await good.receive(second + 1);
    pass(1000);
  }
  assert.equal(events.of('tcpMessageTimeout'), 1);
  await slow.waitForEnd();
  assert.equal(good.hasEnded, false);
  assert.equal(listener.connectionCount, 1);
  assert.equal(echo.calls.queries, 6);
});

test('TcpListener closes its side of a connection that is lifetimeMs old', async (t) => {
  const { connect, events, listener, pass } = await serve(t);
  const client = await connect();
  for (let id = 0; id < 30; id++) {
    client.send(buildNumberedQuery(id));
    await client.receive(id + 1);
    assert.equal(events.of('tcpLifetimeReached'), 0);
    pass(10_000);
  }
  assert.equal(events.of('tcpLifetimeReached'), 1);
  await client.waitForEnd();
  client.socket.end();
  await waitUntil(() => listener.connectionCount === 0);
  assert.equal(events.of('tcpReset'), 0);
});

test('TcpListener stops reading from a client that does not read, and drops it in time', async (t) => {
  const limits = { maxWaitingBytes: 100_000 };
  const { connect, events, echo, listener, pass } = await serve(t, { padBytes: 60_000, limits });
  const client = await connect();
  client.socket.pause();
  const asked = 5000;
  client.send(...numberedQueries(asked));
  await waitUntil(() => listener.heldBytes > 100_000);
  for (let turn = 0; turn < 100; turn++) {
    await setImmediate();
    assert.ok(listener.heldBytes < 600_000, `${listener.heldBytes} bytes held`);
  }
  assert.ok(echo.calls.queries < asked);
  pass(9999);
  assert.equal(events.of('tcpReaderTimeout'), 0);
  pass(1);
  assert.equal(events.of('tcpReaderTimeout'), 1);
  assert.equal(listener.heldBytes, 0);
});

test('TcpListener gives a slow reader every response in order once it reads', async (t) => {
  const limits = { maxWaitingBytes: 100_000 };
  const { connect, listener } = await serve(t, { padBytes: 20_000, limits });
  const client = await connect();
  client.socket.pause();
  const queries = numberedQueries(2000);
  client.send(...queries);
  await waitUntil(() => listener.heldBytes > 100_000);
  client.socket.resume();
  const responses = await client.receive(queries.length);
  for (const [i, query] of queries.entries()) {
    assert.ok(responses[i].equals(expectedEcho(query, 20_000)), `response ${i}`);
  }
  await waitUntil(() => listener.heldBytes === 0);
  assert.equal(client.hasEnded, false);
});

test('TcpListener drops a greedy connection where memory is short, and no modest one', async (t) => {
  const limits = { maxHeldBytes: 10_000, maxConnections: 10 };
  const { connect, events, listener } = await serve(t, { limits });
  const modest = await connect();
  modest.socket.write(frame(buildNumberedQuery(1, 500)).subarray(0, 400));
  await waitUntil(() => listener.heldBytes > 0);
  const greedy = await connect();
  greedy.socket.write(frame(buildNumberedQuery(1, 60_000)).subarray(0, 50_000));
  await greedy.waitForEnd();
  assert.equal(events.of('tcpMemoryLimit'), 1);
  modest.socket.write(frame(buildNumberedQuery(1, 500)).subarray(400));
  await modest.receive(1);
});

test('TcpListener makes room by closing the longest idle connection, in all', async (t) => {
  const { connect, events, listener } = await serve(t, { limits: { maxConnections: 3 } });
  const clients: TcpClient[] = [];
  for (let i = 0; i < 3; i++) {
    clients.push(await connect());
    clients[i].send(buildNumberedQuery(i));
    await clients[i].receive(1);
  }
  clients[0].send(buildNumberedQuery(9));
  await clients[0].receive(2);
  const late = await connect();
  late.send(buildNumberedQuery(4));
  await late.receive(1);
  await clients[1].waitForEnd();
  assert.equal(clients[0].hasEnded, false);
  assert.equal(listener.connectionCount, 3);
  assert.equal(events.of('tcpEvicted'), 1);
});

test('TcpListener refuses where all connections are busy', async (t) => {
  const limits = { maxConnections: 2 };
  const { connect, events, echo, listener } = await serve(t, { limits });
  for (let i = 0; i < 2; i++) (await connect()).socket.write(Buffer.from([0]));
  await waitUntil(() => echo.calls.batches === 2);
  const late = await connect();
  await late.waitForEnd();
  assert.equal(events.of('tcpRefused'), 1);
  assert.equal(listener.connectionCount, 2);
});

test('TcpListener limits one client without harm to another', async (t) => {
  const limits = { maxConnectionsPerClient: 2 };
  const { connect, events, listener } = await serve(t, { limits, address: '0.0.0.0' });
  const other = await connect('127.0.0.2');
  const clients = [await connect(), await connect(), await connect(), await connect()];
  await waitUntil(() => events.of('tcpOpened') === 5);
  await Promise.all(clients.slice(0, 2).map((client) => client.waitForEnd()));
  assert.equal(listener.connectionCount, 3);
  assert.equal(events.of('tcpEvicted'), 2);
  other.send(buildNumberedQuery(1));
  await other.receive(1);
});

test('TcpListener survives clients that reset their connections', async (t) => {
  const { connect, events, listener } = await serve(t, { padBytes: 5000 });
  for (let i = 0; i < 20; i++) {
    const client = await connect();
    client.send(...numberedQueries(100));
    client.socket.resetAndDestroy();
  }
  await waitUntil(() => events.of('tcpOpened') + events.of('tcpRefused') === 20);
  await waitUntil(() => listener.connectionCount === 0);
  assert.equal(events.of('tcpConnectionError'), 0);
  const client = await connect();
  client.send(buildNumberedQuery(1));
  await client.receive(1);
});

test('TcpListener.close() answers what was received, closes, and accepts no more', async (t) => {
  const { connect, listener } = await serve(t);
  const clients = await Promise.all(Array.from({ length: 10 }, () => connect()));
  await waitUntil(() => listener.connectionCount === 10);
  for (const client of clients) {
    client.send(...numberedQueries(100));
    client.socket.once('end', () => client.socket.end());
  }
  const startedAt = performance.now();
  await listener.close({ graceful: true });
  assert.ok(performance.now() - startedAt < CLOSE_LIMIT_MS);
  for (const client of clients) {
    await client.waitForEnd();
    assert.equal(client.responses.length, 100);
  }
  await assert.rejects(connect());
});

test('TcpListener.close() ends clients that do not close their side within its limit', async (t) => {
  const { connect, listener } = await serve(t);
  const client = await connect();
  client.send(buildNumberedQuery(1));
  await client.receive(1);
  let isClosed = false;
  const closed = listener.close({ graceful: true, limitMs: 100 }).then(() => {
    isClosed = true;
  });
  await client.waitForEnd();
  assert.equal(isClosed, false, 'our side is closed, the client has time to close its own');
  await closed;
  assert.equal(listener.connectionCount, 0);
});

test('TcpListener.close() without grace ends everything at once, and may be called twice', async (t) => {
  const { connect, listener } = await serve(t);
  const client = await connect();
  client.send(buildNumberedQuery(1));
  await client.receive(1);
  await Promise.all([listener.close(), listener.close()]);
  await client.waitForEnd();
});

test('TcpListener lengthens idle timeouts by at most a tenth', async (t) => {
  let now = 0;
  const events = new EventCounts();
  const listener = await listenTcp({
    ...createEcho(),
    address: '127.0.0.1',
    port: 0,
    count: events.count,
    clock: () => now,
    random: () => 0.5,
  });
  t.after(() => listener.close());
  const client = await connectTo(t, listener);
  client.send(buildNumberedQuery(1));
  await client.receive(1);
  now = listener.idleTimeoutMs * 1.05 - 1;
  listener.checkLimits();
  assert.equal(events.of('tcpIdleTimeout'), 0);
  now += 1;
  listener.checkLimits();
  assert.equal(events.of('tcpIdleTimeout'), 1);
});

test('TcpListener tells the idle timeout, and 0 when the lifetime is nearly over', async (t) => {
  const seen: (number | undefined)[] = [];
  let now = 0;
  const listener = await listenTcp({
    ...createEcho(),
    address: '127.0.0.1',
    port: 0,
    count: new EventCounts().count,
    clock: () => now,
    random: () => 0,
    respond(_query, _length, response, { keepaliveMs }) {
      seen.push(keepaliveMs);
      response.fill(0, 0, 12);
      return 12;
    },
  });
  t.after(() => listener.close());
  const client = await connectTo(t, listener);
  const { lifetimeMs, idleTimeoutMs } = DEFAULT_TCP_LIMITS;
  for (const [i, at] of [0, lifetimeMs - idleTimeoutMs - 1, lifetimeMs - idleTimeoutMs].entries()) {
    now = at;
    client.send(buildNumberedQuery(i));
    await client.receive(i + 1);
  }
  assert.deepEqual(seen, [idleTimeoutMs, idleTimeoutMs, 0]);
});

test('TcpListener lets others have their turn while one client has thousands of queries', async (t) => {
  const budget = new TurnBudget(100);
  const listener = await listenTcp({
    ...createEcho(),
    address: '127.0.0.1',
    port: 0,
    count: new EventCounts().count,
    budget,
  });
  t.after(() => listener.close());
  const [many, one] = [await connectTo(t, listener), await connectTo(t, listener)];
  const queries = numberedQueries(5000);
  many.send(...queries);
  await waitUntil(() => many.responses.length > 0);
  one.send(buildNumberedQuery(7));
  await one.receive(1);
  assert.ok(many.responses.length < 4000, `${many.responses.length} came before the other's one`);
  assert.deepEqual(
    await many.receive(5000),
    queries.map((query) => expectedEcho(query)),
  );
});
