/**
 * The UDP sockets of all responders, where datagrams move in batches: the main thread opens, binds and owns them, so
 * that what is queued in one outlives the thread that reads it. An unread socket of a shared port would swallow its
 * share of the clients.
 */
import type { SocketAddress } from './config/configuration.ts';
import { parseAddress } from './dns/address.ts';
import { EDNS_UDP_BYTES } from './dns/constants.ts';
import { ListenError } from './responder/listen-error.ts';
import type { Reply } from './responder/listener.ts';
import { createUdpHandle, type UdpHandle } from './responder/udp-batch.ts';
import { createBatchMemory, DatagramBatch } from './socket/datagram-batch.ts';
import { AF_INET, AF_INET6, type Libc } from './socket/libc.ts';
import { openPoll } from './socket/socket-poll.ts';
import { type SocketMemory, UdpSocket } from './socket/udp-socket.ts';

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
  /** For answers of the main thread, one at a time. */
  readonly #replies = new Map<UdpHandle, DatagramBatch>();
  #isClosed = false;

  /** Opens every socket; throws ListenError. */
  constructor(options: UdpSocketsOptions) {
    this.#libc = options.libc;
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

  /** Sends the answer to a query that was handed on; false where it is too long or the kernel did not take it. */
  reply(handle: UdpHandle, { replyTo, response }: Reply): boolean {
    // A closed descriptor's number may be somebody else's by now.
    if (this.#isClosed || response.length > EDNS_UDP_BYTES) return false;
    const batch = this.#replyBatch(handle);
    batch.setReplyTo(0, replyTo, 0);
    batch.responses[0].set(response);
    batch.put(0, response.length);
    const errno = batch.send(handle.fd);
    if (errno !== 0) batch.drop();
    return errno === 0;
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

  #replyBatch(handle: UdpHandle): DatagramBatch {
    let batch = this.#replies.get(handle);
    if (batch === undefined) {
      const shape = {
        slots: 1,
        receiveBytes: 0,
        sendBytes: EDNS_UDP_BYTES,
        family: handle.family === AF_INET ? AF_INET : AF_INET6,
        hasDestination: handle.tellsDestination,
      };
      batch = new DatagramBatch(createBatchMemory(shape), { shape, libc: this.#libc });
      this.#replies.set(handle, batch);
    }
    return batch;
  }
}
