/** Stands before an API server, changes what it is asked for, and answers in its place. */
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ApiAccess } from '../../../src/source/kubernetes/api-access.ts';

export interface ApiProxyOptions {
  /** Asked for before each request, as the API server may have another certificate when it is back. */
  readonly access: () => ApiAccess;
  /** Takes protobuf out of what is asked for. */
  readonly isJsonOnly?: boolean;
  /** Gives the status of an answer to a path with its query; undefined where the API server is to answer. */
  readonly refuse?: (url: URL) => number | undefined;
}

export interface ApiProxy {
  readonly url: URL;
  /** Ends every connection, in good order or not. */
  reset(): void;
  close(): Promise<void>;
}

export async function startApiProxy({
  access,
  isJsonOnly = false,
  refuse = () => undefined,
}: ApiProxyOptions): Promise<ApiProxy> {
  const server = http.createServer((request, response) => {
    const { server: target, tls } = access();
    const { method, headers } = request;
    const url = new URL(request.url ?? '', target);
    const status = refuse(url);
    if (status !== undefined) {
      response.writeHead(status).end();
      return;
    }
    const accepted = (headers.accept ?? '').split(',');
    const accept = accepted.filter((type) => !isJsonOnly || !type.includes('protobuf')).join();
    const sent = https.request(
      url,
      { method, headers: { ...headers, accept }, ...tls },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        response.flushHeaders();
        answer.pipe(response);
        answer.on('error', () => response.destroy());
      },
    );
    sent.on('error', () => response.destroy());
    response.on('close', () => sent.destroy());
    sent.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    reset: () => server.closeAllConnections(),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
