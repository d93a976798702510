/** What only batches do: wildcard addresses, successors, a kernel without room. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { constants } from 'node:os';
import { suite, type TestContext, test } from 'node:test';
import {
  createUdpHandle,
  shapeOf,
  UdpBatchListener,
  type UdpBatchOptions,
} from '../../src/responder/udp-batch.ts';
import { DatagramBatch, REPLY_TO_BYTES } from '../../src/socket/datagram-batch.ts';
import type { Libc } from '../../src/socket/libc.ts';
import { putSockaddr } from '../../src/socket/sockaddr.ts';
import { UdpSocket } from '../../src/socket/udp-socket.ts';
import { hasIpv6 } from '../support/ipv6.ts';
import { noBatches, testLibc } from '../support/libc.ts';
import { threadPoll } from '../support/poll.ts';
import {
  buildNumberedQuery,
  createEcho,
  EventCounts,
  expectedEcho,
  waitUntil,
} from '../support/transport.ts';

const LOOPBACK = Uint8Array.of(127, 0, 0, 1);
const { EAGAIN, EINTR, ENOBUFS } = constants.errno;
function openSocket(t: TestContext, address: Uint8Array = LOOPBACK) {
  const socket = UdpSocket.open({
    libc: testLibc(),
    address,
    port: 0,
    receiveBufferBytes: 1 << 20,
  });
  t.after(() => socket.close());
  return { socket, handle: createUdpHandle(socket, '127.0.0.1') };
}

function serve(t: TestContext, options: Pick<UdpBatchOptions, 'handle'> & { libc?: Libc }) {
  const events = new EventCounts();
  const echo = createEcho();
  const listener = new UdpBatchListener({
    libc: testLibc(),
    poll: threadPoll(testLibc()),
    ...echo,
    count: events.count,
    ...options,
  });
  t.after(() => listener.close());
  return { listener, events, echo };
}

/** A client that notes from which address each response came. */
async function createClient(t: TestContext, type: 'udp4' | 'udp6' = 'udp4') {
  const socket = createSocket(type);
  t.after(() => socket.close());
  const responses: Buffer[] = [];
  const senders: string[] = [];
  socket.on('message', (response, { address }) => {
    responses.push(response);
    senders.push(address);
  });
  socket.bind(0);
  await once(socket, 'listening');
  return { socket, responses, senders };
}

