/** Every implementation of a UDP listener keeps the same promises: batched and plain. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, isIPv6 } from 'node:net';
import { suite, type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { formatAddress, parseAddress } from '../../src/dns/address.ts';
import {
  type Listener,
  type ListenerOptions,
  MAX_UDP_QUERY_BYTES,
} from '../../src/responder/listener.ts';
import { createMissRing, MissReader, MissWriter } from '../../src/responder/miss-ring.ts';
import { createUdpHandle, UdpBatchListener } from '../../src/responder/udp-batch.ts';
import { listenUdpPlain } from '../../src/responder/udp-plain.ts';
import { readSockaddr } from '../../src/socket/sockaddr.ts';
import { UdpSocket } from '../../src/socket/udp-socket.ts';
import { hasIpv6 } from '../support/ipv6.ts';
import { noBatches, testLibc } from '../support/libc.ts';
import { threadPoll } from '../support/poll.ts';
import {
  buildNumberedQuery,
  createEcho,
  EventCounts,
  expectedEcho,
  SILENT_ID_BYTE,
  waitUntil,
} from '../support/transport.ts';

interface Implementation {
  readonly name: string;
  readonly skip: string | false;
  listen(t: TestContext, options: ListenerOptions): Promise<Listener>;
}

const IMPLEMENTATIONS: readonly Implementation[] = [
  {
    name: 'UdpPlainListener',
    skip: false,
    async listen(t, options) {
      const listener = await listenUdpPlain(options);
      t.after(() => listener.close());
      return listener;
    },
  },
  {
    name: 'UdpBatchListener',
    skip: noBatches,
    async listen(t, options) {
      const libc = testLibc();
      const address = parseAddress(options.address) ?? assert.fail();
      const socket = UdpSocket.open({ ...options, libc, address, receiveBufferBytes: 4 << 20 });
      const handle = createUdpHandle(socket, options.address);
      const listener = new UdpBatchListener({
        ...options,
        libc,
        handle,
        poll: threadPoll(libc),
      });
      t.after(async () => {
        await listener.close();
        socket.close();
      });
      return listener;
    },
  },
];

/** A client whose `responses` fill as they come. */
async function createClient(t: TestContext, address = '127.0.0.1') {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  t.after(() => socket.close());
  const responses: Buffer[] = [];
  socket.on('message', (response) => responses.push(response));
  socket.bind(0, address);
  await once(socket, 'listening');
  return { socket, responses };
}

function send(socket: Socket, to: AddressInfo, query: Buffer): Promise<void> {
  return new Promise((resolve) => socket.send(query, to.port, to.address, () => resolve()));
}

