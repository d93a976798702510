/**
 * An API server that speaks as the real one does where a reflector listens: lists and watches over HTTP, in both
 * forms, with pages, bookmarks, streaming lists, expired versions, errors. And it can do what a real one does only
 * when it should not: lose an event, go silent, go back in time.
 */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { apiVersionOf, type BodyWriter, JSON_WRITER, PROTOBUF_WRITER } from './body-writer.ts';
import type { ApiJson } from './encode-protobuf.ts';
import { type Change, ObjectHistory, type ObjectJson } from './object-history.ts';

export interface EmulationOptions {
  /** Streaming lists: as they are; refused, with the feature off; or not known at all, before it was made. */
  readonly streaming?: 'on' | 'refused' | 'unknown';
  readonly isJsonOnly?: boolean;
}

/** A request that came, as `list services?limit=250`. */
export interface ServedRequest {
  readonly verb: 'list' | 'watch';
  readonly plural: string;
  readonly namespace: string;
  readonly query: URLSearchParams;
  readonly headers: http.IncomingHttpHeaders;
}

interface Stream extends ServedRequest {
  readonly response: http.ServerResponse;
  readonly writer: BodyWriter;
  readonly kind: string;
}

interface Failure {
  readonly status: number;
  readonly reason: string;
  readonly message?: string;
  readonly retryAfterSeconds?: number;
  /** As of proxies, instead of a Status. */
  readonly text?: string;
}

const KINDS: Readonly<Record<string, string>> = {
  services: 'Service',
  endpointslices: 'EndpointSlice',
  namespaces: 'Namespace',
  pods: 'Pod',
};

export class ApiServerEmulation {
  readonly history = new ObjectHistory();
  readonly requests: ServedRequest[] = [];
  readonly #options: Required<EmulationOptions>;
  #server = this.#createServer();
  #port = 0;
  readonly #streams = new Set<Stream>();
  readonly #failures: Failure[] = [];
  readonly #pages = new Map<string, { items: ObjectJson[]; version: number }>();
  /** Token that is taken; any where it is empty. */
  token = '';
  /** What is allowed, as `list services`; everything where it is undefined. */
  allowed: ReadonlySet<string> | undefined = undefined;
  /** Expired versions are told in the stream, as etcd has it, and not with the head. */
  tellsExpiryInStream = false;
  /** Takes requests and says nothing, not even the head. */
  isSilent = false;
  /** Changes are kept from those who watch. */
  losesEvents = false;
  /** Continue tokens are void as soon as they are given out. */
  expiresPages = false;
  /** Watches end as soon as they have begun. */
  endsWatches = false;

  constructor(options: EmulationOptions = {}) {
    this.#options = { streaming: 'on', isJsonOnly: false, ...options };
  }

