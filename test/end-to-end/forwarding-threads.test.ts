/** What is asked outside while threads start, die and stop, and while nobody answers there, by every transport. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { until } from '../support/fake-clock.ts';
import { asked, startForwarding } from '../support/forwarding-app.ts';
import { noBatches } from '../support/libc.ts';
import { buildQuery, printResponse } from '../support/records.ts';
import { DatagramClient } from '../support/upstream/datagram-client.ts';
import { delay } from '../support/upstream/faults.ts';

for (const io of ['dgram', 'batch']) {
  suite(`io: ${io}`, { skip: io === 'batch' ? noBatches : false }, () => {
    test('an answer is asked for once, then served from the cache, over UDP and TCP', async (t) => {
      const { ask, connect, upstream } = await startForwarding(t, { io });
      const first = await ask('wWw.example A');
      assert.deepEqual(
        [first.status, first.flags, first.answer],
        ['NOERROR', 'qr rd ra', ['www.example. 300 IN A 192.0.2.1']],
      );
      const stream = await connect();
      stream.send(
        buildQuery('www.example A', { id: 1 }),
        buildQuery('www.example AAAA', { id: 2 }),
      );
      const responses = (await stream.receive(2)).map((each) => printResponse(each));
      assert.deepEqual(new Set(responses.map(({ flags }) => flags)), new Set(['qr rd ra']));
      const again = await ask('www.example A', { payloadBytes: 1232 });
      assert.match(again.answer[0], /^www\.example\. (300|29\d) IN A 192\.0\.2\.1$/);
      assert.deepEqual(asked(upstream, 'www.example'), ['A', 'AAAA']);
    });

    test('names of the cluster are answered at once while upstreams are silent', async (t) => {
      const { client, port, upstream, ask } = await startForwarding(t, { io });
      upstream.silence();
      const outside = await DatagramClient.open();
      t.after(() => outside.close());
      for (let id = 0; id < 150; id++) outside.send(`n${id}.example A`, port, { id });
      for (let i = 0; i < 200; i++) {
        const { answer } = await ask('web.shop.svc.cluster.local A');
        assert.deepEqual(answer, ['web.shop.svc.cluster.local. 5 IN A 10.96.10.10']);
      }
      assert.equal(client.received.length, 200);
      assert.equal(outside.received.length, 0, 'it took as long as the upstream is waited for');
      const failed = (await outside.receive(150)).map(({ bytes }) => bytes[3] & 15);
      assert.deepEqual(new Set(failed), new Set([2]));
    });

    test('stop() answers what is under way at upstreams', async (t) => {
      const { app, client, port, upstream } = await startForwarding(t, {
        io,
        upstream: { faults: [delay(300)] },
      });
      // Plain sockets close with their thread; over TCP answers go by the connection.
      if (io === 'dgram') return;
      for (let id = 0; id < 100; id++) client.send('www.example A', port, { id });
      await upstream.received(1);
      await app.stop();
      const responses = await client.receive(100);
      assert.ok(responses.every(({ bytes }) => printResponse(bytes).answer.length === 1));
    });

    test('a responder or the zone thread that dies takes no question with it that is under way', async (t) => {
      const { app, client, port, metric, ask } = await startForwarding(t, {
        io,
        upstream: { faults: [delay(400)] },
        responders: 2,
      });
      const handedOn = 'vipdns_dns_queries_handed_on_total';
      for (let id = 0; id < 20; id++) client.send('www.out.svc.cluster.local A', port, { id });
      // What is in the hands of a thread that dies may be what it dies of.
      while ((await metric(handedOn)) !== 20);
      if (io === 'batch') await app.responders.terminate(0);
      await app.zone.terminate();
      const responses = await client.receive(20);
      assert.ok(responses.every(({ bytes }) => printResponse(bytes).answer.length === 2));
      await until('they run again', () => app.zone.isAlive);
      assert.equal((await ask('four.example A')).answer.length, 1);
    });
  });
}
