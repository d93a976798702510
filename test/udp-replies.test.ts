/** Answers of the main thread, gathered and sent on a responder's socket. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { suite, type TestContext, test } from 'node:test';
import { REPLY_TO_BYTES } from '../src/socket/datagram-batch.ts';
import { putSockaddr } from '../src/socket/sockaddr.ts';
import { UdpReplies } from '../src/udp-replies.ts';
import { until } from './support/fake-clock.ts';
import { noBatches, testLibc } from './support/libc.ts';
import { openUdpPeer } from './support/udp-peer.ts';

const LOOPBACK = Uint8Array.of(127, 0, 0, 1);

async function start(t: TestContext) {
  const { handle, socket } = openUdpPeer(testLibc(), LOOPBACK);
  const client = createSocket('udp4');
  client.bind(0, '127.0.0.1');
  await once(client, 'listening');
  const received: Buffer[] = [];
  client.on('message', (message) => received.push(message));
  t.after(() => {
    client.close();
    socket.close();
  });
  let lost = 0;
  const replies = new UdpReplies(testLibc(), () => lost++);
  const replyTo = (port = client.address().port) => {
    const bytes = new Uint8Array(REPLY_TO_BYTES);
    putSockaddr(bytes, 0, { address: LOOPBACK, port });
    return bytes;
  };
  const add = (response: Uint8Array, port?: number) =>
    replies.add(handle, { replyTo: replyTo(port), ticket: 0, response });
  return { replies, add, received, lost: () => lost };
}

suite('batched sockets', { skip: noBatches }, () => {
  test('UdpReplies sends what a turn has gathered, more than a batch as well, each as it was', async (t) => {
    const { add, received, lost } = await start(t);
    const buffer = new Uint8Array(600);
    for (let i = 0; i < 100; i++) {
      // Whoever gives it uses its memory again.
      buffer.fill(i);
      assert.equal(add(buffer.subarray(0, 12 + i * 5)), true);
    }
    await until('all', () => received.length === 100);
    for (const [i, message] of received.entries()) {
      assert.deepEqual(message, Buffer.alloc(12 + i * 5, i));
    }
    assert.equal(lost(), 0);
  });

  test('UdpReplies.flush() sends at once, and nothing twice', async (t) => {
    const { replies, add, received } = await start(t);
    add(new Uint8Array(12));
    replies.flush();
    replies.flush();
    add(new Uint8Array(13));
    await until('both', () => received.length === 2);
    assert.deepEqual(
      received.map(({ length }) => length),
      [12, 13],
    );
  });

  test('UdpReplies takes nothing that is longer than a datagram may be', async (t) => {
    const { add, received } = await start(t);
    assert.equal(add(new Uint8Array(1233)), false);
    assert.equal(add(new Uint8Array(1232)), true);
    await until('one', () => received.length === 1);
    assert.equal(received[0].length, 1232);
  });

  test('UdpReplies goes on behind an answer that the kernel does not take', async (t) => {
    const { add, received, lost } = await start(t);
    add(Uint8Array.of(1));
    // Port 0 is nobody's.
    add(Uint8Array.of(2), 0);
    add(Uint8Array.of(3));
    await until('others', () => received.length === 2);
    assert.deepEqual([received.map(([byte]) => byte), lost()], [[1, 3], 1]);
  });
});
