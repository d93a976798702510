/**
 * Signs of life in shared memory: each thread counts up the word of its number, in a cache line of its own, as long
 * as its event loop turns. The main thread compares.
 */

/** How often a thread's word moves, in milliseconds. */
export const BEAT_MS = 100;

const WORDS_OF_THREAD = 16;

/** Gives memory for the pulses of so many threads. */
export function createPulses(threads: number): SharedArrayBuffer {
  return new SharedArrayBuffer(threads * WORDS_OF_THREAD * Int32Array.BYTES_PER_ELEMENT);
}

/** Lets the pulse of thread `index` beat for as long as the calling thread lives. */
export function startPulse(pulses: SharedArrayBuffer, index: number): void {
  const words = new Int32Array(pulses);
  setInterval(() => Atomics.add(words, index * WORDS_OF_THREAD, 1), BEAT_MS).unref();
}

/** Gives a number that changes while the thread is alive. */
export function readPulse(pulses: SharedArrayBuffer, index: number): number {
  return Atomics.load(new Int32Array(pulses), index * WORDS_OF_THREAD);
}
