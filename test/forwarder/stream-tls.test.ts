import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { createCertificate } from '../support/upstream/certificate.ts';
import { startUpstream, type Upstream } from '../support/upstream/upstream.ts';
import { askInProcess } from './ask-in-process.ts';
import { listen } from './listen.ts';
import { ANSWER, createStreamAsker, RECORDS, type StreamAsker } from './stream-asker.ts';

const NAME = 'dns.corp.example';

async function start(t: TestContext, certificateNames: string[] = [NAME]): Promise<Upstream> {
  const upstream = await startUpstream({
    answer: RECORDS,
    certificateNames,
  });
  t.after(() => upstream.close());
  return upstream;
}

function createAsker(t: TestContext, upstream: Upstream, serverName: string): StreamAsker {
  const { tlsPort: port, certificate: ca } = upstream;
  return createStreamAsker(t, { transport: 'tls', port, serverName, ca });
}

/** A TLS server that says nothing, with a certificate that is its own authority. */
async function listenTls(
  t: TestContext,
  certificate: ReturnType<typeof createCertificate>,
  options: TlsOptions = {},
): Promise<StreamAsker & { port: number; alpn: (string | false | null)[] }> {
  const alpn: (string | false | null)[] = [];
  const server = createTlsServer({ ...certificate, ...options });
  server.on('secureConnection', (socket) => {
    alpn.push(socket.alpnProtocol);
    socket.end();
  });
  const { port } = await listen(t, server, () => {});
  const address = { transport: 'tls', port, serverName: NAME } as const;
  return { port, alpn, ...createStreamAsker(t, { ...address, ca: certificate.cert }) };
}

test('StreamUpstream asks an upstream in TLS whose certificate holds its name', async (t) => {
  const upstream = await start(t);
  const { counts, ask } = createAsker(t, upstream, NAME);
  const told = await Promise.all([ask('www.example A'), ask('www.example A')]);
  assert.deepEqual(told, [ANSWER, ANSWER]);
  assert.equal(await ask('www.example A'), ANSWER);
  const { transport, serverName } = upstream.queries[0].client;
  assert.deepEqual([transport, serverName], ['tls', NAME]);
  assert.deepEqual(counts, { connect: 1, connection_reused: 1 });
});

test('StreamUpstream asks an upstream in TLS whose certificate holds its address', async (t) => {
  const upstream = await start(t, ['127.0.0.1']);
  for (const serverName of ['', '127.0.0.1']) {
    assert.equal(await createAsker(t, upstream, serverName).ask('www.example A'), ANSWER);
  }
  assert.equal(upstream.queries[0].client.serverName, undefined);
});

test('StreamUpstream sends nothing to an upstream in TLS whose certificate is for others', async (t) => {
  const upstream = await start(t, [NAME, '192.0.2.1']);
  const others = {
    'other.example': 'other.example',
    'corp.example': 'corp.example',
    '192.0.2.2': '192.0.2.2',
    '': '127.0.0.1',
  };
  for (const [serverName, wanted] of Object.entries(others)) {
    const { counts, ask } = createAsker(t, upstream, serverName);
    assert.deepEqual(await ask('www.example A'), {
      error: 'tls',
      detail: `certificate is for DNS:${NAME}, IP Address:192.0.2.1, not for "${wanted}"`,
    });
    assert.deepEqual(counts, { connect: 1, connect_failed: 1 });
  }
  assert.deepEqual(upstream.queries, []);
});

test('StreamUpstream sends nothing to an upstream in TLS of an authority that is not known', async (t) => {
  const upstream = await start(t);
  const { tlsPort: port } = upstream;
  const { ask } = createStreamAsker(t, { transport: 'tls', port, serverName: NAME });
  assert.deepEqual(await ask('www.example A'), {
    error: 'tls',
    detail: 'self-signed certificate',
  });
  assert.deepEqual(upstream.queries, []);
});

test('StreamUpstream refuses a certificate that has expired', async (t) => {
  const certificate = createCertificate({ names: [NAME], notAfterMs: Date.now() - 60_000 });
  const { ask } = await listenTls(t, certificate);
  assert.deepEqual(await ask('www.example A'), {
    error: 'tls',
    detail: 'certificate has expired',
  });
});

test('StreamUpstream takes no common name for the name of an upstream', async (t) => {
  const certificate = createCertificate({ names: ['192.0.2.1'], commonName: NAME });
  const { ask } = await listenTls(t, certificate);
  assert.deepEqual(await ask('www.example A'), {
    error: 'tls',
    detail: `certificate is for IP Address:192.0.2.1, not for "${NAME}"`,
  });
});

