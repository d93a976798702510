/**
 * Lists page by page. A page is read as it comes, so what a list takes in memory does not grow with it, in protobuf.
 */
import type { ApiClient, ApiRequest } from './api-client.ts';
import { ApiStatusError } from './api-error.ts';
import type { Codec, ListReader, WatchedKind } from './codec.ts';
import type { HeldResource } from './held-resource.ts';
import type { ResourceRequests } from './resource-requests.ts';
import type { ListMetadata } from './watch-event.ts';

const PAGE_LIMIT = 250;
/** A list that expires between its pages, again and again, is asked for without pages in the end. */
const MAX_PAGED_ATTEMPTS = 3;

export interface ListerOptions {
  readonly client: ApiClient;
  readonly requests: ResourceRequests;
  readonly kind: WatchedKind;
  readonly held: HeldResource;
}

/** Brings what is held in line with what the server has. */
export async function listObjects(options: ListerOptions, signal: AbortSignal): Promise<void> {
  const { requests, kind, held } = options;
  for (let attempt = 1; ; attempt++) {
    const limit = attempt > MAX_PAGED_ATTEMPTS ? 0 : PAGE_LIMIT;
    held.beginList();
    try {
      const { resourceVersion } = await readPages({
        client: options.client,
        request: (continueToken) => requests.list({ limit, continueToken }),
        createReader: (codec) => codec.createListReader(kind, held.isHeld),
        take: (object) => held.put(object),
        onPage: () => held.flush(),
        signal,
      });
      held.endList(resourceVersion);
      return;
    } catch (error) {
      const isExpired = error instanceof ApiStatusError && error.isExpired;
      if (!isExpired || limit === 0) throw error;
    }
  }
}

export interface PageOptions<Item> {
  readonly client: ApiClient;
  readonly request: (continueToken: string) => ApiRequest;
  readonly createReader: (codec: Codec) => ListReader<Item>;
  readonly take: (item: Item) => void;
  readonly onPage?: () => void;
  readonly signal: AbortSignal;
}

/** Reads all pages of a list; gives what the last one says, which is of the same version as the first. */
export async function readPages<Item>(options: PageOptions<Item>): Promise<ListMetadata> {
  let metadata = await readPage(options, '');
  while (metadata.continueToken !== '') {
    options.onPage?.();
    metadata = await readPage(options, metadata.continueToken);
  }
  return metadata;
}

export async function readPage<Item>(
  { client, request, createReader, take, signal }: PageOptions<Item>,
  continueToken: string,
): Promise<ListMetadata> {
  const { codec, readBody } = await client.get(request(continueToken), signal);
  const reader = createReader(codec);
  await readBody((chunk) => reader.read(chunk, take));
  return reader.end(take);
}
