/** Waits for something, but not for ever. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves with the promise, or to undefined after `limitMs`; rejects as the promise does, if that comes first. */
export async function within<T>(limitMs: number, promise: Promise<T>): Promise<T | undefined> {
  const limit = new AbortController();
  try {
    return await Promise.race([
      promise,
      sleep(limitMs, undefined, { signal: limit.signal }).catch(() => undefined),
    ]);
  } finally {
    limit.abort();
  }
}
