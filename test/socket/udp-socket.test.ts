import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { constants } from 'node:os';
import { suite, type TestContext, test } from 'node:test';
import { SocketError, UdpSocket, type UdpSocketOptions } from '../../src/socket/udp-socket.ts';
import { hasIpv6 } from '../support/ipv6.ts';
import { noBatches, testLibc } from '../support/libc.ts';
import { waitUntil } from '../support/transport.ts';

const LOOPBACK = Uint8Array.of(127, 0, 0, 1);
const LOOPBACK6 = Uint8Array.of(...new Uint8Array(15), 1);
function open(t: TestContext, options: Partial<UdpSocketOptions> = {}): UdpSocket {
  const socket = UdpSocket.open({
    libc: testLibc(),
    address: LOOPBACK,
    port: 0,
    receiveBufferBytes: 65_536,
    ...options,
  });
  t.after(() => socket.close());
  return socket;
}

suite('UdpSocket', { skip: noBatches }, () => {
  test('open() throws SocketError with the system error number', (t) => {
    const { port } = open(t);
    const errnoOf = (options: Partial<UdpSocketOptions>) => {
      try {
        open(t, options);
      } catch (error) {
        assert.ok(error instanceof SocketError);
        return -error.errno;
      }
      return 0;
    };
    assert.equal(errnoOf({ port }), constants.errno.EADDRINUSE);
    assert.equal(errnoOf({ address: Uint8Array.of(192, 0, 2, 1) }), constants.errno.EADDRNOTAVAIL);
  });

  test('open() shares a port only with sockets that share it, too', (t) => {
    const { port } = open(t, { reusePort: true });
    assert.equal(open(t, { port, reusePort: true }).port, port);
    assert.throws(() => open(t, { port }), SocketError);
  });

  test('open() takes the IPv6 wildcard and the IPv4 one on one port', { skip: !hasIpv6 }, (t) => {
    const ipv6 = open(t, { address: new Uint8Array(16) });
    const ipv4 = open(t, { address: new Uint8Array(4), port: ipv6.port });
    assert.equal(ipv4.tellsDestination && ipv6.tellsDestination, true);
    assert.equal(open(t, { address: LOOPBACK6 }).tellsDestination, false);
  });

  test('readMemory() counts what the kernel dropped for want of room, and what waits', async (t) => {
    const socket = open(t, { receiveBufferBytes: 4096 });
    assert.deepEqual(
      { ...socket.readMemory(), receiveBufferBytes: 0 },
      { drops: 0, queuedBytes: 0, receiveBufferBytes: 0 },
    );
    const client = createSocket('udp4');
    t.after(() => client.close());
    const sent = 100;
    for (let i = 0; i < sent; i++) client.send(Buffer.alloc(500), socket.port, '127.0.0.1');
    await waitUntil(() => socket.readMemory().drops > sent / 2);
    const { drops, queuedBytes, receiveBufferBytes } = socket.readMemory();
    assert.ok(drops < sent, `${drops} of ${sent} dropped, the first ones fit`);
    assert.ok(queuedBytes > 0 && receiveBufferBytes >= 4096);
  });

  test('close() may be called twice, and readMemory() after it', (t) => {
    const socket = open(t);
    socket.close();
    socket.close();
    assert.equal(socket.readMemory().drops, 0);
  });
});
