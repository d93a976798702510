import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTcpCensus, TcpCensus } from '../../src/responder/tcp-census.ts';
import { type Membership, TcpConnections } from '../../src/responder/tcp-connections.ts';
import { DEFAULT_TCP_LIMITS } from '../../src/responder/tcp-limits.ts';

test('TcpCensus sums over all responders, in all and by client', () => {
  const memory = createTcpCensus(3);
  const [first, second, third] = [0, 1, 2].map((index) => new TcpCensus(memory, index));
  first.add('192.0.2.1', 1);
  second.add('192.0.2.1', 1);
  second.add('2001:db8::1', 1);
  assert.equal(third.total(), 3);
  assert.equal(third.ofClient('192.0.2.1'), 2);
  assert.equal(third.ofClient('2001:db8::1'), 1);
  second.add('192.0.2.1', -1);
  assert.equal(first.ofClient('192.0.2.1'), 1);
  assert.equal(first.total(), 2);
});

test('TcpCensus forgets the connections of a responder whose place is taken', () => {
  const memory = createTcpCensus(2);
  const dying = new TcpCensus(memory, 0);
  const other = new TcpCensus(memory, 1);
  for (const client of ['192.0.2.1', '192.0.2.2']) dying.add(client, 1);
  other.add('192.0.2.1', 1);
  new TcpCensus(memory, 0);
  assert.equal(other.total(), 1);
  assert.equal(other.ofClient('192.0.2.1'), 1);
});

test('TcpCensus gives nearly every client a limit of its own', () => {
  const census = new TcpCensus(createTcpCensus(1), 0);
  const clients = Array.from({ length: 1000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  for (const client of clients) census.add(client, 1);
  const shared = clients.filter((client) => census.ofClient(client) > 1).length;
  // Of 1,000 in 4,095 places, 216 are expected to share one.
  assert.ok(shared > 100 && shared < 350, `${shared} share a place`);
});

test('TcpConnections keeps the limits of all responders together', () => {
  const limits = { ...DEFAULT_TCP_LIMITS, maxConnections: 5, maxConnectionsPerClient: 3 };
  const memory = createTcpCensus(2);
  const [first, second] = [0, 1].map(
    (index) => new TcpConnections(limits, new TcpCensus(memory, index)),
  );
  const evicted: string[] = [];
  const open = (connections: TcpConnections, client: string): boolean => {
    if (!connections.makeRoom(client)) return false;
    const membership: Membership = connections.add(
      {
        evict() {
          evicted.push(client);
          connections.remove(membership);
        },
      },
      client,
    );
    return true;
  };
  assert.equal(open(first, 'a') && open(first, 'a') && open(second, 'a'), true);
  assert.equal(open(first, 'a'), true, 'one of its idle ones there makes room');
  assert.deepEqual(evicted, ['a']);
  assert.equal(open(first, 'b') && open(first, 'c'), true);
  assert.equal(open(second, 'd'), true, 'the only one there makes room');
  assert.deepEqual(evicted, ['a', 'a']);
  assert.equal(first.size + second.size, 5);
});

test('TcpConnections asks other responders for room where it has nothing idle itself', () => {
  const limits = { ...DEFAULT_TCP_LIMITS, maxConnections: 4, maxConnectionsPerClient: 3 };
  const memory = createTcpCensus(2);
  const [full, empty] = [0, 1].map(
    (index) => new TcpConnections(limits, new TcpCensus(memory, index)),
  );
  const open = (connections: TcpConnections, client: string): boolean => {
    if (!connections.makeRoom(client)) return false;
    const membership: Membership = connections.add(
      { evict: () => connections.remove(membership) },
      client,
    );
    return true;
  };
  for (const client of ['a', 'a', 'a', 'b']) assert.equal(open(full, client), true);
  full.makeRoomForOthers();
  assert.equal(full.size, 4, 'nobody has asked');
  assert.equal(open(empty, 'a'), false);
  full.makeRoomForOthers();
  full.makeRoomForOthers();
  assert.equal(full.size, 3, 'one of the client made room, once');
  assert.equal(open(empty, 'a') && open(empty, 'c'), true, 'its own idle one goes for another');
  assert.equal(full.size + empty.size, 4);
});
