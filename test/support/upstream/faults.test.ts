import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { until } from '../fake-clock.ts';
import { buildQuery, printResponse } from '../records.ts';
import {
  delay,
  endConnections,
  type Fault,
  first,
  ignoreEdns,
  lose,
  overUdp,
  refuseEdns,
  replaceBy,
  truncateDatagrams,
} from './faults.ts';
import { forge, forgeOnly } from './forgeries.ts';
import { startWithClient, type UpstreamWithClient } from './upstream-with-client.ts';

const WWW = 'www.example A';
const EDNS = { payloadBytes: 1232 };
const FORGED = { answers: ['www.example 300 A 203.0.113.66'] };

function start(t: TestContext, ...faults: Fault[]): Promise<UpstreamWithClient> {
  return startWithClient(t, { faults });
}

test('lose() loses its share of datagrams, the same for the same seed', async (t) => {
  const survivors = async () => {
    const { upstream, client } = await start(t, lose(0.3, 42));
    for (let id = 0; id < 200; id++) client.send(WWW, upstream.port, { id });
    await upstream.received(200);
    // Whatever was not lost has left before this, and the loss is over.
    upstream.faults = [];
    client.send(WWW, upstream.port, { id: 999 });
    const ids = () => client.received.map(({ bytes }) => bytes.readUInt16BE());
    await until('the last', () => ids().includes(999));
    return ids();
  };
  const ids = await survivors();
  assert.ok(ids.length > 120 && ids.length < 165, `${ids.length} of 200`);
  assert.deepEqual(await survivors(), ids);
});

test('lose() loses nothing of a connection', async (t) => {
  const { connect } = await start(t, lose(1));
  const stream = await connect();
  stream.send(buildQuery(WWW));
  assert.equal((await stream.receive(1)).length, 1);
});

test('delay() holds answers back', async (t) => {
  const { upstream, client } = await start(t, first(1, delay(100)));
  const startedAt = performance.now();
  client.send(WWW, upstream.port, { id: 1 });
  client.send(WWW, upstream.port, { id: 2 });
  const ids = (await client.receive(2)).map(({ bytes }) => bytes.readUInt16BE());
  assert.deepEqual(ids, [2, 1]);
  assert.ok(performance.now() - startedAt >= 99);
});

test('truncateDatagrams() answers with TC over UDP alone', async (t) => {
  const { upstream, client, connect } = await start(t, truncateDatagrams());
  const { flags, answer, payloadBytes } = await client.ask(WWW, upstream.port, EDNS);
  assert.deepEqual([flags, answer, payloadBytes], ['qr tc rd ra', [], 1232]);
  const stream = await connect();
  stream.send(buildQuery(WWW));
  const whole = printResponse((await stream.receive(1))[0]);
  assert.deepEqual([whole.flags, whole.answer.length], ['qr rd ra', 1]);
});

test('refuseEdns() answers well only what has no OPT record', async (t) => {
  for (const rcode of ['FORMERR', 'NOTIMP'] as const) {
    const { upstream, client } = await start(t, refuseEdns(rcode));
    const refused = await client.ask(WWW, upstream.port, EDNS);
    assert.deepEqual([refused.status, refused.payloadBytes], [rcode, 0]);
    const plain = await client.ask(WWW, upstream.port);
    assert.deepEqual([plain.status, plain.answer.length], ['NOERROR', 1]);
  }
});

test('ignoreEdns() answers without OPT', async (t) => {
  const { upstream, client } = await start(t, ignoreEdns());
  const { status, payloadBytes, answer } = await client.ask(WWW, upstream.port, EDNS);
  assert.deepEqual([status, payloadBytes, answer.length], ['NOERROR', 0, 1]);
});

test('replaceBy() sends garbage', async (t) => {
  const { upstream, client } = await start(t, overUdp(replaceBy(Buffer.from('garbage'))));
  client.send(WWW, upstream.port);
  assert.equal((await client.receive(1))[0].bytes.toString(), 'garbage');
});

test('connections end within, after and in place of an answer', async (t) => {
  const endings = [
    ['closed', 1],
    ['cut', 0],
    ['closed without answer', 0],
  ] as const;
  for (const [ending, responses] of endings) {
    const { connect } = await start(t, endConnections(ending));
    const stream = await connect();
    let receivedBytes = 0;
    stream.socket.on('data', ({ length }) => {
      receivedBytes += length;
    });
    stream.send(buildQuery(WWW));
    await until('end', () => stream.hasEnded);
    assert.equal(stream.responses.length, responses, ending);
    assert.equal(receivedBytes > 0, ending !== 'closed without answer', ending);
  }
});

test('forge() sends what must not be believed before what may be', async (t) => {
  const { upstream, client } = await start(
    t,
    forge(['other ID', 'other name', 'other type', 'no question', 'a query'], FORGED),
  );
  client.send(WWW, upstream.port, { id: 8 });
  const datagrams = await client.receive(6);
  assert.ok(datagrams.every(({ from }) => from === upstream.address));
  assert.deepEqual(
    datagrams.map(({ bytes }) => {
      const { flags, question, answer } = printResponse(bytes);
      return [bytes.readUInt16BE(), flags, question[0], answer[0].split(' ')[4]];
    }),
    [
      [9, 'qr rd ra', 'www.example. IN A', '203.0.113.66'],
      [8, 'qr rd ra', 'not-www.example. IN A', '203.0.113.66'],
      [8, 'qr rd ra', 'www.example. IN MX', '203.0.113.66'],
      [8, 'qr rd ra', undefined, '203.0.113.66'],
      [8, 'rd ra', 'www.example. IN A', '203.0.113.66'],
      [8, 'qr rd ra', 'www.example. IN A', '192.0.2.1'],
    ],
  );
});

test('forgeOnly() sends from ports and addresses that were not asked', async (t) => {
  const { upstream, client } = await start(t, forgeOnly(['other port', 'other address'], FORGED));
  client.send(WWW, upstream.port);
  const sources = (await client.receive(2)).map(({ from }) => from).sort();
  assert.deepEqual(sources[1], `127.0.0.2:${upstream.port}`);
  assert.match(sources[0], /^127\.0\.0\.1:/);
  assert.notEqual(sources[0], upstream.address);
});
