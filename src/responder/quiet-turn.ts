/**
 * Tells when everything that had reached the process's sockets was read: a whole turn of the event loop brought
 * nothing. Node has no way to ask a socket whether its queue is empty, but a turn reads from every readable one.
 */
import { setImmediate } from 'node:timers/promises';

/**
 * Resolves after the first turn that left `countReceived()` as it was, or after `limitMs` of traffic that does
 * not end.
 */
export async function waitForQuietTurn(
  countReceived: () => number,
  limitMs: number,
): Promise<void> {
  const endsAt = performance.now() + limitMs;
  // An immediate runs after the poll phase of its turn, which may be over already: only the next one is whole.
  await setImmediate();
  let received: number;
  do {
    received = countReceived();
    await setImmediate();
  } while (countReceived() !== received && performance.now() < endsAt);
}
