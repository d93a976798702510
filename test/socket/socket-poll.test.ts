import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { suite, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel, Worker } from 'node:worker_threads';
import { openPoll, SocketPoll } from '../../src/socket/socket-poll.ts';
import { noBatches, testLibc } from '../support/libc.ts';
import { openUdpPeer } from '../support/udp-peer.ts';

const LOOPBACK = Uint8Array.of(127, 0, 0, 1);

/** A socket that is watched, and read when it can be; `send` puts a datagram into it. */
function watch(t: TestContext) {
  const libc = testLibc();
  const epollFd = openPoll(libc);
  const poll = new SocketPoll(libc, epollFd);
  const { socket, batch } = openUdpPeer(libc, LOOPBACK);
  let read = 0;
  poll.watch(socket.fd, () => {
    read += Math.max(batch.receive(socket.fd), 0);
    batch.drop();
  });
  const client = openUdpPeer(libc, LOOPBACK);
  const target = new Uint8Array(72);
  target.set([2, 0, socket.port >> 8, socket.port & 255, ...LOOPBACK]);
  t.after(() => {
    poll.unwatch(socket.fd);
    libc.close(epollFd);
    socket.close();
    client.socket.close();
  });
  return {
    poll,
    socket,
    reads: () => read,
    send() {
      client.batch.setReplyTo(0, target, 0);
      client.batch.put(0, 1);
      assert.equal(client.batch.send(client.socket.fd), 0);
    },
  };
}

suite('SocketPoll', { skip: noBatches }, () => {
  test('timers are late by no more than a wait, however datagrams trickle in', async (t) => {
    const { socket, reads } = watch(t);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 100);
    t.after(() => clearInterval(timer));
    // From another thread: a timer of this one would end each wait.
    const wake = new Worker(
      `const { workerData } = require('node:worker_threads');
       const socket = require('node:dgram').createSocket('udp4');
       setInterval(() => socket.send('x', workerData, '127.0.0.1'), 90);`,
      { eval: true, workerData: socket.port },
    );
    t.after(() => wake.terminate());
    await sleep(2000);
    assert.ok(reads() > 10, `${reads()} datagrams`);
    assert.ok(ticks >= 9, `${ticks} ticks of 100 ms in 2 s`);
  });

  test('TCP, messages and timers come through while nothing else happens', async (t) => {
    watch(t);
    const server = createServer((socket) => socket.end('hello'));
    t.after(() => server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const startedAt = performance.now();
    for (let i = 0; i < 20; i++) {
      const socket = connect((server.address() as { port: number }).port, '127.0.0.1');
      const [data] = await once(socket, 'data');
      assert.equal(String(data), 'hello');
      await once(socket, 'close');
    }
    const { port1, port2 } = new MessageChannel();
    t.after(() => port1.close());
    for (let i = 0; i < 20; i++) {
      port2.postMessage(i);
      const [message] = await once(port1, 'message');
      assert.equal(message, i);
    }
    // With a wait of 100 ms for any of some hundred events it would be many seconds.
    assert.ok(performance.now() - startedAt < 2000, `${performance.now() - startedAt} ms`);
  });

  test('turnWithin() lets a timer be exact', async (t) => {
    const { poll } = watch(t);
    await sleep(50);
    const late: number[] = [];
    for (let i = 0; i < 10; i++) {
      const startedAt = performance.now();
      poll.turnWithin(1);
      await sleep(1);
      late.push(performance.now() - startedAt);
    }
    late.sort((a, b) => a - b);
    assert.ok(late[5] < 40, `${late[5]} ms for 1 ms`);
  });

  test('unwatch() ends the calls, and watch() begins them again', async (t) => {
    const { poll, socket, send, reads } = watch(t);
    send();
    while (reads() === 0) await sleep(1);
    poll.unwatch(socket.fd);
    send();
    await sleep(150);
    assert.equal(reads(), 1);
    let isCalled = false;
    poll.watch(socket.fd, () => {
      isCalled = true;
      poll.unwatch(socket.fd);
    });
    while (!isCalled) await sleep(1);
  });
});
