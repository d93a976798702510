/** The HTTP server over real sockets, on a port that the system chooses. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import {
  MonitoringListenError,
  type MonitoringOptions,
  startMonitoringServer,
} from '../../src/monitoring/http.ts';

async function start(t: TestContext, changes: Partial<MonitoringOptions> = {}) {
  const server = await startMonitoringServer({
    address: '127.0.0.1',
    port: 0,
    health: () => ({ ok: true }),
    ready: () => ({ ok: true }),
    metrics: async () => 'a 1\n',
    log: () => {},
    ...changes,
  });
  t.after(() => server.close());
  const { port } = server.address();
  return { server, port, url: `http://127.0.0.1:${port}` };
}

/** Sends bytes and gives everything that comes back until the connection ends. */
async function sendRaw(port: number, bytes: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => {});
  socket.end(bytes, 'latin1');
  await once(socket, 'close');
  return text;
}

async function get(url: string, init?: RequestInit) {
  const response = await fetch(url, init);
  return { status: response.status, text: await response.text(), headers: response.headers };
}

test('startMonitoringServer() answers /health and /ready with 200 and OK', async (t) => {
  const { url } = await start(t);
  for (const path of ['/health', '/ready', '/health?probe=1']) {
    const { status, text } = await get(url + path);
    assert.deepEqual([status, text], [200, 'OK'], path);
  }
});

test('startMonitoringServer() answers 503 with the reasons, one a line, as they are now', async (t) => {
  let reasons = ['zone is starting', 'responder-0 is dead'];
  const { url } = await start(t, { ready: () => ({ ok: reasons.length === 0, reasons }) });
  const before = await get(`${url}/ready`);
  assert.deepEqual([before.status, before.text], [503, 'zone is starting\nresponder-0 is dead']);
  reasons = [];
  assert.equal((await get(`${url}/ready`)).status, 200);
});

test('startMonitoringServer() says what is remarkable while it is ready', async (t) => {
  const reasons = ['data of 12:00 are served'];
  const { url } = await start(t, { ready: () => ({ ok: true, reasons }) });
  assert.equal((await get(`${url}/ready`)).text, 'OK\ndata of 12:00 are served');
});

test('startMonitoringServer() serves /metrics with the type of the text format', async (t) => {
  const { url } = await start(t);
  const { status, text, headers } = await get(`${url}/metrics`);
  assert.deepEqual([status, text], [200, 'a 1\n']);
  assert.equal(headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
});

test('startMonitoringServer() answers HEAD as GET, without the text', async (t) => {
  const { url } = await start(t);
  const { status, text, headers } = await get(`${url}/metrics`, { method: 'HEAD' });
  assert.deepEqual([status, text, headers.get('content-length')], [200, '', '4']);
});

test('startMonitoringServer() answers 404 with the paths there are', async (t) => {
  const { url } = await start(t);
  for (const path of ['/', '/metrics/', '/constructor', '/__proto__', '/health%00', '//x/y']) {
    const { status, text } = await get(url + path);
    assert.deepEqual(
      [status, text],
      [404, 'Not found, there are: /health /ready /metrics\n'],
      path,
    );
  }
});

test('startMonitoringServer() answers 405 and what is allowed to other methods', async (t) => {
  const { url } = await start(t);
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const body = method === 'POST' ? 'x'.repeat(100_000) : null;
    const { status, headers } = await get(`${url}/health`, { method, body });
    assert.deepEqual([status, headers.get('allow')], [405, 'GET, HEAD'], method);
  }
});

test('startMonitoringServer() answers 500 and logs a code where the functions throw', async (t) => {
  const logged: unknown[][] = [];
  const { url } = await start(t, {
    log: (...event) => logged.push(event),
    metrics: () => Promise.reject(new Error('broken')),
    health: () => {
      throw new Error('broken too');
    },
  });
  assert.equal((await get(`${url}/metrics`)).status, 500);
  assert.equal((await get(`${url}/health`)).status, 500);
  assert.deepEqual(logged, [
    [
      'error',
      'HTTP request failed',
      { code: 'ERR_HTTP_REQUEST', path: '/metrics', reason: 'broken' },
    ],
    [
      'error',
      'HTTP request failed',
      { code: 'ERR_HTTP_REQUEST', path: '/health', reason: 'broken too' },
    ],
  ]);
});

test('startMonitoringServer() survives requests that are none', async (t) => {
  const { url, port } = await start(t);
  const requests: [string, RegExp][] = [
    ['\x00\x01\x02\r\n\r\n', /^HTTP\/1.1 400 /],
    ['GET /health HTTP/9.9\r\n\r\n', /^HTTP\/1.1 [45]\d\d /],
    [`GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, /^HTTP\/1.1 431 /],
    ['GET http://[ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', /^HTTP\/1.1 404 /],
    ['GET * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', /^HTTP\/1.1 404 /],
    ['GET http://a.example.org/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', / 200 /],
    ['CONNECT a.example.org:53 HTTP/1.1\r\nHost: a\r\n\r\n', /^$/],
    [
      'GET /health HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      / 200 /,
    ],
    ['POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n', /^HTTP\/1.1 405 /],
    ['', /^$/],
  ];
  for (const [request, expected] of requests) {
    assert.match(await sendRaw(port, request), expected, JSON.stringify(request.slice(0, 60)));
  }
  assert.equal((await get(`${url}/health`)).status, 200);
});

test('MonitoringServer.close() ends open connections at once, and may be called again', async (t) => {
  let release = (): void => {};
  const waiting = new Promise<string>((resolve) => {
    release = () => resolve('');
  });
  let asked = (): void => {};
  const arrived = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const { server, port } = await start(t, {
    metrics: () => {
      asked();
      return waiting;
    },
  });
  const idle = connect({ host: '127.0.0.1', port });
  idle.on('error', () => {});
  await once(idle, 'connect');
  const busy = sendRaw(port, 'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n');
  await arrived;
  await Promise.all([server.close(), once(idle, 'close')]);
  assert.equal(await busy, '');
  release();
  await server.close();
});

test('startMonitoringServer() rejects with the address that it cannot have', async (t) => {
  const { port } = await start(t);
  await assert.rejects(start(t, { port }), (error: unknown) => {
    assert.ok(error instanceof MonitoringListenError);
    assert.equal(error.code, 'ERR_HTTP_LISTEN');
    assert.match(
      error.message,
      new RegExp(`^Cannot serve HTTP on "127.0.0.1" port ${port}: .*EADDRINUSE`),
    );
    return true;
  });
});