test('StreamUpstream offers "dot" in TLS, and does not need it taken', async (t) => {
  const certificate = createCertificate({ names: [NAME] });
  for (const [ALPNProtocols, alpn] of [
    [['h2', 'dot'], 'dot'],
    [undefined, false],
  ] as const) {
    const server = await listenTls(t, certificate, ALPNProtocols ? { ALPNProtocols } : {});
    // It ends the connection when that is there.
    assert.equal(((await server.ask('www.example A')) as { error: string }).error, 'closed');
    assert.deepEqual(server.alpn, [alpn]);
  }
});

test('StreamUpstream takes no TLS below 1.2, whatever the environment says', async (t) => {
  const ciphers = 'ALL:@SECLEVEL=0';
  const { port } = await listenTls(t, createCertificate({ names: [NAME] }), {
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers,
  });
  const printed = await askInProcess('www.example A', {
    upstream: { transport: 'tls', address: '127.0.0.1', port, serverName: NAME },
    env: { NODE_OPTIONS: `--tls-min-v1.0 --tls-cipher-list=${ciphers}` },
  });
  assert.deepEqual(printed, {
    told: { error: 'tls', detail: 'tlsv1 alert protocol version' },
    hasTls: true,
  });
});

test('StreamUpstream tells what is wrong with an upstream that does not speak TLS', async (t) => {
  const speaking = await listen(t, createServer(), (socket) => socket.write('not TLS'));
  const ending = await listen(t, createServer(), (socket) => socket.resume().end());
  const silent = await listen(t, createServer(), () => {});
  const ask = ({ port }: { port: number }) =>
    createStreamAsker(t, {
      transport: 'tls',
      port,
      serverName: NAME,
      limits: { connectTimeoutMs: 500 },
    }).ask('www.example A');
  assert.deepEqual(await ask(speaking), { error: 'tls', detail: 'wrong version number' });
  assert.deepEqual(await ask(ending), {
    error: 'tls',
    detail: 'connection ended by the upstream before TLS began',
  });
  assert.deepEqual(await ask(silent), { error: 'timeout', detail: 'no connection within 500 ms' });
});

test('StreamUpstream resumes its TLS session with the next connection, and the one after', async (t) => {
  const upstream = await start(t);
  const { counts, ask } = createAsker(t, upstream, NAME);
  for (let resumed = 0; resumed < 3; resumed++) {
    assert.equal(await ask('www.example A'), ANSWER);
    assert.equal(counts.session_resumed ?? 0, resumed);
    upstream.disconnect();
  }
});

test('StreamUpstream begins a new TLS session where the upstream does not know the old one', async (t) => {
  const upstream = await start(t);
  const { counts, ask } = createAsker(t, upstream, NAME);
  for (let i = 0; i < 2; i++) {
    assert.equal(await ask('www.example A'), ANSWER);
    // With its keys go its sessions.
    await upstream.close();
    await upstream.reopen();
  }
  assert.deepEqual([counts.connect, counts.session_resumed], [2, undefined]);
});

test('StreamUpstream asks once more in TLS when a kept connection ends', async (t) => {
  const upstream = await start(t);
  const { counts, ask } = createAsker(t, upstream, NAME);
  assert.equal(await ask('www.example A'), ANSWER);
  const told = ask('www.example A');
  upstream.disconnect();
  assert.equal(await told, ANSWER);
  assert.equal(counts.retry, 1);
});

test('StreamUpstream trusts NODE_EXTRA_CA_CERTS, and checks whatever the environment says', async (t) => {
  const upstream = await start(t);
  const folder = mkdtempSync(join(tmpdir(), 'stream-tls-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'ca.pem');
  writeFileSync(file, upstream.certificate);
  const address = {
    transport: 'tls',
    address: '127.0.0.1',
    port: upstream.tlsPort,
    serverName: NAME,
  } as const;
  const ask = (env: NodeJS.ProcessEnv) => askInProcess('www.example A', { upstream: address, env });
  assert.deepEqual(await ask({ NODE_EXTRA_CA_CERTS: file }), { told: ANSWER, hasTls: true });
  assert.deepEqual(await ask({ NODE_TLS_REJECT_UNAUTHORIZED: '0' }), {
    told: { error: 'tls', detail: 'self-signed certificate' },
    hasTls: true,
  });
});
