/** Who has to give way where more queries wait for answers than may. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MissAnswerer, type MissesOptions } from '../src/misses.ts';
import { createResponderCounters, responderCounters } from '../src/monitoring/counters.ts';
import { createMissRing, MissWriter } from '../src/responder/miss-ring.ts';
import { putSockaddr } from '../src/socket/sockaddr.ts';
import { buildQuery, printResponse } from './support/records.ts';
import { waitUntil } from './support/transport.ts';

/** An answerer whose queries are never answered; `put()` is a query of client 192.0.2.`client`. */
function startMisses(limits: Pick<MissesOptions, 'maxPending' | 'maxPendingOfClient'>) {
  const ring = createMissRing();
  const writer = new MissWriter(ring);
  const failed: number[] = [];
  const misses = new MissAnswerer({
    ...limits,
    rings: [ring],
    answer: () => {},
    outlets: {
      protocolOf: () => 'udp',
      reply: (_responder, _listener, { response }) => {
        assert.equal(printResponse(Buffer.from(response)).status, 'SERVFAIL');
        failed.push((response[0] << 8) | response[1]);
        return true;
      },
    },
    counters: responderCounters(createResponderCounters(1), 0),
  });
  const put = (client: number, id: number) => {
    const query = buildQuery('www.example A', { id });
    const address = Uint8Array.of(192, 0, 2, client);
    putSockaddr(writer.bytes, writer.reserve(query.length), { address, port: 1000 + id });
    writer.commit(query, query.length, { listener: 0, ticket: 0 });
    writer.wake();
  };
  return { misses, failed, put };
}

test('a client at its limit gives up the oldest of its own queries, whoever has older ones', async () => {
  const { misses, failed, put } = startMisses({ maxPending: 100, maxPendingOfClient: 3 });
  const puts = [
    [1, 10],
    [1, 11],
    [2, 20],
    [2, 21],
    [2, 22],
    [2, 23],
    [1, 12],
    [2, 24],
    [1, 13],
  ];
  for (const [client, id] of puts) put(client, id);
  await waitUntil(() => failed.length === 3);
  assert.deepEqual(failed, [20, 21, 10]);
  assert.equal(misses.pending, 6);
  await misses.close(0);
});

test('a client that may have one query at a time has it', async () => {
  const { misses, failed, put } = startMisses({ maxPending: 3, maxPendingOfClient: 1 });
  for (const id of [1, 2, 3]) put(1, id);
  await waitUntil(() => failed.length === 2);
  assert.deepEqual(failed, [1, 2]);
  assert.equal(misses.pending, 1);
  await misses.close(0);
});
