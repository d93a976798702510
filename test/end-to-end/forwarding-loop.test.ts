/** A forwarder that forwards to us what we forward to it: each query is answered, and few go round. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { buildQuery, printResponse } from '../support/records.ts';
import { startTestApp } from '../support/running-app.ts';

/** Relays whatever comes to another port of loopback, under IDs of its own, and answers back. */
class Relay {
  readonly socket: Socket = createSocket('udp4');
  /** Messages that came. */
  count = 0;
  #to = 0;

  static async start(t: TestContext): Promise<Relay> {
    const relay = new Relay();
    relay.socket.bind(0, '127.0.0.1');
    await once(relay.socket, 'listening');
    t.after(() => relay.socket.close());
    relay.socket.on('message', (query, { port }) => relay.#relay(query, port));
    return relay;
  }

  get address(): string {
    return `127.0.0.1:${this.socket.address().port}`;
  }

  relayTo(port: number): void {
    this.#to = port;
  }

  #relay(query: Buffer, port: number): void {
    this.count++;
    const asking = createSocket('udp4');
    asking.on('message', (response) => {
      response.writeUInt16BE(query.readUInt16BE());
      this.socket.send(response, port, '127.0.0.1');
      asking.close();
    });
    const copy = Buffer.from(query);
    copy.writeUInt16BE(this.count & 0xffff);
    asking.unref().send(copy, this.#to, '127.0.0.1');
  }
}

async function ask(t: TestContext, { port, question }: { port: number; question: string }) {
  const client = createSocket('udp4');
  t.after(() => client.close());
  client.send(buildQuery(question, { payloadBytes: 1232 }), port, '127.0.0.1');
  const [response] = await once(client, 'message', { signal: AbortSignal.timeout(4000) });
  return printResponse(response);
}

test('a query that comes back is SERVFAIL at once, told, and goes round once', async (t) => {
  const relay = await Relay.start(t);
  const { app, faults, metric } = await startTestApp(t, {
    overrides: { forward: [{ zones: ['.'], upstreams: [relay.address] }] },
  });
  const { port } = app.listen[0];
  relay.relayTo(port);
  const startedAt = performance.now();
  const { status, extendedErrors } = await ask(t, { port, question: 'www.example.org A' });
  assert.deepEqual([status, extendedErrors], ['SERVFAIL', [23]]);
  assert.ok(performance.now() - startedAt < 1000);
  // One for the question, and one of those that find out how far away an upstream is.
  assert.ok(relay.count <= 3, `${relay.count} messages`);
  assert.equal(await metric('vipdns_forward_loops_total'), 1);
  assert.equal(faults.filter(({ code }) => code === 'ERR_FORWARDING_LOOP').length, 1);
  const cluster = await ask(t, { port, question: 'web.shop.svc.cluster.local A' });
  assert.equal(cluster.status, 'NOERROR');
});

test('a loop through a second server of our kind goes round once', async (t) => {
  const relay = await Relay.start(t);
  const first = await startTestApp(t, {
    overrides: { forward: [{ zones: ['.'], upstreams: [relay.address] }] },
  });
  const { port } = first.app.listen[0];
  const second = await startTestApp(t, {
    overrides: { forward: [{ zones: ['.'], upstreams: [`127.0.0.1:${port}`] }] },
  });
  relay.relayTo(second.app.listen[0].port);
  const { status } = await ask(t, { port, question: 'www.example.org A' });
  assert.equal(status, 'SERVFAIL');
  assert.ok(relay.count <= 3, `${relay.count} messages`);
  assert.equal(await first.metric('vipdns_forward_loops_total'), 1);
});
