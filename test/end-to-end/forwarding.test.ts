/** Names outside the cluster, by real queries to the whole server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import packet from 'dns-packet';
import { asked, startForwarding } from '../support/forwarding-app.ts';
import { buildQuery, printResponse } from '../support/records.ts';
import { DatagramClient } from '../support/upstream/datagram-client.ts';
import { delay } from '../support/upstream/faults.ts';

test('the names of a search path end here, and only the last one goes out', async (t) => {
  const { ask, upstream } = await startForwarding(t);
  for (const type of ['A', 'AAAA']) {
    for (const suffix of ['.shop.svc.cluster.local', '.svc.cluster.local', '.cluster.local']) {
      const { status, flags } = await ask(`www.example${suffix} ${type}`);
      assert.deepEqual([status, flags], ['NXDOMAIN', 'qr aa rd ra']);
    }
    assert.equal((await ask(`www.example ${type}`)).answer.length, 1);
  }
  const names = upstream.queries.map(({ name }) => name.toLowerCase());
  assert.deepEqual(new Set(names.filter((name) => name !== '.')), new Set(['www.example']));
});

test('an ExternalName is resolved, A and AAAA, and given also where its target fails', async (t) => {
  const { ask, upstream } = await startForwarding(t);
  const answer = upstream.answer;
  upstream.answer = (query) =>
    /^failing/i.test(query.name) ? { rcode: 'SERVFAIL' } : answer(query);
  const expected: readonly (readonly [string, string, readonly string[]])[] = [
    ['www A', 'NOERROR', ['www.example. 300 IN A 192.0.2.1']],
    ['www AAAA', 'NOERROR', ['www.example. 300 IN AAAA 2001:db8::1']],
    ['four AAAA', 'NOERROR', []],
    ['missing A', 'NXDOMAIN', []],
    ['missing AAAA', 'NXDOMAIN', []],
    ['failing A', 'SERVFAIL', []],
    ['failing AAAA', 'SERVFAIL', []],
  ];
  // The second time from the cache.
  for (let round = 0; round < 2; round++) {
    for (const [question, status, records] of expected) {
      const [name, type] = question.split(' ');
      const printed = await ask(`${name}.out.svc.cluster.local ${type}`);
      const alias = `${name}.out.svc.cluster.local. 5 IN CNAME ${name}.example.`;
      const withoutTtl = (line: string) => line.replace(/ \d+ IN/, ' IN');
      assert.equal(printed.status, status, question);
      assert.deepEqual(
        printed.answer.map(withoutTtl),
        [alias, ...records].map(withoutTtl),
        question,
      );
      assert.ok(printed.flags.includes('ra'));
    }
  }
  for (const name of ['www', 'missing', 'failing']) {
    assert.deepEqual(asked(upstream, `${name}.example`), ['A', 'AAAA']);
  }
});

test('a large answer has TC over UDP, by the size that the client takes, and is whole over TCP', async (t) => {
  const { ask, connect } = await startForwarding(t);
  for (const name of ['big.example', 'big.out.svc.cluster.local']) {
    for (const payloadBytes of [undefined, 800, 4096]) {
      const options = payloadBytes === undefined ? {} : { payloadBytes };
      const { flags, bytes, answer } = await ask(`${name} A`, options);
      assert.ok(flags.includes('tc') && answer.length > 10);
      assert.ok(bytes <= Math.min(payloadBytes ?? 512, 1232), `${bytes}`);
    }
    const stream = await connect();
    stream.send(buildQuery(`${name} A`));
    const whole = printResponse((await stream.receive(1))[0]);
    const addresses = whole.answer.filter((line) => line.includes(' IN A '));
    assert.deepEqual([addresses.length, whole.flags.includes('tc')], [100, false]);
  }
});

test('what a client says of itself does not go on to the upstream', async (t) => {
  const { client, port, upstream } = await startForwarding(t);
  const opt = {
    type: 'OPT',
    name: '.',
    udpPayloadSize: 4096,
    flags: 0,
    options: [
      { code: 8, data: Buffer.from([0, 1, 24, 0, 192, 0, 2]) },
      { code: 10, data: Buffer.alloc(8, 1) },
    ],
  };
  const query = packet.encode({
    type: 'query',
    id: 9,
    flags: packet.RECURSION_DESIRED,
    questions: [{ type: 'A', name: 'www.example' }],
    additionals: [opt as never],
  });
  client.sendBytes(query, port);
  const [{ bytes }] = await client.receive(1);
  const { status, payloadBytes } = printResponse(bytes);
  assert.deepEqual([status, payloadBytes], ['NOERROR', 1232]);
  const { edns } = upstream.queries.find(({ name }) => name !== '.') ?? assert.fail();
  assert.deepEqual([edns?.payloadBytes, edns?.options], [1232, []]);
});

test('two hundred clients that ask for one name make one query, also when it fails', async (t) => {
  const { port, upstream } = await startForwarding(t, { upstream: { faults: [delay(50)] } });
  const answer = upstream.answer;
  upstream.answer = (query) =>
    /^failing/i.test(query.name) ? { rcode: 'SERVFAIL' } : answer(query);
  for (const [name, status] of [
    ['www.example', 'NOERROR'],
    ['failing.example', 'SERVFAIL'],
  ]) {
    const clients = await Promise.all(Array.from({ length: 200 }, () => DatagramClient.open()));
    t.after(() => clients.map((each) => each.close()));
    const all = await Promise.all(clients.map((each) => each.ask(`${name} A`, port)));
    assert.deepEqual(new Set(all.map((each) => each.status)), new Set([status]));
    // One that takes long is asked for once more.
    assert.ok(asked(upstream, name).length <= 2, `${asked(upstream, name).length}`);
  }
});

test('queries of other opcodes and classes, and those without RD, do not go out', async (t) => {
  const { ask, upstream } = await startForwarding(t);
  assert.equal((await ask('www.example A', { flags: 0x0100 | (2 << 11) })).status, 'NOTIMP');
  assert.equal((await ask('www.example A', { class: 'CH' })).status, 'REFUSED');
  assert.equal((await ask('www.example A', { flags: 0 })).status, 'REFUSED');
  assert.deepEqual(asked(upstream, 'www.example'), []);
});
