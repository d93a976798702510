import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RecencyLink, RecencyList } from '../../src/responder/recency-list.ts';
import { TcpConnections } from '../../src/responder/tcp-connections.ts';
import { DEFAULT_TCP_LIMITS } from '../../src/responder/tcp-limits.ts';

test('RecencyList keeps the order of use, whatever is appended and removed', () => {
  const step = fc.record({ index: fc.nat(7), isRemoval: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const list = new RecencyList<number>();
      const links = Array.from({ length: 8 }, (_, i) => new RecencyLink<number | undefined>(i));
      let expected: number[] = [];
      for (const { index, isRemoval } of steps) {
        expected = expected.filter((each) => each !== index);
        if (isRemoval) links[index].remove();
        else {
          list.append(links[index]);
          expected.push(index);
        }
        assert.equal(list.oldest, expected[0]);
      }
      const drained: number[] = [];
      for (let oldest = list.oldest; oldest !== undefined; oldest = list.oldest) {
        drained.push(oldest);
        links[oldest].remove();
      }
      assert.deepEqual(drained, expected);
    }),
  );
});

/** Connections in name only; gives a function that opens one and says whether it could. */
function createOpener(connections: TcpConnections) {
  const evicted: string[] = [];
  const open = (name: string, client: string) => {
    if (!connections.makeRoom(client)) return undefined;
    const connection = {
      evict() {
        evicted.push(name);
        connections.remove(membership);
      },
    };
    const membership = connections.add(connection, client);
    return membership;
  };
  return { open, evicted };
}

test('TcpConnections closes the longest idle connection of a client that has too many', () => {
  const connections = new TcpConnections({ ...DEFAULT_TCP_LIMITS, maxConnectionsPerClient: 2 });
  const { open, evicted } = createOpener(connections);
  open('other', '192.0.2.9');
  const first = open('first', '192.0.2.1');
  open('second', '192.0.2.1');
  assert.ok(first);
  connections.markIdle(first);
  open('third', '192.0.2.1');
  assert.deepEqual(evicted, ['second']);
  assert.equal(connections.size, 3);
});

test('TcpConnections refuses where every connection that could make room is busy', () => {
  const connections = new TcpConnections({
    ...DEFAULT_TCP_LIMITS,
    maxConnections: 2,
    maxConnectionsPerClient: 1,
  });
  const { open, evicted } = createOpener(connections);
  for (const client of ['192.0.2.1', '192.0.2.2']) {
    const membership = open(client, client);
    assert.ok(membership);
    connections.markBusy(membership);
  }
  assert.equal(open('same client', '192.0.2.1'), undefined);
  assert.equal(open('new client', '192.0.2.3'), undefined);
  assert.deepEqual(evicted, []);
});

test('TcpConnections.noteHeldBytes() blames a growing connection over its share, never a modest one', () => {
  const limits = { ...DEFAULT_TCP_LIMITS, maxConnections: 10, maxHeldBytes: 1000 };
  const connections = new TcpConnections(limits);
  const { open } = createOpener(connections);
  const greedy = open('greedy', '192.0.2.1');
  const modest = open('modest', '192.0.2.2');
  assert.ok(greedy && modest);
  assert.equal(connections.noteHeldBytes(greedy, 1000), true);
  assert.equal(connections.noteHeldBytes(modest, 100), true);
  assert.equal(connections.noteHeldBytes(greedy, 1001), false);
  assert.equal(connections.noteHeldBytes(greedy, 950), true, 'shrinking is no offence');
  assert.equal(connections.heldBytes, 1050);
  connections.remove(greedy);
  assert.equal(connections.heldBytes, 100);
});
