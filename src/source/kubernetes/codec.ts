/**
 * What the two forms of the API server's answers have in common. Both read a body as it comes, chunk by chunk, and
 * throw ApiFormatError where it is not what it should be.
 */
import type {
  ApiObject,
  ApiStatus,
  Identity,
  IsHeld,
  ListMetadata,
  WatchEvent,
} from './watch-event.ts';

/** Kinds that are read from the API server. */
export type WatchedKind = 'Namespace' | 'Service' | 'EndpointSlice' | 'Pod';

export interface EventReader {
  /** Takes the next bytes of a watch, and hands out the events that they complete. */
  read(chunk: Buffer, take: (event: WatchEvent) => void): void;
}

export interface ListReader<Item> {
  /** Takes the next bytes of a list, and hands out the items that they complete. */
  read(chunk: Buffer, take: (item: Item) => void): void;
  /** Says that no more bytes come; hands out what is left, and gives what the list says of itself. */
  end(take: (item: Item) => void): ListMetadata;
}

export interface Codec {
  /** Of what `isHeld` knows, no more than that may be read; by default that is nothing. */
  createEventReader(kind: WatchedKind, isHeld?: IsHeld): EventReader;
  createListReader(kind: WatchedKind, isHeld?: IsHeld): ListReader<ApiObject>;
  /** Reads which objects there are in which versions, whatever their kind. */
  createIdentityListReader(): ListReader<Identity>;
  decodeStatus(body: Buffer): ApiStatus;
}

/** Longest object: etcd takes 1.5 MB by default, and JSON says the same in five times the bytes. */
export const MAX_OBJECT_BYTES = 16 * 1024 * 1024;
