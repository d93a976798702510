/**
 * Waits for sockets of our own and for the event loop of the thread at once: epoll(7) on both, from within a turn of
 * the event loop. In: descriptors with what to call when they can be read; out: the calls.
 *
 *     event loop turns, timers, TCP, messages  --setImmediate-->  epoll_wait(sockets, loop's descriptor)
 *                        ^                                           |        |
 *                        '--------- the loop has something to do ----'        '--> a socket can be read: its call
 *
 * A library's handle of uv_poll_t would do the same, but its callback ends the whole process when it comes while the
 * thread is being terminated; this is ordinary JavaScript, which can be ended anywhere.
 *
 * The event loop hands new descriptors to the kernel only when it turns, so we may wait only after a turn in which
 * nothing happened: then there are none.
 */
import {
  EPOLL_CLOEXEC,
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLLET,
  EPOLLIN,
  type Libc,
} from './libc.ts';

/** Longest wait, in milliseconds: timers of the thread are late by up to as much when nothing else happens. */
const MAX_WAIT_MS = 100;
/** Calls in a row before the event loop turns in any case; together they wait no longer than one. */
const MAX_WAITS = 16;
/** Descriptors that are told to be ready at a time; the others follow. */
const MAX_EVENTS = 64;

/** A struct epoll_event: what happened in 4 bytes, and 8 of our own, without a gap between them on x64 alone. */
const EVENT = process.arch === 'x64' ? { bytes: 12, data: 4 } : ({ bytes: 16, data: 8 } as const);

/** Opens what a SocketPoll waits on: a descriptor, which whoever opened it closes; less than 0 where it fails. */
export function openPoll(libc: Libc): number {
  return libc.epoll_create1(EPOLL_CLOEXEC);
}

export class SocketPoll {
  readonly #libc: Libc;
  readonly #epollFd: number;
  readonly #onBeforeWait: () => void;
  readonly #onReadable = new Map<number, () => void>();
  /** Descriptors that the kernel tells of whether anybody wants to know or not. */
  readonly #edges = new Set<number>();
  /** Kept in a buffer of its own, whose address stays. */
  readonly #events = new DataView(new SharedArrayBuffer(MAX_EVENTS * EVENT.bytes));
  readonly #eventsAddress: number;
  readonly #event = new Uint8Array(EVENT.bytes);
  readonly #eventView = new DataView(this.#event.buffer);
  #loopEvents = -1;
  /** When the event loop has to turn at the latest, on the clock of performance.now(). */
  #turnBy = Number.POSITIVE_INFINITY;
  #isRunning = false;
  readonly #turn = () => this.#run();

  /**
   * `epollFd` may have been another thread's that has ended: its sockets are those of its successor. `onBeforeWait` is
   * called before each wait, for what was put off while there was something to do.
   */
  constructor(libc: Libc, epollFd: number, onBeforeWait: () => void = () => {}) {
    this.#libc = libc;
    this.#epollFd = epollFd;
    this.#onBeforeWait = onBeforeWait;
    this.#eventsAddress = libc.addressOf(this.#events);
    this.#control(EPOLL_CTL_ADD, { fd: libc.loopFd, events: EPOLLIN });
  }

  /** Has `onReadable` called, in a turn of the event loop, as long as the descriptor can be read. */
  watch(fd: number, onReadable: () => void): void {
    this.#onReadable.set(fd, onReadable);
    this.#control(EPOLL_CTL_ADD, { fd, events: EPOLLIN });
    this.#start();
  }

  /**
   * Has `onReadable` called each time that something comes to the descriptor, until `rest()`; and again after the
   * next call of this, which costs no call of the system.
   */
  watchEdge(fd: number, onReadable: () => void): void {
    if (!this.#edges.has(fd)) {
      this.#edges.add(fd);
      this.#control(EPOLL_CTL_ADD, { fd, events: EPOLLIN | EPOLLET });
    }
    this.#onReadable.set(fd, onReadable);
    this.#start();
  }

  /** Does not call for a descriptor of `watchEdge()` until that is called again. */
  rest(fd: number): void {
    this.#onReadable.delete(fd);
  }

  /** Knows nothing of a descriptor any more that is closed right after. */
  forget(fd: number): void {
    this.#onReadable.delete(fd);
    this.#edges.delete(fd);
  }

  /** Does not call for the descriptor any more. */
  unwatch(fd: number): void {
    if (this.#onReadable.delete(fd)) this.#control(EPOLL_CTL_DEL, { fd, events: 0 });
  }

  /** Lets the event loop turn within so many milliseconds: for a timer that is to be more exact than others. */
  turnWithin(ms: number): void {
    this.#turnBy = Math.min(this.#turnBy, performance.now() + ms);
  }

  #start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    setImmediate(this.#turn);
  }

  /** A descriptor that is there already is as good; that of a thread that has ended was taken out with it. */
  #control(operation: number, { fd, events }: { fd: number; events: number }): void {
    this.#eventView.setUint32(0, events >>> 0, true);
    this.#eventView.setInt32(EVENT.data, fd, true);
    this.#libc.epoll_ctl(this.#epollFd, operation, fd, this.#event);
  }

  #run(): void {
    const events = this.#libc.countLoopEvents();
    const isQuiet = events === this.#loopEvents;
    this.#loopEvents = events;
    this.#wait(isQuiet ? MAX_WAIT_MS : 0);
    this.#isRunning = this.#onReadable.size > 0;
    if (this.#isRunning) setImmediate(this.#turn);
  }

  #wait(longestMs: number): void {
    const libc = this.#libc;
    let now = performance.now();
    const endsAt = now + longestMs;
    for (let i = 0; i < MAX_WAITS; i++) {
      this.#onBeforeWait();
      const waitMs = Math.max(Math.ceil(Math.min(endsAt, this.#turnBy) - now), 0);
      const ready = libc.epoll_wait(this.#epollFd, this.#eventsAddress, MAX_EVENTS, waitMs);
      const isLoopReady = this.#call(ready);
      now = performance.now();
      if (ready <= 0 || isLoopReady || now >= endsAt || now >= this.#turnBy) break;
    }
    if (now >= this.#turnBy) this.#turnBy = Number.POSITIVE_INFINITY;
  }

  /** Calls for each of `ready` descriptors; tells whether the event loop's own is among them. */
  #call(ready: number): boolean {
    let isLoopReady = false;
    for (let index = 0; index < ready; index++) {
      const fd = this.#events.getInt32(index * EVENT.bytes + EVENT.data, true);
      if (fd === this.#libc.loopFd) isLoopReady = true;
      else this.#onReadable.get(fd)?.();
    }
    return isLoopReady;
  }
}
