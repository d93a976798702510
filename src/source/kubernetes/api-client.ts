/**
 * Asks the API server over HTTP/1.1: one pool of connections that are kept alive, credentials read anew for each
 * request, and a deadline for everything that can hang. In: a path and what it is about; out: a body as it comes,
 * with the codec that reads it, or an error with a stable code.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { ApiAccess, ReadAccess } from './api-access.ts';
import { ApiConnectionError, ApiStatusError, reasonOf } from './api-error.ts';
import { type ApiResponse, readBody, readStatusBody } from './api-response.ts';
import type { Clock } from './clock.ts';
import { type Codecs, codecFor, statusOf } from './content-type.ts';
import { Deadline } from './deadline.ts';

/** Not by `import`: DECISIONS 22. */
const http = process.getBuiltinModule('node:http');
const https = process.getBuiltinModule('node:https');

/** Three segments lost in a row: a connection that takes longer is to be tried anew. */
const CONNECT_TIMEOUT_MS = 3000;
/** Until the head of the answer, TLS included. */
const HEAD_TIMEOUT_MS = 15_000;
/** With Linux's defaults of Node.js, ten probes a second apart follow: a dead peer is found in 25 s. */
const KEEP_ALIVE_MS = 15_000;
const MAX_IDLE_CONNECTIONS = 4;

export interface ApiRequest {
  /** What it is for, as it begins an error's message: `Cannot list services`. */
  readonly action: string;
  /** Follows what a 401, 403 or 404 says. */
  readonly advice: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string | number | boolean>>;
  readonly accept: string;
  /** Longest time without a byte of the body, which may be passed by an eighth; asked for again and again. */
  readonly silenceMs: () => number;
}

export interface ApiClientOptions {
  readonly readAccess: ReadAccess;
  readonly codecs: Codecs;
  readonly clock: Clock;
}

export class ApiClient {
  readonly #options: ApiClientOptions;
  readonly #agents = {
    'http:': new http.Agent({ keepAlive: true, maxFreeSockets: MAX_IDLE_CONNECTIONS }),
    'https:': new https.Agent({ keepAlive: true, maxFreeSockets: MAX_IDLE_CONNECTIONS }),
  };
  #isRejected = false;

  constructor(options: ApiClientOptions) {
    this.#options = options;
  }

  /** Gives the answer once its head is there; throws ApiConnectionError or ApiStatusError. */
  async get(request: ApiRequest, signal: AbortSignal): Promise<ApiResponse> {
    const access = await this.#readAccess(request, signal);
    const message = await this.#sendAgain(request, { access, signal });
    const { clock, codecs } = this.#options;
    const options = { ...request, clock, signal };
    this.#isRejected = message.statusCode === 401;
    if (message.statusCode === 200) {
      return {
        codec: codecFor(message, codecs),
        readBody: (take) => readBody(message, take, options),
      };
    }
    const status = statusOf(message, { codecs, body: await readStatusBody(message, options) });
    throw new ApiStatusError(request.action, status, request.advice);
  }

  /** Reading may take a process that asks somebody; who is told to stop does not wait for it. */
  async #readAccess({ action }: ApiRequest, signal: AbortSignal): Promise<ApiAccess> {
    const reading = this.#options.readAccess({ isRejected: this.#isRejected });
    if (!(reading instanceof Promise)) return reading;
    const stopped = Promise.withResolvers<never>();
    const stop = () => stopped.reject(new ApiConnectionError(`${action}: stopped`));
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    try {
      return await Promise.race([reading, stopped.promise]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Ends the connections that nobody uses; the others end with those who use them. */
  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  /** A connection of the pool may have ended just before it was used: that says nothing of the server. */
  async #sendAgain(request: ApiRequest, context: SendContext): Promise<IncomingMessage> {
    try {
      return await this.#send(request, context);
    } catch (error) {
      if (!(error instanceof StaleConnectionError)) throw error;
      return await this.#send(request, context);
    }
  }

  #send(request: ApiRequest, { access, signal }: SendContext): Promise<IncomingMessage> {
    const { clock } = this.#options;
    return new Promise((resolve, reject) => {
      const sent = this.#createRequest(request, access);
      const deadline = new Deadline(clock, (what) =>
        sent.destroy(
          new ApiConnectionError(`${request.action}: ${what}`, { code: 'ERR_API_TIMEOUT' }),
        ),
      );
      const abort = () => sent.destroy(new Error('stopped'));
      const settle = () => {
        deadline.cancel();
        signal.removeEventListener('abort', abort);
      };
      deadline.set(HEAD_TIMEOUT_MS, `no answer in ${HEAD_TIMEOUT_MS / 1000} s`);
      watchConnect(sent, { clock, action: request.action });
      signal.addEventListener('abort', abort);
      if (signal.aborted) abort();
      sent.on('response', (message) => {
        settle();
        resolve(message);
      });
      sent.on('error', (error) => {
        settle();
        reject(toConnectionError(error, { request, isReused: sent.reusedSocket }));
      });
      sent.end();
    });
  }

  #createRequest({ path, query, accept }: ApiRequest, access: ApiAccess): ClientRequest {
    const { server, token, tls } = access;
    const root = server.pathname.replace(/\/$/, '');
    const parameters = new URLSearchParams(
      Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]),
    );
    const isTls = server.protocol === 'https:';
    const options: RequestOptions = {
      agent: this.#agents[isTls ? 'https:' : 'http:'],
      host: server.hostname.replace(/^\[|\]$/g, ''),
      port: server.port || (isTls ? 443 : 80),
      path: `${root}${path}?${parameters}`,
      headers: {
        Accept: accept,
        'User-Agent': 'vipdns',
        ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      },
      ...tls,
    };
    return isTls ? https.request(options) : http.request(options);
  }
}

interface SendContext {
  readonly access: ApiAccess;
  readonly signal: AbortSignal;
}

class StaleConnectionError extends ApiConnectionError {}

/** Bounds the time to connect, and lets the kernel find out where the other side is gone. */
function watchConnect(
  sent: ClientRequest,
  { clock, action }: { clock: Clock; action: string },
): void {
  sent.on('socket', (socket) => {
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    if (!socket.connecting) return;
    const deadline = new Deadline(clock, (what) =>
      sent.destroy(new ApiConnectionError(`${action}: ${what}`, { code: 'ERR_API_TIMEOUT' })),
    );
    deadline.set(CONNECT_TIMEOUT_MS, `no connection in ${CONNECT_TIMEOUT_MS / 1000} s`);
    socket.once('connect', () => deadline.cancel());
    socket.once('close', () => deadline.cancel());
  });
}

function toConnectionError(
  error: NodeJS.ErrnoException,
  { request, isReused }: { request: ApiRequest; isReused: boolean },
): Error {
  if (error instanceof ApiConnectionError) return error;
  const message = `${request.action}: ${reasonOf(error)}`;
  const isStale = isReused && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
  return isStale
    ? new StaleConnectionError(message, { cause: error })
    : new ApiConnectionError(message, { cause: error });
}
