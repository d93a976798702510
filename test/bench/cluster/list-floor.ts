/** How long the API server itself takes to send its objects: a streaming list of each resource, read and thrown away. */
import { once } from 'node:events';
import https from 'node:https';
import type { ApiAccess } from '../../../src/source/kubernetes/api-access.ts';

const PROTOBUF = 'application/vnd.kubernetes.protobuf;stream=watch';
const QUERY =
  'watch=true&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan';
/** Stands in the bookmark that ends the list. */
const END = 'k8s.io/initial-events-end';

/** Gives seconds from the requests to the last byte of all lists, and the bytes. */
export async function measureFloor(
  access: ApiAccess,
  paths: readonly string[],
): Promise<{ seconds: number; bytes: number }> {
  const startedAt = performance.now();
  const sizes = await Promise.all(paths.map((path) => drain(access, path)));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return { seconds: (performance.now() - startedAt) / 1000, bytes };
}

async function drain({ server, token, tls }: ApiAccess, path: string): Promise<number> {
  const headers = { accept: PROTOBUF, authorization: `Bearer ${token}` };
  const request = https.get(new URL(`${path}?${QUERY}`, server), { headers, ...tls });
  const [response] = await once(request, 'response');
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    if (chunk.includes(END)) break;
  }
  return bytes;
}
