/**
 * HTTP for those who watch the server: /health (is the process to be left alive), /ready (is it to be sent
 * queries), /metrics. In: three functions; out: short text. RFC 9110 for methods and status codes.
 *
 * Nothing that a client sends costs more than its connection: methods, header sizes, times and the number of
 * connections are limited, and no body is read.
 */
import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import type { LogFunction } from './log-event.ts';

/**
 * Not by `import`, which reads every name that the module exports, WebSocket among them: 16 MB and 54 ms, of which
 * the server is 2 MB and 4 ms (test/bench/memory).
 */
const { createServer } = process.getBuiltinModule('node:http');

/** Ten scrapers and probes at once would be many; the rest is refused. */
const MAX_CONNECTIONS = 64;
const MAX_HEADER_BYTES = 8192;
/** Time for a request to come in whole, and for its headers. */
const REQUEST_TIMEOUT_MS = 10_000;
const HEADERS_TIMEOUT_MS = 5000;
/** How often the two are looked at. */
const CHECK_INTERVAL_MS = 1000;
/** Longer than the usual scrape interval costs a connection for each scraper; it may open a new one. */
const KEEP_ALIVE_TIMEOUT_MS = 5000;
/** Time without a byte in either direction, such as a client that does not read. */
const INACTIVITY_TIMEOUT_MS = 15_000;

const PLAIN_TEXT = 'text/plain; charset=utf-8';
/** The type of the Prometheus text format. */
const METRICS_TEXT = 'text/plain; version=0.0.4; charset=utf-8';

export interface Health {
  readonly ok: boolean;
  /** Why not, or what is remarkable all the same; one line each. */
  readonly reasons?: readonly string[];
}

export interface MonitoringOptions {
  /** An IP address. */
  readonly address: string;
  /** 0 to 65535; 0 is any free one. */
  readonly port: number;
  readonly health: () => Health;
  readonly ready: () => Health;
  /** Gives the metrics in the Prometheus text format. */
  readonly metrics: () => Promise<string>;
  readonly log: LogFunction;
}

export interface MonitoringServer {
  /** Gives where it listens, with the port that was chosen where 0 was asked for. */
  address(): AddressInfo;
  /** Ends at once, open connections included; never rejects. */
  close(): Promise<void>;
}

/** An address that HTTP cannot be had on; `cause` is the system's error. */
export class MonitoringListenError extends Error {
  readonly code = 'ERR_HTTP_LISTEN';
  override readonly name = 'MonitoringListenError';
}

/** Starts the server; rejects with MonitoringListenError where it cannot listen. */
export async function startMonitoringServer(options: MonitoringOptions): Promise<MonitoringServer> {
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    },
    (request, response) => void respond(request, response, options),
  );
  server.maxConnections = MAX_CONNECTIONS;
  server.setTimeout(INACTIVITY_TIMEOUT_MS);
  await listen(server, options);
  return {
    address: () => addressOf(server),
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, { address, port, log }: MonitoringOptions): Promise<void> {
  try {
    server.listen({ host: address, port, exclusive: true, ipv6Only: isIPv6(address) });
    await once(server, 'listening');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MonitoringListenError(`Cannot serve HTTP on "${address}" port ${port}: ${reason}`, {
      cause,
    });
  }
  server.on('error', ({ message }) => {
    log('error', 'HTTP server failed', { code: 'ERR_HTTP_SERVER', reason: message });
  });
}

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly type?: string;
  readonly allow?: string;
}

/** What each path answers. */
const PATHS: Readonly<Record<string, (options: MonitoringOptions) => Reply | Promise<Reply>>> = {
  '/health': ({ health }) => healthReply(health()),
  '/ready': ({ ready }) => healthReply(ready()),
  '/metrics': async ({ metrics }) => ({ status: 200, text: await metrics(), type: METRICS_TEXT }),
};

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  options: MonitoringOptions,
): Promise<void> {
  const { status, text, type = PLAIN_TEXT, allow } = await replyTo(request, options);
  response.on('error', () => {}); // The client has gone.
  response.statusCode = status;
  response.setHeader('content-type', type);
  response.setHeader('content-length', Buffer.byteLength(text));
  response.setHeader('cache-control', 'no-store');
  if (allow !== undefined) response.setHeader('allow', allow);
  // A body that came along is not waited for.
  if (hasBody(request)) response.setHeader('connection', 'close');
  response.end(request.method === 'HEAD' ? undefined : text);
}

async function replyTo(request: IncomingMessage, options: MonitoringOptions): Promise<Reply> {
  const path = URL.parse(request.url ?? '', 'http://localhost')?.pathname ?? '';
  if (!Object.hasOwn(PATHS, path)) return notFound();
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, text: 'Only GET and HEAD are served\n', allow: 'GET, HEAD' };
  }
  try {
    return await PATHS[path](options);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    options.log('error', 'HTTP request failed', { code: 'ERR_HTTP_REQUEST', path, reason });
    return { status: 500, text: 'Failed, see the log\n' };
  }
}

function notFound(): Reply {
  return { status: 404, text: `Not found, there are: ${Object.keys(PATHS).join(' ')}\n` };
}

function healthReply({ ok, reasons = [] }: Health): Reply {
  // Exactly "OK" where there is nothing to add: what probes of CoreDNS compare with.
  if (ok) return { status: 200, text: ['OK', ...reasons].join('\n') };
  return { status: 503, text: reasons.length > 0 ? reasons.join('\n') : 'Not OK' };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('Cannot give the address of the HTTP server: it does not listen');
  }
  return address;
}
