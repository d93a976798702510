/** What both ways promise in which queries leave by UDP. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { suite, type TestContext, test } from 'node:test';
import type { OutgoingEvents, OutgoingUdp } from '../../src/forwarder/outgoing-udp.ts';
import type { UpstreamAddress } from '../../src/forwarder/upstream-address.ts';
import { until } from '../support/fake-clock.ts';
import { IMPLEMENTATIONS, type Implementation } from '../support/test-forwarder.ts';

const QUERY = Uint8Array.from({ length: 40 }, (_, i) => i);

class Events implements OutgoingEvents {
  readonly messages: Buffer[] = [];
  refusals = 0;

  onMessage(message: Uint8Array, length: number): void {
    this.messages.push(Buffer.from(message.subarray(0, length)));
  }

  onRefused(): void {
    this.refusals++;
  }
}

function open(t: TestContext, implementation: Implementation): OutgoingUdp {
  const udp = implementation.open();
  t.after(() => udp.close());
  return udp;
}

async function bind(t: TestContext): Promise<{ socket: Socket; upstream: UpstreamAddress }> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => socket.close());
  const { port } = socket.address();
  return { socket, upstream: { transport: 'udp', address: '127.0.0.1', port, serverName: '' } };
}

/** A port at which nobody listens. */
async function closedPort(): Promise<UpstreamAddress> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return { transport: 'udp', address: '127.0.0.1', port, serverName: '' };
}

for (const implementation of IMPLEMENTATIONS) {
  suite(`UDP by ${implementation.name}`, { skip: implementation.skip }, () => {
    test('a query leaves as it is, and what comes back is told until the socket is closed', async (t) => {
      const { socket, upstream } = await bind(t);
      const events = new Events();
      const outgoing = open(t, implementation).open(upstream, events);
      assert.equal(outgoing?.send(QUERY), true);
      const [message, { port }] = await once(socket, 'message');
      assert.deepEqual(new Uint8Array(message), QUERY);
      socket.send('one', port, '127.0.0.1');
      socket.send('two', port, '127.0.0.1');
      await until('both', () => events.messages.length === 2);
      assert.deepEqual(events.messages.map(String), ['one', 'two']);
      outgoing?.close();
      outgoing?.close();
      assert.equal(outgoing?.send(QUERY), false);
    });

    test('nothing is taken from another port or another address', async (t) => {
      const { socket, upstream } = await bind(t);
      const other = await bind(t);
      const events = new Events();
      const outgoing = open(t, implementation).open(upstream, events);
      outgoing?.send(QUERY);
      const [, { port }] = await once(socket, 'message');
      const elsewhere = createSocket('udp4');
      t.after(() => elsewhere.close());
      elsewhere.bind(upstream.port, '127.0.0.2');
      await once(elsewhere, 'listening');
      other.socket.send('other port', port, '127.0.0.1');
      elsewhere.send('other address', port, '127.0.0.1');
      socket.send('right', port, '127.0.0.1');
      await until('one', () => events.messages.length > 0);
      assert.deepEqual(events.messages.map(String), ['right']);
      outgoing?.close();
    });

    test('a closed port is told of, to the query that was sent there and to no later one', async (t) => {
      const { socket, upstream } = await bind(t);
      const closed = await closedPort();
      const udp = open(t, implementation);
      const refused = new Events();
      const first = udp.open(closed, refused);
      first?.send(QUERY);
      await until('refusal', () => refused.refusals === 1);
      first?.close();
      // This one is closed before anybody has read what the system says of it.
      const unread = udp.open(closed, new Events());
      unread?.send(QUERY);
      unread?.close();
      const events = new Events();
      const next = udp.open(upstream, events);
      assert.equal(next?.send(QUERY), true);
      const [, { port }] = await once(socket, 'message');
      socket.send('right', port, '127.0.0.1');
      await until('one', () => events.messages.length > 0);
      assert.equal(events.refusals, 0);
      next?.close();
    });

    test('a query that is sent again is refused as the first one was', async (t) => {
      const events = new Events();
      const outgoing = open(t, implementation).open(await closedPort(), events);
      outgoing?.send(QUERY);
      outgoing?.send(QUERY);
      await until('refusal', () => events.refusals > 0);
      outgoing?.close();
    });

    test('every query has a port of its own, also when sockets are used again', async (t) => {
      const { socket, upstream } = await bind(t);
      const udp = open(t, implementation);
      const ports = new Set<number>();
      for (let i = 0; i < 200; i++) {
        const outgoing = udp.open(upstream, new Events());
        outgoing?.send(QUERY);
        const [, { port }] = await once(socket, 'message');
        ports.add(port);
        outgoing?.close();
      }
      assert.ok(ports.size > 190, `${ports.size}`);
    });

    test('an address to which there is no way is refused, or gets no socket', async (t) => {
      const events = new Events();
      const upstream = { transport: 'udp', address: '255.255.255.255', port: 53, serverName: '' };
      const outgoing = open(t, implementation).open(upstream as UpstreamAddress, events);
      outgoing?.send(QUERY);
      if (outgoing !== undefined) await until('refusal', () => events.refusals > 0);
      outgoing?.close();
    });
  });
}
