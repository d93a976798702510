/**
 * The UDP sockets of all responders, where datagrams move in batches: the main thread opens, binds and owns them, so
 * that what is queued in one outlives the thread that reads it. An unread socket of a shared port would swallow its
 * share of the clients.
 */
import type { SocketAddress } from './config/configuration.ts';
import { parseAddress } from './dns/address.ts';
import { ListenError } from './responder/listen-error.ts';
import type { Reply } from './responder/listener.ts';
import { createUdpHandle, type UdpHandle } from './responder/udp-batch.ts';
import type { Libc } from './socket/libc.ts';
import { openPoll } from './socket/socket-poll.ts';
import { type SocketMemory, UdpSocket } from './socket/udp-socket.ts';
import { UdpReplies } from './udp-replies.ts';

/** What is asked of the kernel for queries that wait: some 5,000 of usual size, as the kernel counts them. */
export const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
/** A responder's own socket has one query at a time. */
const SELF_BUFFER_BYTES = 4096;
const LOOPBACK = '127.0.0.1';

export interface UdpSocketsOptions {
  readonly libc: Libc;
  readonly listen: readonly SocketAddress[];
  readonly responders: number;
}

/** The sockets of one responder. */
export interface ResponderSockets {
  /** One for each address that is listened on, in that order. */
  readonly handles: readonly UdpHandle[];
  /** Takes queries of the main thread alone, which tell whether the responder answers; absent without loopback. */
  readonly self?: UdpHandle;
  /** What the responder waits on for all of them. */
  readonly epollFd: number;
}

export class UdpSockets {
  readonly #libc: Libc;
  readonly #open: UdpSocket[] = [];
  readonly #polls: number[] = [];
  readonly #responders: ResponderSockets[] = [];
  readonly #replies: UdpReplies;
  /** Called for each answer that the kernel did not take. */
  onReplyLost: () => void = () => {};
  #isClosed = false;

  /** Opens every socket; throws ListenError. */
  constructor(options: UdpSocketsOptions) {
    this.#libc = options.libc;
    this.#replies = new UdpReplies(options.libc, () => this.onReplyLost());
    try {
      for (let i = 0; i < options.responders; i++) this.#responders.push(this.#openFor(options));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The C library of this thread. */
  get libc(): Libc {
    return this.#libc;
  }

  /** Gives what the thread of responder `index` is handed. */
  of(index: number): ResponderSockets {
    return this.#responders[index];
  }

  /** Sends the answer to a query that was handed on, soon; false where it is too long. */
  reply(handle: UdpHandle, reply: Reply): boolean {
    // A closed descriptor's number may be somebody else's by now.
    return !this.#isClosed && this.#replies.add(handle, reply);
  }

  /** Sends the answers that wait. */
  flushReplies(): void {
    if (!this.#isClosed) this.#replies.flush();
  }

  /** Gives what the kernel tells of the queues of all sockets, summed. */
  readMemory(): SocketMemory {
    let drops = 0;
    let queuedBytes = 0;
    let receiveBufferBytes = 0;
    for (const socket of this.#open) {
      const memory = socket.readMemory();
      drops += memory.drops;
      queuedBytes += memory.queuedBytes;
      receiveBufferBytes += memory.receiveBufferBytes;
    }
    return { drops, queuedBytes, receiveBufferBytes };
  }

  /** Closes every socket; no thread may use one any more. */
  close(): void {
    this.flushReplies();
    this.#isClosed = true;
    for (const socket of this.#open) socket.close();
    for (const epollFd of this.#polls.splice(0)) this.#libc.close(epollFd);
  }

  #openFor({ listen }: UdpSocketsOptions): ResponderSockets {
    const handles = listen.map(({ address, port }) =>
      this.#openOne({ address, port, reusePort: true, receiveBufferBytes: RECEIVE_BUFFER_BYTES }),
    );
    const self = this.#openSelf();
    const epollFd = openPoll(this.#libc);
    this.#polls.push(epollFd);
    return { handles, epollFd, ...(self && { self }) };
  }

  #openSelf(): UdpHandle | undefined {
    try {
      return this.#openOne({
        address: LOOPBACK,
        port: 0,
        reusePort: false,
        receiveBufferBytes: SELF_BUFFER_BYTES,
      });
    } catch (error) {
      if (!(error instanceof ListenError)) throw error;
      return undefined;
    }
  }

  #openOne(options: {
    address: string;
    port: number;
    reusePort: boolean;
    receiveBufferBytes: number;
  }): UdpHandle {
    const { address, port } = options;
    const bytes = parseAddress(address);
    if (bytes === undefined) throw new TypeError(`Cannot open socket: no address "${address}"`);
    try {
      const socket = UdpSocket.open({ ...options, address: bytes, libc: this.#libc });
      this.#open.push(socket);
      return createUdpHandle(socket, address);
    } catch (cause) {
      throw new ListenError({ address, port, protocol: 'UDP' }, { cause });
    }
  }
}
