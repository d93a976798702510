/**
 * As much of a Kubernetes API as CoreDNS needs to serve a zone: list and watch of three resources over plain HTTP,
 * in JSON. A process of its own, so that its work is nobody else's: `node main.ts NAMES` prints its URL.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildBenchZone } from '../bench-zone.ts';
import { endpointSlicesOf, namespacesOf, servicesOf } from '../objects.ts';
import { Collection } from './collection.ts';

const zone = buildBenchZone(Number(process.argv[2]));

const COLLECTIONS: Readonly<Record<string, Collection>> = {
  '/api/v1/namespaces': new Collection(namespacesOf(zone)),
  '/api/v1/services': new Collection(servicesOf(zone)),
  '/apis/discovery.k8s.io/v1/endpointslices': new Collection(endpointSlicesOf(zone)),
};

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
  const collection = COLLECTIONS[pathname];
  if (collection === undefined) {
    response.statusCode = 404;
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ apiVersion: 'v1', kind: 'Status', status: 'Failure', code: 404 }),
    );
  } else if (isTrue(searchParams.get('watch'))) {
    collection.watch(response, {
      sendInitialEvents: isTrue(searchParams.get('sendInitialEvents')),
    });
  } else {
    collection.list(response);
  }
});

function isTrue(value: string | null): boolean {
  return value === 'true' || value === '1';
}

server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
