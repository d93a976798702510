/**
 * What is held of one resource, and up to which version of the server's: lists and watches change it, proofs compare
 * it. It hands the objects on, and whatever becomes of them there, it stands by its own account.
 */
import type { ObjectKey, Resource } from '../resources.ts';
import type { Clock } from './clock.ts';
import { Ledger } from './ledger.ts';
import type { ApiObject, IsHeld } from './watch-event.ts';

/** Takes the objects. What it throws is reported, and costs the one object that it was about. */
export interface ObjectHandler {
  put(resource: Resource, key: ObjectKey): void;
  remove(key: ObjectKey): void;
  /** Says that what came at once is there: now is the time to act on it. */
  flush(): void;
}

/** Sees each change of an object; `delta` is that of their number. */
export type ChangeObserver = (
  key: ObjectKey,
  change: { readonly resourceVersion: number; readonly delta: number },
) => void;

export interface HeldResourceOptions {
  readonly handler: ObjectHandler;
  readonly clock: Clock;
  /** An object that cannot be served. */
  readonly onProblem: (key: ObjectKey, problem: string) => void;
  readonly onHandlerError: (error: unknown) => void;
}

export class HeldResource {
  readonly ledger = new Ledger();
  readonly #options: HeldResourceOptions;
  readonly #observers = new Set<ChangeObserver>();
  readonly #waiters = new Set<() => void>();
  /** What the handler has thrown at: a list is to hand it on once more. */
  readonly #untaken = new Set<ObjectKey>();
  #version = 0;
  #lists = 0;

  constructor(options: HeldResourceOptions) {
    this.#options = options;
  }

  /** All changes up to this version have come, as far as the server says. */
  get version(): number {
    return this.#version;
  }

  /** Number of lists that ended; 0 as long as not all objects are known. */
  get lists(): number {
    return this.#lists;
  }

  /**
   * Tells whether an object is held from the same bytes. Its version alone would not say so: a server that was restored
   * from a backup gives versions for the second time.
   */
  readonly isHeld: IsHeld = (identity) =>
    this.ledger.holds(identity) && !this.#untaken.has(identity.key);

  put(object: ApiObject): void {
    const { key, resourceVersion } = object;
    if ('isUnchanged' in object) {
      this.ledger.put(object);
      return;
    }
    const delta = this.ledger.versionOf(key) === undefined ? 1 : 0;
    this.ledger.put(object);
    for (const observe of this.#observers) observe(key, { resourceVersion, delta });
    if ('resource' in object) this.#handObject(key, object.resource);
    else this.#options.onProblem(key, object.problem);
  }

  remove(key: ObjectKey, resourceVersion: number): void {
    if (this.ledger.versionOf(key) === undefined) return;
    this.ledger.remove(key);
    this.#untaken.delete(key);
    for (const observe of this.#observers) observe(key, { resourceVersion, delta: -1 });
    this.#hand((handler) => handler.remove(key));
  }

  flush(): void {
    this.#hand((handler) => handler.flush());
  }

  /** Notes how far the changes go that have come. */
  advance(version: number): void {
    this.#version = version;
    for (const wake of this.#waiters) wake();
  }

  beginList(): void {
    this.ledger.beginList();
  }

  /** Forgets what the list did not bring; from now on changes count from its version. */
  endList(version: number): void {
    for (const key of this.ledger.sweep()) {
      this.#untaken.delete(key);
      this.#hand((handler) => handler.remove(key));
    }
    this.#lists++;
    this.advance(version);
    this.flush();
  }

  /** Has changes observed; gives what ends that. */
  observe(observer: ChangeObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Waits until changes up to a version have come, or a list, or time is up, or the signal ends it. */
  reached(
    version: number,
    { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
  ): Promise<void> {
    const { lists } = this;
    return new Promise((resolve) => {
      const settle = () => {
        cancel();
        this.#waiters.delete(wake);
        signal.removeEventListener('abort', settle);
        resolve();
      };
      const wake = () => {
        if (this.#version >= version || this.#lists !== lists) settle();
      };
      const cancel = this.#options.clock.after(timeoutMs, settle);
      this.#waiters.add(wake);
      signal.addEventListener('abort', settle);
      if (signal.aborted) settle();
      else wake();
    });
  }

  #handObject(key: ObjectKey, resource: Resource): void {
    const isTaken = this.#hand((handler) => handler.put(resource, key));
    if (isTaken) this.#untaken.delete(key);
    else this.#untaken.add(key);
  }

  /** Gives whether the handler has taken it. */
  #hand(action: (handler: ObjectHandler) => void): boolean {
    try {
      action(this.#options.handler);
      return true;
    } catch (error) {
      this.#options.onHandlerError(error);
      return false;
    }
  }
}
