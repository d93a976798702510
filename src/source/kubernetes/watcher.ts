/**
 * Follows the changes of a resource on one connection, until that ends. Where it is to begin with a list, the server
 * sends every object first, one by one, and then says so (a streaming list, `sendInitialEvents`).
 */
import type { ApiClient } from './api-client.ts';
import { ApiConnectionError, ApiStatusError } from './api-error.ts';
import type { Clock } from './clock.ts';
import type { EventReader, WatchedKind } from './codec.ts';
import type { HeldResource } from './held-resource.ts';
import type { ResourceRequests } from './resource-requests.ts';
import type { WatchEvent } from './watch-event.ts';

/** A server that sends bookmarks does so each minute. */
const WATCH_SILENCE_MS = 75_000;
/** What is sent as fast as it goes has no such pauses. */
const INITIAL_SILENCE_MS = 5000;
/** The server ends a watch by itself after a random time from here to twice of it. */
const MIN_WATCH_SECONDS = 290;
/** A watch that ends earlier without an event has failed, whatever the server thinks of it. */
const MIN_WATCH_MS = 1000;

/** The server took a streaming list for an ordinary watch: it has to be asked in another way. */
export class NoInitialEventsError extends Error {
  override readonly name = 'NoInitialEventsError';
  readonly code = 'ERR_API_NO_INITIAL_EVENTS';
}

export interface WatcherOptions {
  readonly client: ApiClient;
  readonly requests: ResourceRequests;
  readonly kind: WatchedKind;
  readonly held: HeldResource;
  readonly clock: Clock;
  readonly random: () => number;
  /** Called when the server has agreed, with the head of its answer. */
  readonly onConnected: () => void;
  /** Called when a streaming list is complete. */
  readonly onListed: () => void;
}

export class Watcher {
  readonly #options: WatcherOptions;
  #isInitial = false;
  #events = 0;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  /** Whether the last watch has brought anything but an error. */
  get hasBroughtEvents(): boolean {
    return this.#events > 0;
  }

  /** Follows changes since what is held; lists all objects first where `isInitial`. Ends as the connection does. */
  async watch({ isInitial }: { isInitial: boolean }, signal: AbortSignal): Promise<void> {
    const { client, requests, held, clock, random } = this.#options;
    const startedAt = clock.now();
    this.#isInitial = isInitial;
    this.#events = 0;
    const { codec, readBody } = await client.get(
      requests.watch({
        since: isInitial ? undefined : held.version,
        timeoutSeconds: Math.floor(MIN_WATCH_SECONDS * (1 + random())),
        silenceMs: () => (this.#isInitial ? INITIAL_SILENCE_MS : WATCH_SILENCE_MS),
      }),
      signal,
    );
    this.#options.onConnected();
    if (isInitial) held.beginList();
    const reader = codec.createEventReader(this.#options.kind, held.isHeld);
    try {
      await readBody((chunk) => this.#readChunk(reader, chunk));
    } catch (error) {
      throw this.#isMissingInitialEnd(error, signal) ? new NoInitialEventsError() : error;
    }
    if (this.#isInitial) throw new NoInitialEventsError();
    if (this.#events === 0 && clock.now() - startedAt < MIN_WATCH_MS) {
      throw new ApiConnectionError(
        `Cannot watch ${this.#options.kind}: the server ended it at once`,
      );
    }
  }

  /** What comes in one piece is acted on in one go, also where the end of it is damaged. */
  #readChunk(reader: EventReader, chunk: Buffer): void {
    try {
      reader.read(chunk, this.#take);
    } finally {
      this.#options.held.flush();
    }
  }

  readonly #take = (event: WatchEvent): void => {
    const { held } = this.#options;
    if (event.type !== 'ERROR') this.#events++;
    switch (event.type) {
      case 'ADDED':
      case 'MODIFIED':
        held.put(event.object);
        // Initial events come in any order: until their end the version is not known.
        if (!this.#isInitial) held.advance(event.object.resourceVersion);
        return;
      case 'DELETED':
        held.remove(event.object.key, event.object.resourceVersion);
        if (!this.#isInitial) held.advance(event.object.resourceVersion);
        return;
      case 'BOOKMARK':
        this.#takeBookmark(event);
        return;
      case 'ERROR':
        throw new ApiStatusError(`Cannot watch ${this.#options.kind}`, event.status);
    }
  };

  #takeBookmark({ resourceVersion, endsInitialEvents }: WatchEvent & { type: 'BOOKMARK' }): void {
    const { held } = this.#options;
    if (!this.#isInitial) held.advance(resourceVersion);
    else if (endsInitialEvents) {
      this.#isInitial = false;
      held.endList(resourceVersion);
      this.#options.onListed();
    }
  }

  /** Silence before the end of the initial events: an old server that does not know of them. */
  #isMissingInitialEnd(error: unknown, signal: AbortSignal): boolean {
    const isTimeout = error instanceof ApiConnectionError && error.code === 'ERR_API_TIMEOUT';
    return this.#isInitial && isTimeout && !signal.aborted;
  }
}
