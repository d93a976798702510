/**
 * Answers of the main thread on the sockets of responders: gathered, and sent many at a time, since each datagram that
 * is sent alone wakes up its receiver alone. In: an answer and to whom; out: datagrams, at the latest when whoever
 * gave them has ended its turn.
 */
import { EDNS_UDP_BYTES } from './dns/constants.ts';
import type { Reply } from './responder/listener.ts';
import type { UdpHandle } from './responder/udp-batch.ts';
import { createBatchMemory, DatagramBatch } from './socket/datagram-batch.ts';
import type { Libc } from './socket/libc.ts';

/** Answers of one socket that wait to be sent. */
const SLOTS = 32;

interface Gathered {
  readonly handle: UdpHandle;
  readonly batch: DatagramBatch;
  count: number;
}

export class UdpReplies {
  readonly #libc: Libc;
  readonly #onLost: () => void;
  readonly #gathered = new Map<UdpHandle, Gathered>();
  #waiting = 0;
  readonly #flush = () => this.flush();

  /** `onLost` is called for each answer that the kernel did not take. */
  constructor(libc: Libc, onLost: () => void) {
    this.#libc = libc;
    this.#onLost = onLost;
  }

  /** Takes an answer; false where it is too long. */
  add(handle: UdpHandle, { replyTo, response }: Reply): boolean {
    if (response.length > EDNS_UDP_BYTES) return false;
    const gathered = this.#gathered.get(handle) ?? this.#open(handle);
    const { batch, count } = gathered;
    batch.setReplyTo(count, replyTo, 0);
    batch.responses[count].set(response);
    batch.put(count, response.length);
    gathered.count++;
    if (this.#waiting++ === 0) queueMicrotask(this.#flush);
    if (gathered.count === SLOTS) this.#send(gathered);
    return true;
  }

  /** Sends what waits. */
  flush(): void {
    if (this.#waiting === 0) return;
    for (const gathered of this.#gathered.values()) if (gathered.count > 0) this.#send(gathered);
    this.#waiting = 0;
  }

  #send(gathered: Gathered): void {
    const { batch, handle } = gathered;
    gathered.count = 0;
    for (let errno = batch.send(handle.fd); errno !== 0; errno = batch.send(handle.fd)) {
      // One that cannot be sent does not keep back the others; nobody waits here for room.
      batch.skip();
      this.#onLost();
    }
  }

  #open(handle: UdpHandle): Gathered {
    const shape = {
      slots: SLOTS,
      receiveBytes: 0,
      sendBytes: EDNS_UDP_BYTES,
      family: handle.family,
      hasDestination: handle.tellsDestination,
    };
    const batch = new DatagramBatch(createBatchMemory(shape), { shape, libc: this.#libc });
    const gathered = { handle, batch, count: 0 };
    this.#gathered.set(handle, gathered);
    return gathered;
  }
}
