import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  type ApiAccess,
  createInClusterAccess,
} from '../../../src/source/kubernetes/api-access.ts';
import { ApiClient, type ApiRequest } from '../../../src/source/kubernetes/api-client.ts';
import { JsonCodec } from '../../../src/source/kubernetes/json/json-codec.ts';
import { ProtobufCodec } from '../../../src/source/kubernetes/protobuf/protobuf-codec.ts';
import { FakeClock, turn, until } from '../../support/fake-clock.ts';
import { PROTOBUF_WRITER } from './emulation/body-writer.ts';

const REQUEST: ApiRequest = {
  action: 'Cannot list services',
  advice: 'allow it',
  path: '/api/v1/services',
  query: { limit: 1 },
  accept: 'application/json',
  silenceMs: () => 30_000,
};
const NEVER = new AbortController().signal;

/** A server that answers each request with bytes of its own, whatever it asks for. */
async function serve(t: TestContext, answer: (socket: Socket, request: string) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => answer(socket, bytes.toString('latin1')));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const clock = new FakeClock();
  let access: ApiAccess | Promise<ApiAccess> = {
    server: new URL(`http://127.0.0.1:${port}/below/`),
    token: 'secret',
  };
  const rejections: boolean[] = [];
  const client = new ApiClient({
    readAccess: ({ isRejected }) => {
      rejections.push(isRejected);
      return access;
    },
    codecs: { protobuf: new ProtobufCodec(), json: new JsonCodec() },
    clock,
  });
  t.after(() => {
    client.close();
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    client,
    clock,
    sockets,
    rejections,
    setAccess: (next: ApiAccess | Promise<ApiAccess>) => {
      access = next;
    },
  };
}

function answerOf(status: string, body: string | Buffer, headers: readonly string[] = []): Buffer {
  const head = [`HTTP/1.1 ${status}`, `Content-Length: ${body.length}`, ...headers, '', ''];
  return Buffer.concat([Buffer.from(head.join('\r\n')), Buffer.from(body)]);
}

const EMPTY_LIST = answerOf('200 OK', '{"metadata":{},"items":[]}', [
  'Content-Type: application/json',
]);

async function readAll(client: ApiClient, signal = NEVER): Promise<string> {
  const { readBody } = await client.get(REQUEST, signal);
  const parts: Buffer[] = [];
  await readBody((chunk) => parts.push(chunk));
  return Buffer.concat(parts).toString();
}

test('ApiClient asks below the path of the server, with the token, on one connection', async (t) => {
  const requests: string[] = [];
  const { client, sockets } = await serve(t, (socket, request) => {
    requests.push(request);
    socket.write(EMPTY_LIST);
  });
  for (let i = 0; i < 5; i++) assert.equal(await readAll(client), '{"metadata":{},"items":[]}');
  assert.equal(sockets.size, 1);
  assert.match(requests[0], /^GET \/below\/api\/v1\/services\?limit=1 HTTP\/1\.1\r\n/);
  assert.match(requests[0], /\r\nAuthorization: Bearer secret\r\n/);
});

test('ApiClient asks again where a connection of the pool had just ended', async (t) => {
  let requests = 0;
  const { client, sockets } = await serve(t, (socket) => {
    requests++;
    if (requests === 2) socket.resetAndDestroy();
    else socket.write(EMPTY_LIST);
  });
  await readAll(client);
  await readAll(client);
  assert.equal(requests, 3);
  assert.equal(sockets.size, 2);
});