suite('UdpBatchListener', { skip: noBatches }, () => {
  test('answers from the address that was asked, on the wildcard address', async (t) => {
    const { socket, handle } = openSocket(t, new Uint8Array(4));
    serve(t, { handle });
    const client = await createClient(t);
    const asked = ['127.0.0.1', '127.0.0.2', '127.1.2.3'];
    for (const [i, address] of asked.entries()) {
      client.socket.send(buildNumberedQuery(i), socket.port, address);
      await waitUntil(() => client.responses.length === i + 1);
    }
    assert.deepEqual(client.senders, asked);
    assert.deepEqual(client.responses[2], expectedEcho(buildNumberedQuery(2)));
  });

  test('answers on the IPv6 wildcard address', { skip: !hasIpv6 }, async (t) => {
    const { socket, handle } = openSocket(t, new Uint8Array(16));
    serve(t, { handle });
    const client = await createClient(t, 'udp6');
    client.socket.send(buildNumberedQuery(1), socket.port, '::1');
    await waitUntil(() => client.responses.length === 1);
    assert.deepEqual(client.senders, ['::1']);
  });

  test('neither asks nor answers for a query from port 0', async (t) => {
    const { socket, handle } = openSocket(t);
    const client = await createClient(t);
    client.socket.send(buildNumberedQuery(1), socket.port, '127.0.0.1');
    client.socket.send(buildNumberedQuery(2), socket.port, '127.0.0.1');
    const predecessor = await receive(handle, 2);
    predecessor.setReplyTo(0, new Uint8Array(REPLY_TO_BYTES), 0);
    const { events, echo } = serve(t, { handle });
    assert.equal(events.of('udpSourcePortZero'), 1);
    assert.equal(echo.calls.queries, 1);
    await waitUntil(() => client.responses.length === 1);
  });

  test('answers what its predecessor took out of the socket, but not what that died of', async (t) => {
    const { socket, handle } = openSocket(t);
    const client = await createClient(t);
    for (let id = 0; id < 5; id++) {
      client.socket.send(buildNumberedQuery(id), socket.port, '127.0.0.1');
    }
    const predecessor = await receive(handle, 5);
    assert.equal(predecessor.take(), 0);
    const { echo } = serve(t, { handle });
    assert.equal(echo.calls.queries, 4);
    client.socket.send(buildNumberedQuery(9), socket.port, '127.0.0.1');
    await waitUntil(() => client.responses.length === 5);
    const expected = [1, 2, 3, 4, 9].map((id) => expectedEcho(buildNumberedQuery(id)));
    assert.deepEqual(client.responses, expected);
  });

  test('gives up the one response that the kernel refuses, and counts it', async (t) => {
    const { socket, handle } = openSocket(t);
    const client = await createClient(t);
    for (let id = 0; id < 3; id++) {
      client.socket.send(buildNumberedQuery(id), socket.port, '127.0.0.1');
    }
    const predecessor = await receive(handle, 3);
    // A socket that may not broadcast is refused it: EACCES.
    const broadcast = new Uint8Array(REPLY_TO_BYTES);
    putSockaddr(broadcast, 0, { address: Uint8Array.of(255, 255, 255, 255), port: 53 });
    predecessor.setReplyTo(1, broadcast, 0);
    const { events } = serve(t, { handle });
    assert.equal(events.of('udpSendError'), 1);
    await waitUntil(() => client.responses.length === 2);
    assert.deepEqual(
      client.responses.map((response) => response[1]),
      [0, 2],
    );
  });

  test('waits for room in the kernel, and sends then', async (t) => {
    const { socket, handle } = openSocket(t);
    const { libc, failures } = failSends([EAGAIN, ENOBUFS, EINTR, EAGAIN]);
    const { events } = serve(t, { handle, libc });
    const client = await createClient(t);
    client.socket.send(buildNumberedQuery(1), socket.port, '127.0.0.1');
    await waitUntil(() => failures.length < 4);
    client.socket.send(buildNumberedQuery(2), socket.port, '127.0.0.1');
    await waitUntil(() => client.responses.length === 2);
    assert.equal(failures.length, 0);
    assert.equal(events.of('udpSendBacklog') + events.of('udpSendError'), 0);
  });

  test('drops and counts responses for which there is no room for long, and goes on', async (t) => {
    const { socket, handle } = openSocket(t);
    const { libc, failures } = failSends(Array.from({ length: 21 }, () => EAGAIN));
    const { events } = serve(t, { handle, libc });
    const client = await createClient(t);
    client.socket.send(buildNumberedQuery(1), socket.port, '127.0.0.1');
    await waitUntil(() => events.of('udpSendBacklog') === 1);
    assert.equal(failures.length, 0);
    client.socket.send(buildNumberedQuery(2), socket.port, '127.0.0.1');
    await waitUntil(() => client.responses.length === 1);
    assert.equal(client.responses[0][1], 2);
  });

  test('close() waits for room, too, before it reads the rest', async (t) => {
    const { socket, handle } = openSocket(t);
    const { libc } = failSends([EAGAIN, EAGAIN]);
    const { listener, echo } = serve(t, { handle, libc });
    const client = await createClient(t);
    client.socket.send(buildNumberedQuery(1), socket.port, '127.0.0.1');
    await waitUntil(() => echo.calls.queries === 1);
    client.socket.send(buildNumberedQuery(2), socket.port, '127.0.0.1');
    await waitUntil(() => socket.readMemory().queuedBytes > 0);
    await listener.close({ graceful: true });
    await waitUntil(() => client.responses.length === 2);
  });

  test('counts an error of the socket', (t) => {
    const { handle } = openSocket(t);
    const { listener, events } = serve(t, {
      handle,
      libc: { ...testLibc(), recvmmsg: () => -1, errno: () => constants.errno.EIO },
    });
    assert.equal(listener.turn(), 0);
    assert.equal(events.of('udpSocketError'), 1);
  });
});

/** Takes datagrams out of the socket as a thread does that then dies. */
async function receive(handle: UdpBatchOptions['handle'], count: number): Promise<DatagramBatch> {
  const batch = new DatagramBatch(handle.memory, { shape: shapeOf(handle), libc: testLibc() });
  // What was sent to loopback is there as soon as it was sent; node:dgram sends in its own time.
  await waitUntil(() => {
    const received = batch.receive(handle.fd);
    if (received > 0 && received < count) throw new Error(`received ${received} of ${count} first`);
    return received === count;
  });
  return batch;
}

/** The C library, but sendmmsg() fails first, in these ways. */
function failSends(failures: number[]): { libc: Libc; failures: number[] } {
  const libc = testLibc();
  let failed = 0;
  return {
    failures,
    libc: {
      ...libc,
      errno: () => failed || libc.errno(),
      sendmmsg(...call) {
        failed = failures.shift() ?? 0;
        return failed === 0 ? libc.sendmmsg(...call) : -1;
      },
    },
  };
}
