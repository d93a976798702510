/** A process that asks over TLS for one domain and over UDP for the rest, and answers no AAAA from outside. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { metricValue } from '../support/metric-value.ts';
import { startServerBy } from '../support/process.ts';
import { waitUntil } from '../support/transport.ts';
import { DatagramClient } from '../support/upstream/datagram-client.ts';
import { startUpstream } from '../support/upstream/upstream.ts';

const EDNS = { payloadBytes: 1232 };
const SERVER_NAME = 'dns.corp.example';

async function start(t: TestContext, { trusts }: { trusts: boolean }) {
  const folder = mkdtempSync(join(tmpdir(), 'vipdns-tls-'));
  const records = (address: string) => [
    `*.example 60 A ${address}`,
    '*.example 60 AAAA 2001:db8::1',
  ];
  const secure = await startUpstream({
    answer: records('192.0.2.53'),
    certificateNames: [SERVER_NAME],
  });
  const plain = await startUpstream({ answer: records('192.0.2.1') });
  const authority = join(folder, 'authority.pem');
  writeFileSync(authority, trusts ? secure.certificate : plain.certificate);
  const file = join(folder, 'vipdns.yaml');
  const over = `tls://${secure.tlsAddress}#${SERVER_NAME}`;
  writeFileSync(
    file,
    `forward:
  - {zones: [.], upstreams: ["${plain.address}"]}
  - {zones: [corp.example], upstreams: ["${over}"]}
filterAaaa: true
`,
  );
  const environment = ['env', `NODE_EXTRA_CA_CERTS=${authority}`];
  const server = await startServerBy(environment, ['--config', file]);
  const client = await DatagramClient.open();
  t.after(async () => {
    server.child.kill('SIGKILL');
    client.close();
    await Promise.all([secure.close(), plain.close()]);
    rmSync(folder, { recursive: true });
  });
  const ask = (question: string) => client.ask(question, server.port, EDNS);
  return { server, secure, plain, ask };
}

test('a domain is asked for over TLS, all else elsewhere, AAAA nowhere', async (t) => {
  const { server, secure, plain, ask } = await start(t, { trusts: true });
  const [inside, outside] = [await ask('www.corp.example A'), await ask('www.example A')];
  assert.deepEqual(inside.answer, ['www.corp.example. 60 IN A 192.0.2.53']);
  assert.deepEqual(outside.answer, ['www.example. 60 IN A 192.0.2.1']);
  const asked = secure.queries.filter(({ name }) => name !== '.');
  assert.deepEqual(
    asked.map(({ client }) => client.transport),
    ['tls'],
  );
  const filtered = await ask('www.corp.example AAAA');
  assert.deepEqual([filtered.status, filtered.answer], ['NOERROR', []]);
  assert.match(filtered.authority[0], /^www\.corp\.example\. 5 IN SOA /);
  const types = [...secure.queries, ...plain.queries].map(({ type }) => type);
  assert.equal(types.includes('AAAA'), false);
  const metrics = await (await fetch(`${server.http}/metrics`)).text();
  assert.equal(metricValue(metrics, 'vipdns_forward_stream_events_total{event="connect"}'), 1);
  const to = `tls://${secure.tlsAddress}#${SERVER_NAME}`;
  const sent = `vipdns_forward_requests_total{to="${to}",proto="tls"}`;
  assert.equal(metricValue(metrics, sent), 1);
});

test('an upstream whose certificate nobody vouches for is told, and not believed', async (t) => {
  const { server, secure, ask } = await start(t, { trusts: false });
  const { status, extendedErrors } = await ask('www.corp.example A');
  assert.deepEqual([status, extendedErrors], ['SERVFAIL', [23]]);
  assert.equal(secure.queries.length, 0);
  const told = () => server.lines().find(({ msg }) => msg === 'upstream does not answer');
  await waitUntil(() => told() !== undefined);
  assert.match(String(told()?.upstream), /^tls:\/\/127\.0\.0\.1:\d+#dns\.corp\.example$/);
  assert.match(String(told()?.reason), /self-signed/);
  assert.deepEqual((await ask('www.example A')).answer, ['www.example. 60 IN A 192.0.2.1']);
});
