import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { test } from 'node:test';
import { checkServerIdentity, connect as connectTls } from 'node:tls';
import { until } from '../fake-clock.ts';
import { buildQuery, printResponse } from '../records.ts';
import { frame } from '../tcp-client.ts';
import { startWithClient } from './upstream-with-client.ts';

test('an upstream answers over UDP and keeps what it was asked', async (t) => {
  const { upstream, client } = await startWithClient(t);
  const options = { id: 7, payloadBytes: 1400, dnssecOk: true };
  const response = await client.ask('wWw.example A', upstream.port, options);
  assert.deepEqual(
    [response.status, response.flags, response.question, response.answer, response.payloadBytes],
    ['NOERROR', 'qr rd ra', ['wWw.example. IN A'], ['www.example. 300 IN A 192.0.2.1'], 1232],
  );
  const { message, receivedAtMs, ...query } = upstream.queries[0];
  assert.ok(receivedAtMs <= performance.now());
  assert.deepEqual(new Uint8Array(message), buildQuery('wWw.example A', options));
  assert.deepEqual(query, {
    client: { transport: 'udp', address: '127.0.0.1', port: client.port },
    id: 7,
    opcode: 'QUERY',
    flags: 'rd',
    name: 'wWw.example',
    type: 'A',
    class: 'IN',
    edns: { version: 0, payloadBytes: 1400, dnssecOk: true, options: [] },
  });
});

test('an upstream answers by a function, later where it says so, not at all where it says nothing', async (t) => {
  const { upstream, client } = await startWithClient(t);
  const held = Promise.withResolvers<undefined>();
  upstream.answer = async ({ name }) => {
    if (name === 'silent') return undefined;
    await held.promise;
    return { rcode: 'SERVFAIL', extendedErrors: [23] };
  };
  client.send('silent A', upstream.port);
  client.send('held A', upstream.port, { payloadBytes: 1232 });
  await upstream.received(2);
  assert.equal(client.received.length, 0);
  held.resolve(undefined);
  const [{ bytes }] = await client.receive(1);
  const { status, question, extendedErrors } = printResponse(bytes);
  assert.deepEqual([status, question, extendedErrors], ['SERVFAIL', ['held. IN A'], [23]]);
});

test('what does not fit the datagram of a client comes with TC, and whole over TCP', async (t) => {
  const answers = Array.from({ length: 250 }, (_, i) => `big.example 60 A 192.0.2.${i}`);
  const { upstream, client, connect } = await startWithClient(t, { answer: () => ({ answers }) });
  const { flags, answer } = await client.ask('big.example A', upstream.port);
  assert.deepEqual([flags, answer], ['qr tc rd ra', []]);
  const stream = await connect();
  stream.send(buildQuery('big.example A', { id: 1 }), buildQuery('big.example A', { id: 2 }));
  const responses = await stream.receive(2);
  for (const response of responses) assert.equal(printResponse(response).answer.length, 250);
  assert.ok(responses[0].length > 4096);
  assert.deepEqual(upstream.connections, { tcp: 1, tls: 0 });
  assert.equal(upstream.queries[2].client.transport, 'tcp');
});

test('an upstream answers in TLS with a certificate for its name', async (t) => {
  const { upstream } = await startWithClient(t, {
    certificateNames: ['dns.corp.example', '127.0.0.1'],
  });
  const socket = connectTls({
    port: upstream.tlsPort,
    host: '127.0.0.1',
    servername: 'dns.corp.example',
    ca: upstream.certificate,
  });
  t.after(() => socket.destroy());
  await once(socket, 'secureConnect');
  assert.equal(socket.authorized, true);
  const certificate = socket.getPeerCertificate();
  assert.equal(checkServerIdentity('127.0.0.1', certificate), undefined);
  assert.match(String(checkServerIdentity('dns.example', certificate)), /does not match/);
  socket.write(frame(buildQuery('www.example A')));
  const [response] = await once(socket, 'data');
  assert.equal(printResponse(response.subarray(2)).answer.length, 1);
  const { transport, serverName } = upstream.queries[0].client;
  assert.deepEqual([transport, serverName], ['tls', 'dns.corp.example']);
  assert.deepEqual(upstream.connections, { tcp: 0, tls: 1 });
});

test('a silent upstream takes queries in, and answers again when it resumes', async (t) => {
  const { upstream, client } = await startWithClient(t);
  upstream.silence();
  client.send('www.example A', upstream.port, { id: 1 });
  await upstream.received(1);
  upstream.resume();
  client.send('www.example A', upstream.port, { id: 2 });
  const [{ bytes }] = await client.receive(1);
  assert.equal(bytes.readUInt16BE(), 2);
});

test('a closed upstream is unreachable, and comes back on its ports', async (t) => {
  const { upstream, client } = await startWithClient(t);
  const { port, tlsPort } = upstream;
  const open = connectTcp(port, '127.0.0.1');
  await once(open, 'connect');
  const ended = once(open, 'close');
  open.on('error', () => {});
  await upstream.close();
  await ended;
  for (const closed of [port, tlsPort]) {
    await assert.rejects(once(connectTcp(closed, '127.0.0.1'), 'connect'), {
      code: 'ECONNREFUSED',
    });
  }
  await upstream.reopen();
  assert.deepEqual([upstream.port, upstream.tlsPort], [port, tlsPort]);
  assert.equal((await client.ask('www.example A', port)).status, 'NOERROR');
});

test('an upstream ends idle connections and takes new ones', async (t) => {
  const { upstream, connect } = await startWithClient(t);
  const stream = await connect();
  await until('connection', () => upstream.connections.tcp === 1);
  upstream.disconnect();
  await until('end', () => stream.hasEnded);
  const next = await connect();
  next.send(buildQuery('www.example A'));
  assert.equal((await next.receive(1)).length, 1);
});

test('what is no query is counted and not answered', async (t) => {
  const { upstream, client } = await startWithClient(t);
  const response = buildQuery('www.example A');
  response[2] |= 0x80;
  client.sendBytes(response, upstream.port);
  await until('message', () => upstream.unreadable.length === 1);
  assert.equal(upstream.queries.length, 0);
});
