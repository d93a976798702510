/**
 * Waits for sockets of our own and for the event loop of the thread at once: poll(2) on both, from within a turn of
 * the event loop. In: descriptors with what to call when they can be read; out: the calls.
 *
 *     event loop turns, timers, TCP, messages  --setImmediate-->  poll(sockets, loop's descriptor)
 *                        ^                                           |        |
 *                        '--------- the loop has something to do ----'        '--> a socket can be read: its call
 *
 * A library's handle of uv_poll_t would do the same, but its callback ends the whole process when it comes while the
 * thread is being terminated; this is ordinary JavaScript, which can be ended anywhere.
 *
 * The event loop hands new descriptors to the kernel only when it turns, so poll(2) may wait only after a turn in
 * which nothing happened: then there are none.
 */
import type { Libc } from './libc.ts';

/** Longest wait, in milliseconds: timers of the thread are late by up to as much when nothing else happens. */
const MAX_WAIT_MS = 100;
/** Waits in a row before the event loop turns in any case, for its timers. */
const MAX_WAITS = 16;
const POLLIN = 1;
/** Words of a struct pollfd: the descriptor, and what is asked for and found, in 16 bits each. */
const POLLED_WORDS = 2;
const FOUND_SHIFT = 16;

export class SocketPoll {
  readonly #libc: Libc;
  readonly #onReadable = new Map<number, () => void>();
  /** The loop's descriptor first, then those of `#onReadable` in its order. */
  #polled = new Int32Array(POLLED_WORDS);
  #polledAddress = 0;
  #calls: readonly (() => void)[] = [];
  #loopEvents = -1;
  #waitMs = MAX_WAIT_MS;
  #isRunning = false;
  readonly #turn = () => this.#run();

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** Has `onReadable` called, in a turn of the event loop, as long as the descriptor can be read. */
  watch(fd: number, onReadable: () => void): void {
    this.#onReadable.set(fd, onReadable);
    this.#list();
    if (this.#isRunning) return;
    this.#isRunning = true;
    setImmediate(this.#turn);
  }

  /** Does not call for the descriptor any more. */
  unwatch(fd: number): void {
    this.#onReadable.delete(fd);
    this.#list();
  }

  /** Lets the event loop turn within so many milliseconds, once: for a timer that is more exact than others. */
  turnWithin(ms: number): void {
    this.#waitMs = Math.min(this.#waitMs, ms);
  }

  #list(): void {
    const fds = [this.#libc.loopFd, ...this.#onReadable.keys()];
    this.#polled = Int32Array.from(fds.flatMap((fd) => [fd, POLLIN]));
    this.#polledAddress = this.#libc.addressOf(this.#polled);
    this.#calls = [...this.#onReadable.values()];
  }

  #run(): void {
    const events = this.#libc.countLoopEvents();
    const isQuiet = events === this.#loopEvents;
    this.#loopEvents = events;
    this.#wait(isQuiet ? this.#waitMs : 0);
    this.#isRunning = this.#onReadable.size > 0;
    if (this.#isRunning) setImmediate(this.#turn);
  }

  #wait(timeoutMs: number): void {
    this.#waitMs = MAX_WAIT_MS;
    for (let i = 0; i < MAX_WAITS; i++) {
      const calls = this.#calls;
      const ready = this.#libc.poll(this.#polledAddress, calls.length + 1, timeoutMs);
      if (ready <= 0) return;
      const isLoopReady = this.#isReady(0);
      // Read before anything is called, which may change what is watched.
      for (let index = 1; index <= calls.length; index++) {
        if (!this.#isReady(index)) continue;
        calls[index - 1]();
        if (this.#calls !== calls) return;
      }
      if (isLoopReady || timeoutMs === 0 || this.#waitMs < MAX_WAIT_MS) return;
    }
  }

  #isReady(index: number): boolean {
    return this.#polled[index * POLLED_WORDS + 1] >> FOUND_SHIFT !== 0;
  }
}