test('ApiClient gives up on a server that does not answer, and on one that stops in between', async (t) => {
  const { client, clock } = await serve(t, (socket) =>
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{'),
  );
  const reading = assert.rejects(readAll(client), {
    code: 'ERR_API_TIMEOUT',
    message: 'Cannot list services: no byte in 30 s',
  });
  let isOver = false;
  void reading.then(() => {
    isOver = true;
  });
  await until('the deadline missed', () => {
    void clock.advance(1000);
    return isOver;
  });
  await reading;
});

test('ApiClient tells a body that breaks off', async (t) => {
  const { client } = await serve(t, (socket) =>
    socket.end('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{'),
  );
  await assert.rejects(readAll(client), {
    code: 'ERR_API_CONNECTION',
    message: 'Cannot list services: aborted',
  });
});

test('ApiClient ends the connection of a body that cannot be read, and reads no more of it', async (t) => {
  const { client, sockets } = await serve(t, (socket) => {
    socket.write(
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    for (let i = 0; i < 10; i++) socket.write('1\r\n{\r\n');
  });
  const { readBody } = await client.get(REQUEST, NEVER);
  let chunks = 0;
  const reading = readBody(() => {
    chunks++;
    throw new RangeError('no such thing');
  });
  await assert.rejects(reading, { name: 'RangeError', message: 'no such thing' });
  const [socket] = sockets;
  await until('the end of the connection', () => socket.destroyed);
  assert.equal(chunks, 1);
});

test('ApiClient reads no more of a body when it is told to stop', async (t) => {
  const { client } = await serve(t, (socket) => {
    socket.write(
      'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    for (let i = 0; i < 10; i++) socket.write('1\r\n{\r\n');
  });
  const stopping = new AbortController();
  const { readBody } = await client.get(REQUEST, stopping.signal);
  let chunks = 0;
  const reading = readBody(() => {
    chunks++;
    stopping.abort();
  });
  await assert.rejects(reading, { message: 'Cannot list services: stopped' });
  await turn();
  assert.equal(chunks, 1);
  await assert.rejects(
    readBody(() => chunks++),
    { code: 'ERR_API_CONNECTION' },
  );
  assert.equal(chunks, 1);
});

test('ApiClient reads only the beginning of what a proxy says at length', async (t) => {
  const { client } = await serve(t, (socket) =>
    socket.write(
      answerOf('502 Bad Gateway', 'No upstream. '.repeat(100_000), ['Content-Type: text/plain']),
    ),
  );
  await assert.rejects(client.get(REQUEST, NEVER), {
    code: 'ERR_API_STATUS',
    message: /^Cannot list services: 502 Bad Gateway No upstream\. /,
  });
});

test('ApiClient says what the API server says, and when to come back', async (t) => {
  const status = PROTOBUF_WRITER.object({
    apiVersion: 'v1',
    kind: 'Status',
    code: 429,
    reason: 'TooManyRequests',
    message: 'storage is (re)initializing',
    details: { retryAfterSeconds: 2 },
  });
  const headers = ['Content-Type: application/vnd.kubernetes.protobuf'];
  const { client } = await serve(t, (socket) =>
    socket.write(answerOf('429 Too Many Requests', status, headers)),
  );
  await assert.rejects(client.get(REQUEST, NEVER), {
    code: 'ERR_API_BUSY',
    status: 429,
    retryAfterMs: 2000,
    message: 'Cannot list services: 429 TooManyRequests storage is (re)initializing',
  });
});

test('ApiClient says what a proxy says, and goes by its Retry-After', async (t) => {
  const { client } = await serve(t, (socket) =>
    socket.write(
      answerOf('503 Service Unavailable', '<h1>No upstream</h1>\n', [
        'Content-Type: text/html',
        'Retry-After: 5',
      ]),
    ),
  );
  await assert.rejects(client.get(REQUEST, NEVER), {
    code: 'ERR_API_STATUS',
    retryAfterMs: 5000,
    message: 'Cannot list services: 503 Service Unavailable <h1>No upstream</h1>',
  });
});

test('ApiClient tells with the next request that the last one was not accepted', async (t) => {
  let isKnown = false;
  const { client, rejections } = await serve(t, (socket) =>
    socket.write(isKnown ? EMPTY_LIST : answerOf('401 Unauthorized', '')),
  );
  await assert.rejects(client.get(REQUEST, NEVER), {
    code: 'ERR_API_UNAUTHORIZED',
    message: 'Cannot list services: 401 Unauthorized: allow it',
  });
  isKnown = true;
  await readAll(client);
  await readAll(client);
  assert.deepEqual(rejections, [false, true, false]);
});

test('ApiClient tells a server that is not there', async (t) => {
  const { client, setAccess } = await serve(t, () => {});
  const gone = createServer();
  await once(gone.listen(0, '127.0.0.1'), 'listening');
  const { port } = gone.address() as AddressInfo;
  gone.close();
  setAccess({ server: new URL(`http://127.0.0.1:${port}`) });
  await assert.rejects(client.get(REQUEST, NEVER), {
    code: 'ERR_API_CONNECTION',
    message: `Cannot list services: connect ECONNREFUSED 127.0.0.1:${port}`,
  });
});

test('ApiClient ends a request when it is told to', async (t) => {
  const { client, sockets } = await serve(t, () => {});
  const stopping = new AbortController();
  const asking = assert.rejects(client.get(REQUEST, stopping.signal), {
    code: 'ERR_API_CONNECTION',
  });
  await until('the request', () => sockets.size === 1);
  stopping.abort();
  await asking;
  await assert.rejects(client.get(REQUEST, stopping.signal), { code: 'ERR_API_CONNECTION' });
});

test('ApiClient does not wait for credentials when it is told to stop', async (t) => {
  const { client, setAccess } = await serve(t, () => {});
  setAccess(new Promise(() => {}));
  const stopping = new AbortController();
  const asking = assert.rejects(client.get(REQUEST, stopping.signal), {
    message: 'Cannot list services: stopped',
  });
  stopping.abort();
  await asking;
});

test('createInClusterAccess() reads the files of the service account anew each time', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vipdns-account-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const environment = { KUBERNETES_SERVICE_HOST: 'fd00:96::1', KUBERNETES_SERVICE_PORT: '443' };
  const read = createInClusterAccess({ folder, environment });
  assert.throws(() => read({ isRejected: false }), {
    code: 'ERR_API_ACCESS',
    message: /^Cannot read the service account: ENOENT/,
  });
  writeFileSync(join(folder, 'ca.crt'), 'certificate');
  for (const token of ['first', 'second']) {
    writeFileSync(join(folder, 'token'), `${token}\n`);
    const access = (await read({ isRejected: false })) as ApiAccess;
    assert.equal(access.server.href, 'https://[fd00:96::1]/');
    assert.equal(access.token, token);
    assert.equal(String(access.tls?.ca), 'certificate');
  }
});

test('createInClusterAccess() says what is missing outside of a cluster', () => {
  const read = createInClusterAccess({ environment: {} });
  assert.throws(() => read({ isRejected: false }), {
    code: 'ERR_API_ACCESS',
    message:
      'Cannot read the service account: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set',
  });
});
