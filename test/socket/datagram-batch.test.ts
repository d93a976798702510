import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { suite, test } from 'node:test';
import {
  type BatchShape,
  createBatchMemory,
  DatagramBatch,
  REPLY_TO_BYTES,
} from '../../src/socket/datagram-batch.ts';
import { AF_INET, type Libc } from '../../src/socket/libc.ts';
import { putSockaddr } from '../../src/socket/sockaddr.ts';
import { noBatches, testLibc } from '../support/libc.ts';
import { openUdpPeer, type UdpPeer } from '../support/udp-peer.ts';

const LOOPBACK = Uint8Array.of(127, 0, 0, 1);
const SHAPE: BatchShape = {
  slots: 8,
  receiveBytes: 128,
  sendBytes: 128,
  family: AF_INET,
  hasDestination: false,
};
const { EAGAIN } = constants.errno;

/** Sends datagrams of one byte each from a client to a server, and lets the server receive them. */
function receiveNumbered(client: UdpPeer, server: UdpPeer, count: number): DatagramBatch {
  const target = new Uint8Array(REPLY_TO_BYTES);
  putSockaddr(target, 0, { address: LOOPBACK, port: server.socket.port });
  for (let slot = 0; slot < count; slot++) {
    client.batch.setReplyTo(slot, target, 0);
    client.batch.responses[slot][0] = slot;
    client.batch.put(slot, 1);
  }
  assert.equal(client.batch.send(client.socket.fd), 0);
  assert.equal(server.batch.receive(server.socket.fd), count);
  return server.batch;
}

/** Answers a slot with its own number and `mark`. */
function answer(batch: DatagramBatch, slot: number, mark: number): void {
  batch.responses[slot][0] = batch.received[slot][0];
  batch.responses[slot][1] = mark;
  batch.put(slot, 2);
}

function receivedBy({ batch, socket }: UdpPeer): number[][] {
  const count = batch.receive(socket.fd);
  const all = Array.from({ length: Math.max(count, 0) }, (_, slot) => [
    ...batch.received[slot].subarray(0, batch.lengthOf(slot)),
  ]);
  batch.drop();
  return all;
}

suite('DatagramBatch', { skip: noBatches }, () => {
  const open = (t: { after: (end: () => void) => void }) => {
    const peers = [0, 1].map(() => openUdpPeer(testLibc(), LOOPBACK));
    t.after(() => {
      for (const { socket } of peers) socket.close();
    });
    return { client: peers[0], server: peers[1] };
  };

  test('send() leaves out what was not put', (t) => {
    const { client, server } = open(t);
    const batch = receiveNumbered(client, server, 5);
    for (let slot = batch.take(); slot !== -1; slot = batch.take()) {
      if (slot % 2 === 0) answer(batch, slot, 7);
    }
    assert.equal(batch.send(server.socket.fd), 0);
    assert.deepEqual(receivedBy(client), [
      [0, 7],
      [2, 7],
      [4, 7],
    ]);
    assert.equal(batch.receive(server.socket.fd), -EAGAIN);
  });

  test('another view of the memory goes on behind the datagram that was being answered', (t) => {
    const { client, server } = open(t);
    const dying = receiveNumbered(client, server, 5);
    answer(dying, dying.take(), 1);
    answer(dying, dying.take(), 1);
    assert.equal(dying.take(), 2, 'taken, and never answered: it may be what the thread died of');
    const next = new DatagramBatch(server.handle.memory, {
      shape: SHAPE_OF_PEER,
      libc: testLibc(),
    });
    assert.equal(next.hasRest, true);
    for (let slot = next.take(); slot !== -1; slot = next.take()) answer(next, slot, 2);
    assert.equal(next.send(server.socket.fd), 0);
    assert.equal(next.hasRest, false);
    assert.deepEqual(receivedBy(client), [
      [0, 1],
      [1, 1],
      [3, 2],
      [4, 2],
    ]);
  });

  test('another view of the memory sends what was ready and not sent, and nothing twice', (t) => {
    const { client, server } = open(t);
    const dying = receiveNumbered(client, server, 4);
    for (let slot = dying.take(); slot !== -1; slot = dying.take()) answer(dying, slot, 1);
    const scripted = scriptSends([2, -EAGAIN]);
    const half = new DatagramBatch(server.handle.memory, { shape: SHAPE_OF_PEER, libc: scripted });
    assert.equal(half.send(server.socket.fd), EAGAIN);
    const next = new DatagramBatch(server.handle.memory, {
      shape: SHAPE_OF_PEER,
      libc: testLibc(),
    });
    assert.equal(next.take(), -1);
    assert.equal(next.send(server.socket.fd), 0);
    assert.deepEqual(receivedBy(client), [
      [2, 1],
      [3, 1],
    ]);
  });

  test('send() goes on behind partial sends, and gives up what it is told to', () => {
    const memory = createBatchMemory(SHAPE);
    const scripted = scriptSends([3, -EAGAIN, -EAGAIN, 2, -constants.errno.EACCES, 2]);
    const batch = new DatagramBatch(memory, { shape: SHAPE, libc: scripted });
    for (let slot = 0; slot < 8; slot++) batch.put(slot, 1);
    assert.equal(batch.send(1), EAGAIN);
    assert.equal(batch.send(1), EAGAIN);
    assert.equal(batch.send(1), constants.errno.EACCES);
    batch.skip();
    assert.equal(batch.send(1), 0);
    const asked = scripted.asked.map(({ at, count }) => [at, count]);
    assert.deepEqual(asked, [
      [0, 8],
      [3, 5],
      [3, 5],
      [3, 5],
      [5, 3],
      [6, 2],
    ]);
    batch.put(0, 1);
    assert.equal(batch.drop(), 1);
    assert.equal(batch.send(1), 0);
    assert.equal(scripted.asked.length, 6);
  });

  test('lengthOf() gives the whole length of a datagram that was cut', (t) => {
    const { client, server } = open(t);
    const small = { ...SHAPE, receiveBytes: 64 };
    const cut = new DatagramBatch(createBatchMemory(small), { shape: small, libc: testLibc() });
    const target = new Uint8Array(REPLY_TO_BYTES);
    putSockaddr(target, 0, { address: LOOPBACK, port: server.socket.port });
    client.batch.setReplyTo(0, target, 0);
    client.batch.put(0, 100);
    client.batch.send(client.socket.fd);
    assert.equal(cut.receive(server.socket.fd), 1);
    assert.equal(cut.lengthOf(0), 100);
    assert.equal(cut.portOf(0), client.socket.port);
  });
});

/** As `openUdpPeer()` makes them. */
const SHAPE_OF_PEER: BatchShape = {
  slots: 64,
  receiveBytes: 2048,
  sendBytes: 1232,
  family: AF_INET,
  hasDestination: false,
};

const HEADER_BYTES = 64;

/** The C library, but sendmmsg() gives these results in turn, and does not send. */
function scriptSends(results: number[]): Libc & { asked: { at: number; count: number }[] } {
  const asked: { at: number; count: number }[] = [];
  let errno = 0;
  let first: number | undefined;
  return {
    ...testLibc(),
    asked,
    errno: () => errno,
    sendmmsg(_fd, headers, count) {
      first ??= headers;
      asked.push({ at: (headers - first) / HEADER_BYTES, count });
      const result = results.shift() ?? count;
      errno = result < 0 ? -result : 0;
      return result < 0 ? -1 : result;
    },
  };
}
