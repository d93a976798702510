import assert from 'node:assert/strict';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { ListenError } from '../../src/responder/listen-error.ts';
import { listenUdpPlain, type UdpPlainListener } from '../../src/responder/udp-plain.ts';
import { REPLY_TO_BYTES } from '../../src/socket/datagram-batch.ts';
import { putSockaddr } from '../../src/socket/sockaddr.ts';
import { hasIpv6 } from '../support/ipv6.ts';
import {
  buildNumberedQuery,
  createEcho,
  EventCounts,
  expectedEcho,
  waitUntil,
} from '../support/transport.ts';

async function serve(t: TestContext, options: { address?: string; maxPendingResponses?: number }) {
  const { address = '127.0.0.1', ...rest } = options;
  const events = new EventCounts();
  const echo = createEcho();
  const listener = await listenUdpPlain({
    ...echo,
    ...rest,
    address,
    port: 0,
    count: events.count,
  });
  t.after(() => listener.close());
  return { listener, events, echo };
}

/** A client whose `responses` fill as they come. */
async function createClient(t: TestContext, address = '127.0.0.1') {
  const socket = createSocket(address === '::1' ? 'udp6' : 'udp4');
  t.after(() => socket.close());
  const responses: Buffer[] = [];
  socket.on('message', (response) => responses.push(response));
  socket.bind(0, address);
  await once(socket, 'listening');
  return { socket, responses };
}

function send(socket: Socket, listener: UdpPlainListener, query: Buffer): Promise<void> {
  const { address, port } = listener.address();
  return new Promise((resolve) => socket.send(query, port, address, () => resolve()));
}

function remoteInfo(address: string, port: number): RemoteInfo {
  return { address, port, family: 'IPv4', size: 40 };
}

test('listenUdpPlain() gives the IPv6 wildcard and the IPv4 one the same port', {
  skip: !hasIpv6,
}, async (t) => {
  const { listener } = await serve(t, { address: '::' });
  const { port } = listener.address();
  const options = { ...createEcho(), count: new EventCounts().count, address: '0.0.0.0', port };
  const second = await listenUdpPlain(options);
  await second.close();
});

test('listenUdpPlain() serves a second socket on the same port where both share it', async (t) => {
  const shared = { ...createEcho(), count: new EventCounts().count, address: '127.0.0.1' };
  const first = await listenUdpPlain({ ...shared, port: 0, reusePort: true });
  t.after(() => first.close());
  const second = await listenUdpPlain({ ...shared, port: first.address().port, reusePort: true });
  t.after(() => second.close());
  assert.equal(second.address().port, first.address().port);
});

test('listenUdpPlain() rejects with the reason where it cannot listen', async (t) => {
  const { listener } = await serve(t, {});
  const { port } = listener.address();
  const options = { ...createEcho(), count: new EventCounts().count };
  await assert.rejects(listenUdpPlain({ ...options, address: '127.0.0.1', port }), (error) => {
    assert.ok(error instanceof ListenError);
    assert.equal((error.cause as NodeJS.ErrnoException).code, 'EADDRINUSE');
    assert.equal(
      error.message,
      `Cannot listen on "127.0.0.1:${port}" (UDP): address already in use`,
    );
    return true;
  });
  await assert.rejects(listenUdpPlain({ ...options, address: '192.0.2.1', port: 0 }), {
    message: 'Cannot listen on "192.0.2.1:0" (UDP): address not available',
  });
});

test('UdpPlainListener.receive() neither asks nor answers for a query from port 0', async (t) => {
  const { listener, events, echo } = await serve(t, {});
  listener.receive(buildNumberedQuery(1), remoteInfo('127.0.0.1', 0));
  assert.equal(events.of('udpSourcePortZero'), 1);
  assert.equal(echo.calls.queries, 0);
});

test('UdpPlainListener.receive() drops and counts beyond maxPendingResponses, then goes on', async (t) => {
  const { listener, events, echo } = await serve(t, { maxPendingResponses: 2 });
  const { socket, responses } = await createClient(t);
  const client = remoteInfo('127.0.0.1', socket.address().port);
  for (let id = 0; id < 5; id++) listener.receive(buildNumberedQuery(id), client);
  assert.equal(echo.calls.queries, 2);
  assert.equal(events.of('udpSendBacklog'), 3);
  await waitUntil(() => responses.length === 2);
  listener.receive(buildNumberedQuery(5), client);
  await waitUntil(() => responses.length === 3);
  assert.deepEqual(responses[2], expectedEcho(buildNumberedQuery(5)));
});

test('UdpPlainListener survives and counts a response that the kernel refuses', async (t) => {
  const { listener, events } = await serve(t, { maxPendingResponses: 1 });
  const { socket, responses } = await createClient(t);
  // A socket that may not broadcast is refused it: EACCES.
  listener.receive(buildNumberedQuery(1), remoteInfo('255.255.255.255', 53));
  await waitUntil(() => events.of('udpSendError') === 1);
  await send(socket, listener, buildNumberedQuery(2));
  await waitUntil(() => responses.length === 1);
});

test('UdpPlainListener.answer() sends what comes later to whom it is for', async (t) => {
  const { listener, events } = await serve(t, {});
  const { socket, responses } = await createClient(t);
  const replyTo = new Uint8Array(REPLY_TO_BYTES);
  const { port } = socket.address();
  putSockaddr(replyTo, 0, { address: Uint8Array.of(127, 0, 0, 1), port });
  listener.answer({ replyTo, ticket: 0, response: new Uint8Array(1233) });
  assert.equal(events.of('udpSendBacklog'), 1, 'longer than any answer over UDP');
  listener.answer({ replyTo, ticket: 0, response: Uint8Array.of(1, 2, 3) });
  await waitUntil(() => responses.length === 1);
  assert.deepEqual([...responses[0]], [1, 2, 3]);
});
