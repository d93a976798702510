/** How long it takes until something comes true that only asking shows. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  readonly everyMs: number;
  readonly limitSeconds: number;
}

/** Tries again and again, and gives the seconds until it was true; undefined where it was not in time. */
export async function secondsUntil(
  isTrue: () => boolean | Promise<boolean>,
  { everyMs, limitSeconds }: WaitOptions,
): Promise<number | undefined> {
  const startedAt = performance.now();
  for (;;) {
    const seconds = (performance.now() - startedAt) / 1000;
    if (seconds > limitSeconds) return undefined;
    if (await isTrue()) return (performance.now() - startedAt) / 1000;
    await sleep(everyMs);
  }
}