  async listen(): Promise<void> {
    await once(this.#server.listen(this.#port, '127.0.0.1'), 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** Ends and starts again at the same address, with the same objects. */
  async restart(): Promise<void> {
    await this.close();
    this.#server = this.#createServer();
    await this.listen();
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.#port}`);
  }

  get watchCount(): number {
    return this.#streams.size;
  }

  /** Creates an object, or replaces it. */
  put(plural: string, object: ApiJson): void {
    this.#publish(this.history.put(plural, object as ObjectJson));
  }

  remove(plural: string, key: string): void {
    this.#publish(this.history.remove(plural, key));
  }

  /** Tells all who watch how far they are. */
  bookmark(): void {
    for (const stream of this.#streams) this.#write(stream, 'BOOKMARK', this.#bookmark(stream));
  }

  /** Lets the next requests fail, in this order. */
  fail(...failures: Failure[]): void {
    this.#failures.push(...failures);
  }

  /** Sends an event to all who watch a resource, whatever it is. */
  sendRaw(plural: string, bytes: Buffer): void {
    for (const stream of this.#streams) if (stream.plural === plural) stream.response.write(bytes);
  }

  sendError(plural: string, status: Failure): void {
    for (const stream of this.#streams) {
      if (stream.plural === plural) this.#write(stream, 'ERROR', toStatus(status));
    }
  }

  /** Ends all watches, in good order. */
  endWatches(): void {
    for (const { response } of this.#streams) response.end();
  }

  /** Breaks all connections. */
  reset(): void {
    for (const { response } of this.#streams) response.socket?.resetAndDestroy();
  }

  #createServer(): http.Server {
    const server = http.createServer((request, response) => this.#serve(request, response));
    server.keepAliveTimeout = 0;
    return server;
  }

  #serve(request: http.IncomingMessage, response: http.ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost');
    const [, namespace = '', plural] =
      /^\/(?:api|apis\/[^/]+)\/v1(?:\/namespaces\/([^/]+))?\/([a-z]+)$/.exec(pathname) ?? [];
    const verb = searchParams.get('watch') === 'true' ? 'watch' : 'list';
    const accept = request.headers.accept ?? '';
    const isProtobuf = accept.includes('protobuf') && !this.#options.isJsonOnly;
    const isMetadata = accept.includes('as=PartialObjectMetadata');
    const stream: Stream = {
      verb,
      plural: plural ?? '',
      namespace,
      query: searchParams,
      headers: request.headers,
      response,
      writer: isProtobuf ? PROTOBUF_WRITER : JSON_WRITER,
      kind: isMetadata ? 'PartialObjectMetadata' : (KINDS[plural ?? ''] ?? ''),
    };
    this.requests.push(stream);
    if (this.isSilent) return;
    const failure = this.#failures.shift() ?? this.#findRefusal(stream);
    if (failure !== undefined) refuse(stream, failure);
    else if (verb === 'watch') this.#watch(stream);
    else this.#list(stream);
  }

  #findRefusal({ verb, plural, headers, query }: Stream): Failure | undefined {
    if (this.token !== '' && headers.authorization !== `Bearer ${this.token}`) {
      return { status: 401, reason: 'Unauthorized' };
    }
    if (this.allowed !== undefined && !this.allowed.has(`${verb} ${plural}`)) {
      const message = `${plural} is forbidden: User "vipdns" cannot ${verb} resource "${plural}"`;
      return { status: 403, reason: 'Forbidden', message };
    }
    if (KINDS[plural] === undefined) return { status: 404, reason: 'NotFound' };
    const isInitial = query.get('sendInitialEvents') === 'true';
    if (isInitial && this.#options.streaming === 'refused') {
      return { status: 422, reason: 'Invalid', message: 'sendInitialEvents is forbidden' };
    }
    const since = Number(query.get('resourceVersion') ?? 0);
    const isExpired = verb === 'watch' && !isInitial && since > 0 && since < this.history.compacted;
    return isExpired && !this.tellsExpiryInStream ? EXPIRED : undefined;
  }

  #list(stream: Stream): void {
    const { query, response, writer, kind } = stream;
    const token = query.get('continue');
    const limit = Number(query.get('limit') ?? 0);
    const page = token === null ? undefined : this.#pages.get(token);
    if (token !== null && (page === undefined || this.expiresPages)) {
      refuse(stream, EXPIRED);
      return;
    }
    const all = page?.items ?? this.#select(stream);
    const version = page?.version ?? this.history.version;
    const items = limit > 0 ? all.slice(0, limit) : all;
    const rest = all.slice(items.length);
    const isCounted = query.get('labelSelector') === null && query.get('fieldSelector') === null;
    const metadata = {
      resourceVersion: `${version}`,
      ...(rest.length > 0 && { continue: `token-${this.#pages.size}` }),
      ...(rest.length > 0 && isCounted && { remainingItemCount: rest.length }),
    };
    if (rest.length > 0) this.#pages.set(`token-${this.#pages.size}`, { items: rest, version });
    response.setHeader('content-type', writer.mediaType);
    response.end(writer.list({ kind, metadata, items }));
  }

  #watch(stream: Stream): void {
    const { query, response, writer } = stream;
    response.setHeader('content-type', writer.streamMediaType);
    response.flushHeaders();
    if (this.endsWatches) {
      response.end();
      return;
    }
    this.#streams.add(stream);
    response.on('close', () => this.#streams.delete(stream));
    const since = query.get('resourceVersion');
    if (since === null) {
      for (const object of this.#select(stream)) this.#write(stream, 'ADDED', object);
      const isAnnounced =
        query.get('sendInitialEvents') === 'true' && this.#options.streaming === 'on';
      if (isAnnounced) this.#write(stream, 'BOOKMARK', this.#bookmark(stream, 'true'));
      return;
    }
    if (Number(since) < this.history.compacted) this.#write(stream, 'ERROR', toStatus(EXPIRED));
    if (!this.losesEvents) {
      for (const change of this.history.since(Number(since))) this.#send(stream, change);
    }
  }

  #publish(change: Change): void {
    if (this.losesEvents) return;
    for (const stream of this.#streams) this.#send(stream, change);
  }

  /** As a watch with a selector sees it: an object that leaves it is deleted. */
  #send(stream: Stream, { plural, type, object, before }: Change): void {
    if (plural !== stream.plural || !isIn(stream, object)) return;
    const wasSelected = before !== undefined && isSelected(stream, before);
    const isNow = type !== 'DELETED' && isSelected(stream, object);
    if (isNow) this.#write(stream, wasSelected ? 'MODIFIED' : 'ADDED', object);
    else if (wasSelected) this.#write(stream, 'DELETED', object);
  }

  #write({ response, writer, kind }: Stream, type: string, object: ApiJson): void {
    const typeMeta = type === 'ERROR' ? {} : { apiVersion: apiVersionOf(kind), kind };
    response.write(writer.event(type, { ...object, ...typeMeta }));
  }

  #bookmark({ kind }: Stream, endsInitialEvents?: string): ApiJson {
    const annotations = endsInitialEvents && { 'k8s.io/initial-events-end': endsInitialEvents };
    return { kind, metadata: { resourceVersion: `${this.history.version}`, annotations } };
  }

  #select(stream: Stream): ObjectJson[] {
    return this.history
      .list(stream.plural)
      .filter((object) => isIn(stream, object) && isSelected(stream, object));
  }
}

