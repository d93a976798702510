/**
 * Batched UDP, Linux: when a socket can be read, its datagrams are received many at a time, answered in place, and
 * the responses sent many at a time. Nothing is allocated for a query. RFC 1035 section 4.2.1.
 *
 *     receiving --> answering --> sending --> receiving
 *                                   |  ^
 *                                   v  | after RETRY_MS, at most MAX_RETRIES times
 *                              waiting for room
 *
 * The socket is the main thread's, as is the memory of the batch: both outlive the thread that uses them, and the
 * next one goes on where it died.
 */
import type { AddressInfo } from 'node:net';
import { constants } from 'node:os';
import { EDNS_UDP_BYTES } from '../dns/constants.ts';
import { type BatchShape, createBatchMemory, DatagramBatch } from '../socket/datagram-batch.ts';
import { AF_INET, type Libc } from '../socket/libc.ts';
import type { SocketPoll } from '../socket/socket-poll.ts';
import type { UdpSocket } from '../socket/udp-socket.ts';
import {
  type AnsweringOptions,
  CLOSE_LIMIT_MS,
  type CloseOptions,
  type Listener,
  MAX_UDP_QUERY_BYTES,
} from './listener.ts';
import type { Transport } from './respond-function.ts';

/** Datagrams in a batch; more gain nothing (test/bench/responder/udp-batch). */
export const BATCH_SLOTS = 64;
/** Batches between two turns of the event loop, so that TCP and timers have theirs. */
const MAX_BATCHES = 8;
/** So many at once, and more have come meanwhile: one call finds that out for less than waiting costs. */
const EAGER_DATAGRAMS = 4;
/** How long a full socket buffer or queue of a network device is waited for. */
const RETRY_MS = 1;
const MAX_RETRIES = 20;

const { EAGAIN, EINTR, ENOBUFS, ENOMEM } = constants.errno;

/** A socket with the memory of its batch, as the main thread hands it to a responder. */
export interface UdpHandle {
  readonly fd: number;
  /** AF_INET or AF_INET6. */
  readonly family: number;
  readonly tellsDestination: boolean;
  readonly memory: SharedArrayBuffer;
  readonly address: string;
  readonly port: number;
}

/** Gives a socket the memory of a batch. */
export function createUdpHandle(socket: UdpSocket, address: string): UdpHandle {
  const { fd, family, tellsDestination, port } = socket;
  const memory = createBatchMemory(shapeOf({ family, tellsDestination }));
  return { fd, family, tellsDestination, memory, address, port };
}

export interface UdpBatchOptions extends AnsweringOptions {
  readonly handle: UdpHandle;
  readonly libc: Libc;
  /** The thread's. */
  readonly poll: SocketPoll;
}

