/** Stands before an API server and takes protobuf out of what it is asked for. */
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ApiAccess } from '../../../src/source/kubernetes/api-access.ts';

export interface JsonOnlyProxy {
  readonly url: URL;
  close(): Promise<void>;
}

export async function startJsonOnlyProxy(access: () => ApiAccess): Promise<JsonOnlyProxy> {
  const server = http.createServer((request, response) => {
    const { server: target, tls } = access();
    const accepted = (request.headers.accept ?? '').split(',');
    const accept = accepted.filter((type) => !type.includes('protobuf')).join();
    const { method, headers, url = '' } = request;
    const options = { method, headers: { ...headers, accept }, ...tls };
    const sent = https.request(new URL(url, target), options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    sent.on('error', () => response.destroy());
    response.on('close', () => sent.destroy());
    sent.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
