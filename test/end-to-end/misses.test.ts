/** What no zone of ours holds goes to the main thread and comes back, by every transport. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AnswerMiss, formatClient, type MissedQuery } from '../../src/misses.ts';
import { noBatches } from '../support/libc.ts';
import { Load } from '../support/load.ts';
import { buildQuery, printResponse } from '../support/records.ts';
import { startTestApp } from '../support/running-app.ts';
import { TcpClient } from '../support/tcp-client.ts';
import { waitUntil } from '../support/transport.ts';

/** An empty NOERROR to the query. */
function emptyAnswer({ query }: MissedQuery): Uint8Array {
  const response = Uint8Array.from(query);
  response[2] |= 0x80;
  response[3] |= 0x80;
  return response;
}

/** Somebody who takes time. */
function slowly(answer: (missed: MissedQuery) => Promise<Uint8Array>): AnswerMiss {
  return (missed, reply) => {
    answer(missed).then(reply, () => reply(undefined));
  };
}

async function createClient(t: { after: (end: () => void) => void }, port: number) {
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  const responses: Buffer[] = [];
  socket.on('message', (response) => responses.push(response));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    responses,
    port: socket.address().port,
    send: (message: Uint8Array) => socket.send(message, port, '127.0.0.1'),
  };
}

for (const io of ['dgram', 'batch']) {
  suite(`io: ${io}`, { skip: io === 'batch' ? noBatches : false }, () => {
    test('a miss is answered over UDP, with its client and the time it came', async (t) => {
      const seen: MissedQuery[] = [];
      const { app, metric } = await startTestApp(t, {
        overrides: { io },
        answerMiss: slowly(async (missed) => {
          seen.push(missed);
          return emptyAnswer(missed);
        }),
      });
      const client = await createClient(t, app.listen[0].port);
      client.send(buildQuery('example.org MX', { id: 77 }));
      await waitUntil(() => client.responses.length === 1);
      const { status, flags, question } = printResponse(client.responses[0]);
      assert.deepEqual([status, flags, question], ['NOERROR', 'qr rd ra', ['example.org. IN MX']]);
      assert.equal(client.responses[0].readUInt16BE(), 77);
      assert.deepEqual(formatClient(seen[0]), { address: '127.0.0.1', port: client.port });
      assert.equal(seen[0].protocol, 'udp');
      const [seconds] = process.hrtime();
      assert.ok(Math.abs(seen[0].arrivedAt / 1000 - seconds) < 10);
      assert.equal(await metric('vipdns_dns_queries_handed_on_total'), 1);
      assert.equal(await metric('vipdns_dns_responses_total{rcode="NOERROR"}'), 1);
      assert.equal(await metric('vipdns_dns_request_duration_seconds_count'), 0);
      assert.equal(await metric('vipdns_dns_handed_on_duration_seconds_count'), 1);
    });

    test('a miss whose answer fails, or is too long, gets SERVFAIL or silence, and others go on', async (t) => {
      const { app } = await startTestApp(t, {
        overrides: { io },
        answerMiss: slowly(async (missed) => {
          const text = Buffer.from(missed.query).toString('latin1');
          if (text.includes('fails')) throw new Error('upstream is away');
          return text.includes('long') ? new Uint8Array(1300) : emptyAnswer(missed);
        }),
      });
      const client = await createClient(t, app.listen[0].port);
      client.send(buildQuery('fails.example.org A', { id: 1 }));
      await waitUntil(() => client.responses.length === 1);
      const { status, flags } = printResponse(client.responses[0]);
      assert.deepEqual([status, flags], ['SERVFAIL', 'qr rd ra']);
      client.send(buildQuery('long.example.org A', { id: 2 }));
      client.send(buildQuery('example.org A', { id: 3 }));
      await waitUntil(() => client.responses.length === 2);
      assert.equal(client.responses[1].readUInt16BE(), 3);
    });

    test('misses over TCP come back on their connection, while cluster names are answered at once', async (t) => {
      const waiting: (() => void)[] = [];
      const { app } = await startTestApp(t, {
        overrides: { io },
        answerMiss: slowly(async (missed) => {
          await new Promise<void>((resolve) => waiting.push(resolve));
          return emptyAnswer(missed);
        }),
      });
      const client = await TcpClient.connect({ ...app.listen[0], family: 'IPv4' });
      t.after(() => client.socket.destroy());
      client.send(
        buildQuery('example.org A', { id: 1 }),
        buildQuery('web.shop.svc.cluster.local A', { id: 2 }),
        buildQuery('example.org AAAA', { id: 3 }),
      );
      await client.receive(1);
      assert.equal(client.responses[0].readUInt16BE(), 2);
      await waitUntil(() => waiting.length === 2);
      waiting[1]();
      await client.receive(2);
      waiting[0]();
      const ids = (await client.receive(3)).map((response) => response.readUInt16BE());
      assert.deepEqual(ids, [2, 3, 1]);
    });

    test('thousands of misses a second are answered, and stop() finishes those under way', async (t) => {
      const { app } = await startTestApp(t, {
        overrides: { io, responders: 2 },
        answerMiss: slowly(async (missed) => {
          await sleep(20);
          return emptyAnswer(missed);
        }),
      });
      const load = new Load('example.org A', { port: app.listen[0].port, perSecond: 4000 });
      await sleep(1000);
      assert.ok(load.answered > 1000, `${load.answered} of ${load.sent}`);
      const stopped = load.stop();
      // Plain sockets close with their thread; what the main thread answers later goes by its own.
      if (io === 'dgram') await stopped;
      await app.stop();
      await stopped;
      assert.equal(load.sent - load.answered, 0);
      assert.equal(load.failed, 0);
    });

    test('without anybody to answer it, a miss is refused', async (t) => {
      const { app, metric } = await startTestApp(t, { overrides: { io } });
      const client = await createClient(t, app.listen[0].port);
      client.send(buildQuery('example.org A'));
      await waitUntil(() => client.responses.length === 1);
      const { status, flags } = printResponse(client.responses[0]);
      assert.deepEqual([status, flags], ['REFUSED', 'qr rd']);
      assert.equal(await metric('vipdns_dns_queries_handed_on_total'), 0);
    });
  });
}