for (const { name, skip, listen } of IMPLEMENTATIONS) {
  suite(name, { skip }, () => {
    async function serve(t: TestContext, options: Partial<ListenerOptions> = {}) {
      const events = new EventCounts();
      const echo = createEcho();
      const listener = await listen(t, {
        ...echo,
        address: '127.0.0.1',
        port: 0,
        count: events.count,
        ...options,
      });
      return { listener, events, echo, address: listener.address() };
    }

    for (const address of ['127.0.0.1', '::1']) {
      const skipped = address === '::1' && !hasIpv6 ? 'this machine has no IPv6' : false;
      test(`answers on ${address} and tells the port`, { skip: skipped }, async (t) => {
        const server = await serve(t, { address });
        const { socket, responses } = await createClient(t, address);
        const queries = Array.from({ length: 200 }, (_, id) => buildNumberedQuery(id));
        for (const query of queries) await send(socket, server.address, query);
        await waitUntil(() => responses.length === 200);
        assert.deepEqual(
          responses,
          queries.map((query) => expectedEcho(query)),
        );
        assert.deepEqual(server.echo.calls.queries, 200);
        assert.deepEqual(server.echo.calls.observed, 200);
        assert.equal(server.events.of('udpSendError') + server.events.of('udpSendBacklog'), 0);
        assert.equal(server.address.family, address === '::1' ? 'IPv6' : 'IPv4');
      });
    }

    test('answers queries that came in one burst', async (t) => {
      const { address } = await serve(t);
      const { socket, responses } = await createClient(t);
      const queries = Array.from({ length: 200 }, (_, id) =>
        buildNumberedQuery(id, 12 + (id % 90)),
      );
      await Promise.all(queries.map((query) => send(socket, address, query)));
      await waitUntil(() => responses.length === 200);
      const sorted = responses.toSorted(Buffer.compare);
      assert.deepEqual(
        sorted,
        queries.map((query) => expectedEcho(query)).toSorted(Buffer.compare),
      );
    });

    test('answers each client by itself', async (t) => {
      const { address } = await serve(t);
      const clients = await Promise.all(Array.from({ length: 20 }, () => createClient(t)));
      const queries = clients.map((_, id) => buildNumberedQuery(id));
      await Promise.all(clients.map(({ socket }, id) => send(socket, address, queries[id])));
      await waitUntil(() => clients.every(({ responses }) => responses.length === 1));
      for (const [id, { responses }] of clients.entries()) {
        assert.deepEqual(responses, [expectedEcho(queries[id])]);
      }
    });

    test('sends nothing where silence is the answer', async (t) => {
      const { address, echo } = await serve(t);
      const { socket, responses } = await createClient(t);
      for (let i = 0; i < 3; i++) {
        await send(socket, address, buildNumberedQuery(SILENT_ID_BYTE << 8));
      }
      const query = buildNumberedQuery(1);
      await send(socket, address, query);
      await waitUntil(() => responses.length === 1);
      assert.deepEqual(responses, [expectedEcho(query)]);
      assert.equal(echo.calls.queries, 4);
      assert.equal(echo.calls.observed, 1);
    });

    test('drops and counts a query that is longer than it reads', async (t) => {
      const { address, events } = await serve(t, { respond: () => 12 });
      const { socket, responses } = await createClient(t);
      await send(socket, address, buildNumberedQuery(1, MAX_UDP_QUERY_BYTES + 1));
      await send(socket, address, buildNumberedQuery(2, 60_000));
      await send(socket, address, buildNumberedQuery(3, MAX_UDP_QUERY_BYTES));
      await waitUntil(() => responses.length === 1);
      assert.equal(events.of('udpQueryTooLong'), 2);
    });

    test('goes on after an empty datagram', async (t) => {
      const { address } = await serve(t, { respond: (_query, length) => length });
      const { socket, responses } = await createClient(t);
      await send(socket, address, Buffer.alloc(0));
      await send(socket, address, buildNumberedQuery(2, 12));
      await waitUntil(() => responses.length === 1);
      assert.equal(responses[0].length, 12);
    });

    test('hands on what respond() does, with the client, until there is no room', async (t) => {
      const ring = createMissRing(1024);
      const reader = new MissReader(ring);
      const misses = { ring: new MissWriter(ring), listener: 4 };
      const { address, events } = await serve(t, {
        misses,
        respond(query, length, response, { handOn }) {
          if (handOn?.(query, length)) return 0;
          response[0] = query[0];
          return 1;
        },
      });
      const { socket, responses } = await createClient(t);
      const queries = Array.from({ length: 10 }, (_, id) => buildNumberedQuery(id << 8));
      for (const query of queries) await send(socket, address, query);
      await waitUntil(
        () => responses.length > 0 && events.of('missHandedOn') + responses.length === 10,
      );
      const handedOn = events.of('missHandedOn');
      assert.ok(handedOn > 3 && handedOn < 10, `${handedOn} fit into 1,024 bytes`);
      assert.equal(events.of('missRefused'), responses.length);
      for (let i = 0; i < handedOn; i++) {
        const miss = reader.take() ?? assert.fail('one is missing');
        const { address: ip, port } = readSockaddr(miss.replyTo, 0);
        assert.deepEqual([formatAddress(ip), port], ['127.0.0.1', socket.address().port]);
        assert.deepEqual(Buffer.from(miss.query), queries[i]);
        assert.equal(miss.listener, 4);
      }
      assert.equal(reader.take(), undefined);
    });

    test('close() answers first what has reached the socket', async (t) => {
      const { listener, address } = await serve(t);
      const { socket, responses } = await createClient(t);
      const count = 200;
      const sent = Array.from({ length: count }, (_, id) =>
        send(socket, address, buildNumberedQuery(id)),
      );
      await Promise.all(sent);
      await listener.close({ graceful: true });
      await waitUntil(() => responses.length === count);
      await send(socket, address, buildNumberedQuery(1));
      await setImmediate();
      assert.equal(responses.length, count, 'nothing is answered after that');
    });

    test('close() may be called twice', async (t) => {
      const { listener } = await serve(t);
      await Promise.all([listener.close(), listener.close({ graceful: true })]);
    });
  });
}