const EXPIRED: Failure = { status: 410, reason: 'Expired', message: 'too old resource version' };

function isIn({ namespace }: ServedRequest, { metadata }: ObjectJson): boolean {
  return namespace === '' || metadata.namespace === namespace;
}

/** Labels that have to be equal, and the phases that a Pod may not have. */
function isSelected({ query }: ServedRequest, object: ObjectJson): boolean {
  const labels = (object.metadata.labels ?? {}) as ApiJson;
  const wanted = (query.get('labelSelector') ?? '').split(',').filter(Boolean);
  const unwanted = (query.get('fieldSelector') ?? '').split(',').filter(Boolean);
  const phase = (object.status as ApiJson | undefined)?.phase;
  return (
    wanted.every((each) => labels[each.split('=')[0]] === each.split('=')[1]) &&
    unwanted.every((each) => each !== `status.phase!=${phase}`)
  );
}

function refuse({ response, writer }: Stream, failure: Failure): void {
  response.statusCode = failure.status;
  if (failure.retryAfterSeconds) response.setHeader('retry-after', failure.retryAfterSeconds);
  response.setHeader('content-type', failure.text === undefined ? writer.mediaType : 'text/html');
  response.end(failure.text ?? writer.object(toStatus(failure)));
}

function toStatus({ status, reason, message = reason }: Failure): ApiJson {
  return { apiVersion: 'v1', kind: 'Status', status: 'Failure', code: status, reason, message };
}