export class UdpBatchListener implements Listener {
  readonly #options: UdpBatchOptions;
  readonly #fd: number;
  readonly #poll: SocketPoll;
  readonly #batch: DatagramBatch;
  readonly #transport: Transport;
  /** Responses wait for the kernel to have room. */
  #isWaiting = false;
  #retries = 0;
  /** The slot whose query is being answered. */
  #slot = 0;
  #onSent: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  /** Answers what a predecessor left in the memory, then what comes. */
  constructor(options: UdpBatchOptions) {
    const { handle, libc, poll, misses } = options;
    this.#options = options;
    this.#fd = handle.fd;
    this.#poll = poll;
    this.#batch = new DatagramBatch(handle.memory, { shape: shapeOf(handle), libc });
    this.#transport = {
      protocol: 'udp',
      family: handle.family === AF_INET ? 4 : 6,
      ...(misses && { handOn: (query, length) => this.#handOn(query, length) }),
    };
    if (this.#batch.hasRest) this.#finishBatch();
    if (!this.#isWaiting) this.#listen();
  }

  address(): AddressInfo {
    const { address, port, family } = this.#options.handle;
    return { address, port, family: family === AF_INET ? 'IPv4' : 'IPv6' };
  }

  /** Never called: the main thread, whose socket it is, answers by itself. */
  answer(): void {}

  close(options: CloseOptions = {}): Promise<void> {
    this.#closed ??= this.#close(options);
    return this.#closed;
  }

  async #close({ graceful = false, limitMs = CLOSE_LIMIT_MS }: CloseOptions): Promise<void> {
    const endsAt = performance.now() + limitMs;
    // What is waiting is sent or given up within 20 ms.
    if (this.#isWaiting) await new Promise<void>((resolve) => (this.#onSent = resolve));
    while (graceful && performance.now() < endsAt && this.turn() > 0) {
      if (this.#isWaiting) await new Promise<void>((resolve) => (this.#onSent = resolve));
    }
    this.#poll.unwatch(this.#fd);
  }

  /** Answers one batch of what the socket has; gives how many datagrams that were, at most BATCH_SLOTS. */
  turn(): number {
    const received = this.#batch.receive(this.#fd);
    if (received > 0) {
      this.#finishBatch();
      return received;
    }
    const errno = -received;
    if (errno !== 0 && errno !== EAGAIN && errno !== EINTR) this.#options.count('udpSocketError');
    return 0;
  }

  #listen(): void {
    this.#poll.watch(this.#fd, () => this.#read());
  }

  #read(): void {
    for (let i = 0; i < MAX_BATCHES; i++) {
      if (this.turn() < EAGER_DATAGRAMS || this.#isWaiting) return;
    }
  }

  /** Answers and sends what was received. */
  #finishBatch(): void {
    const { enter, leave, observe, clock } = this.#options;
    const startedAt = clock();
    enter();
    const answered = this.#answer();
    leave();
    this.#send();
    observe(answered, clock() - startedAt);
  }

  #answer(): number {
    const { respond, count } = this.#options;
    const batch = this.#batch;
    let answered = 0;
    for (let slot = batch.take(); slot !== -1; slot = batch.take()) {
      const length = batch.lengthOf(slot);
      if (batch.portOf(slot) === 0) {
        count('udpSourcePortZero');
        continue;
      }
      if (length > MAX_UDP_QUERY_BYTES) {
        count('udpQueryTooLong');
        continue;
      }
      this.#slot = slot;
      const bytes = respond(batch.received[slot], length, batch.responses[slot], this.#transport);
      if (bytes === 0) continue;
      batch.put(slot, bytes);
      answered++;
    }
    return answered;
  }

  #send(): void {
    const batch = this.#batch;
    for (;;) {
      const errno = batch.send(this.#fd);
      if (errno === 0) return;
      if (errno === EINTR) continue;
      if (errno === EAGAIN || errno === ENOBUFS || errno === ENOMEM) {
        this.#waitForRoom();
        return;
      }
      // It is about one response, such as one to an address that nothing can be sent to; the others still go.
      batch.skip();
      this.#options.count('udpSendError');
    }
  }

  /** Receives nothing more until what is left has been sent, or given up. */
  #waitForRoom(): void {
    this.#isWaiting = true;
    this.#poll.unwatch(this.#fd);
    this.#poll.turnWithin(RETRY_MS);
    setTimeout(() => this.#retry(), RETRY_MS);
  }

  #retry(): void {
    if (++this.#retries > MAX_RETRIES) {
      for (let left = this.#batch.drop(); left > 0; left--) this.#options.count('udpSendBacklog');
    } else {
      this.#isWaiting = false;
      this.#send();
      if (this.#isWaiting) return;
    }
    this.#isWaiting = false;
    this.#retries = 0;
    this.#onSent?.();
    if (this.#closed === undefined) this.#listen();
  }

  #handOn(query: Uint8Array, length: number): boolean {
    const { misses, count } = this.#options;
    const at = misses?.ring.reserve(length) ?? -1;
    if (misses === undefined || at === -1) {
      count('missRefused');
      return false;
    }
    this.#batch.copyReplyTo(this.#slot, misses.ring.bytes, at);
    misses.ring.commit(query, length, { listener: misses.listener, ticket: 0 });
    count('missHandedOn');
    return true;
  }
}

/** Gives the shape of the batch of such a socket. */
export function shapeOf({
  family,
  tellsDestination,
}: {
  family: number;
  tellsDestination: boolean;
}): BatchShape {
  return {
    slots: BATCH_SLOTS,
    receiveBytes: MAX_UDP_QUERY_BYTES,
    sendBytes: EDNS_UDP_BYTES,
    family,
    hasDestination: tellsDestination,
  };
}
