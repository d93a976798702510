/** What comes in from the API server, whichever form its bytes have. */
import type { ObjectKey, Resource } from '../resources.ts';

/** Which object it is, and in which version. */
export interface Identity {
  readonly key: ObjectKey;
  readonly resourceVersion: number;
  /** Of the bytes that it was read from, 32 bits; absent where they were not kept apart. */
  readonly fingerprint?: number;
}

/** An object as the reflector sees it: what is served of it, or why nothing is. */
export type ApiObject = Identity &
  ({ readonly resource: Resource } | { readonly problem: string } | Unchanged);

/** The object is held from the very same bytes, so that no more of it was read. */
export interface Unchanged {
  readonly isUnchanged: true;
}

/** Tells whether an object is held from the same bytes: a list brings most of them as they were. */
export type IsHeld = (identity: Identity) => boolean;

export const NOTHING_HELD: IsHeld = () => false;

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED'; readonly object: ApiObject }
  | { readonly type: 'DELETED'; readonly object: Identity }
  | {
      readonly type: 'BOOKMARK';
      readonly resourceVersion: number;
      readonly endsInitialEvents: boolean;
    }
  | { readonly type: 'ERROR'; readonly status: ApiStatus };

/** The fields of a Status that say what went wrong. */
export interface ApiStatus {
  /** As of HTTP. */
  readonly code: number;
  /** A word such as `Expired`; empty where none is given. */
  readonly reason: string;
  readonly message: string;
  /** 0 where nothing is said. */
  readonly retryAfterSeconds: number;
}

/** What a list says of itself. */
export interface ListMetadata {
  readonly resourceVersion: number;
  /** Asks for the next page; empty at the end. */
  readonly continueToken: string;
  /** Objects after this page, where the server tells; 0 on the last page. */
  readonly remainingItemCount: number | undefined;
}

/** Marks the bookmark after the objects that existed when a streaming list began. */
export const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';
