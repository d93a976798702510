/**
 * Datagrams that move many at a time: the memory that recvmmsg and sendmmsg work in, and where they stand in it.
 * In: a descriptor; out: received datagrams slot by slot, and the responses put for them. recvmmsg(2), sendmmsg(2),
 * cmsg(3), ip(7), ipv6(7).
 *
 *   progress   received, taken, ready, sent
 *   headers    a struct mmsghdr (64 bytes) for each slot to receive, then for each to send
 *   vectors    a struct iovec (16 bytes) for each header
 *   addresses  a struct sockaddr for each slot: who sent the datagram, and gets the response
 *   controls   for each slot what cmsg(3) holds: the address that the datagram was sent to
 *   datagrams  received ones, then responses
 *
 * Always 0 <= sent <= ready <= taken <= received <= slots. The memory is shared and says how far its thread came:
 * when that dies, its successor opens the same memory and goes on behind the datagram that was being answered, so
 * that what was taken out of the socket is not lost.
 */
import {
  AF_INET,
  IP_PKTINFO,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_PKTINFO,
  type Libc,
  MSG_DONTWAIT,
  MSG_TRUNC,
} from './libc.ts';
import { MAX_SOCKADDR_BYTES, SOCKADDR_IN_BYTES, SOCKADDR_IN6_BYTES } from './sockaddr.ts';

export interface BatchShape {
  /** Most datagrams that move at a time, at least 1. */
  readonly slots: number;
  /** Longest datagram that is received whole, in bytes. */
  readonly receiveBytes: number;
  /** Longest response, in bytes. */
  readonly sendBytes: number;
  /** AF_INET or AF_INET6: that of the socket. */
  readonly family: number;
  /** The socket tells where datagrams were sent to, and responses leave from there: that of a wildcard address. */
  readonly hasDestination: boolean;
}

/** Who asked, and at which of our addresses: what it takes to answer later. */
export const REPLY_TO_BYTES = 72;
const REPLY_CONTROL_LENGTH_AT = MAX_SOCKADDR_BYTES;
const REPLY_CONTROL_AT = REPLY_CONTROL_LENGTH_AT + 4;

const CACHE_LINE_BYTES = 64;
const HEADER_BYTES = 64;
const HEADER_WORDS = HEADER_BYTES / 4;
const VECTOR_BYTES = 16;
const VECTOR_WORDS = VECTOR_BYTES / 4;
const ADDRESS_BYTES = 32;
/** Room for a struct in6_pktinfo, the longer one, with its header, in bytes. */
const CONTROL_BYTES = 40;
const CONTROL_WORDS = CONTROL_BYTES / 4;

/** Words of a struct mmsghdr. Pointers and sizes take two, of which little-endian has the lower first. */
const HEADER = {
  name: 0,
  nameLength: 2,
  vector: 4,
  vectorCount: 6,
  control: 8,
  controlLength: 10,
  length: 14,
};
/** Words of a struct iovec. */
const VECTOR = { base: 0, length: 2 };
/** Words of a struct cmsghdr, and of the data behind it: struct in_pktinfo begins with the interface. */
const CONTROL = { length: 0, level: 2, type: 3, data: 4 };
/** Word of a struct in6_pktinfo's interface, behind its address. */
const IPV6_INTERFACE_WORD = CONTROL.data + 4;

const PROGRESS = { isMade: 0, received: 1, taken: 2, ready: 3, sent: 4 };

interface Layout {
  readonly receiveHeaders: number;
  readonly sendHeaders: number;
  readonly receiveVectors: number;
  readonly sendVectors: number;
  readonly addresses: number;
  readonly controls: number;
  readonly received: number;
  readonly receivedStride: number;
  readonly responses: number;
  readonly responseStride: number;
  readonly bytes: number;
}

/** Gives memory for a batch; its pages cost nothing until datagrams come. */
export function createBatchMemory(shape: BatchShape): SharedArrayBuffer {
  return new SharedArrayBuffer(layOut(shape).bytes);
}

/** One thread's view of a batch; to be used by one thread at a time. */
export class DatagramBatch {
  readonly slots: number;
  /** What was received, by slot; `lengthOf()` says how much of it. */
  readonly received: readonly Uint8Array[];
  /** Where the response to each slot is written. */
  readonly responses: readonly Uint8Array[];

  readonly #libc: Libc;
  readonly #shape: BatchShape;
  readonly #layout: Layout;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #progress: Int32Array;
  readonly #address: number;
  readonly #receiveHeadersAddress: number;
  readonly #sendHeadersAddress: number;

  constructor(memory: SharedArrayBuffer, options: { shape: BatchShape; libc: Libc }) {
    const { shape, libc } = options;
    const layout = layOut(shape);
    this.slots = shape.slots;
    this.#libc = libc;
    this.#shape = shape;
    this.#layout = layout;
    this.#bytes = new Uint8Array(memory);
    this.#words = new Uint32Array(memory);
    this.#progress = new Int32Array(memory, 0, CACHE_LINE_BYTES / 4);
    this.#address = libc.addressOf(this.#bytes);
    this.#receiveHeadersAddress = this.#address + layout.receiveHeaders;
    this.#sendHeadersAddress = this.#address + layout.sendHeaders;
    const indexes = Array.from({ length: shape.slots }, (_, slot) => slot);
    this.received = indexes.map((slot) => {
      const at = layout.received + slot * layout.receivedStride;
      return this.#bytes.subarray(at, at + shape.receiveBytes);
    });
    this.responses = indexes.map((slot) => {
      const at = layout.responses + slot * layout.responseStride;
      return this.#bytes.subarray(at, at + shape.sendBytes);
    });
    if (this.#progress[PROGRESS.isMade] === 0) this.#make();
    if (!this.hasRest) this.#clear();
  }

  /** Whether the memory's last thread left datagrams that it received and did not answer. */
  get hasRest(): boolean {
    return this.#progress[PROGRESS.received] > 0;
  }

  /**
   * Takes what the socket has, as much as there are slots, and gives how many datagrams that are; 0 where it has
   * none, and less than 0, an error number, where it fails. Everything taken before must have been sent.
   */
  receive(fd: number): number {
    const count = this.#libc.recvmmsg(
      fd,
      this.#receiveHeadersAddress,
      this.slots,
      MSG_DONTWAIT | MSG_TRUNC,
      0,
    );
    if (count < 0) return -this.#libc.errno();
    this.#progress[PROGRESS.received] = count;
    return count;
  }

  /** Gives the next slot with a datagram, -1 where all have been taken. */
  take(): number {
    const progress = this.#progress;
    const slot = progress[PROGRESS.taken];
    if (slot >= progress[PROGRESS.received]) return -1;
    progress[PROGRESS.taken] = slot + 1;
    return slot;
  }

  /** Gives the length of a slot's datagram in bytes; above `receiveBytes` it was cut to them. */
  lengthOf(slot: number): number {
    return this.#words[this.#receiveHeader(slot) + HEADER.length];
  }

  /** Gives the port that a slot's datagram came from. */
  portOf(slot: number): number {
    const at = this.#layout.addresses + slot * ADDRESS_BYTES;
    return (this.#bytes[at + 2] << 8) | this.#bytes[at + 3];
  }

  /** Has the first `length` bytes of a slot's response sent, to whom its datagram came from. */
  put(slot: number, length: number): void {
    const words = this.#words;
    const index = this.#progress[PROGRESS.ready];
    const from = this.#receiveHeader(slot);
    const to = this.#sendHeader(index);
    const vector = (this.#layout.sendVectors >> 2) + index * VECTOR_WORDS;
    const response = this.#layout.responses + slot * this.#layout.responseStride;
    words[to + HEADER.name] = words[from + HEADER.name];
    words[to + HEADER.name + 1] = words[from + HEADER.name + 1];
    putPointer(words, vector + VECTOR.base, this.#address + response);
    words[vector + VECTOR.length] = length;
    if (this.#shape.hasDestination) this.#putSource(slot, from, to);
    this.#progress[PROGRESS.ready] = index + 1;
  }

  /**
   * Sends what was put, and forgets the batch; gives 0, or an error number where the kernel did not take the first
   * response that is left: then either `skip()` it, or call again later.
   */
  send(fd: number): number {
    const progress = this.#progress;
    const ready = progress[PROGRESS.ready];
    let sent = progress[PROGRESS.sent];
    while (sent < ready) {
      const from =
        sent === 0 ? this.#sendHeadersAddress : this.#sendHeadersAddress + sent * HEADER_BYTES;
      const count = this.#libc.sendmmsg(fd, from, ready - sent, MSG_DONTWAIT);
      if (count < 0) return this.#libc.errno();
      sent += count;
      progress[PROGRESS.sent] = sent;
    }
    this.#clear();
    return 0;
  }

  /** Gives up the first response that is left. */
  skip(): void {
    this.#progress[PROGRESS.sent]++;
  }

  /** Gives up every response that is left, and tells how many those were. */
  drop(): number {
    const left = this.#progress[PROGRESS.ready] - this.#progress[PROGRESS.sent];
    this.#clear();
    return left;
  }

  /** Writes to `target` at `at` how a slot's datagram is answered, in REPLY_TO_BYTES. */
  copyReplyTo(slot: number, target: Uint8Array, at: number): void {
    const bytes = this.#bytes;
    const address = this.#layout.addresses + slot * ADDRESS_BYTES;
    for (let i = 0; i < MAX_SOCKADDR_BYTES; i++) target[at + i] = bytes[address + i];
    const length = this.#words[this.#receiveHeader(slot) + HEADER.controlLength];
    const control = this.#layout.controls + slot * CONTROL_BYTES;
    target.fill(0, at + REPLY_CONTROL_LENGTH_AT, at + REPLY_CONTROL_AT);
    target[at + REPLY_CONTROL_LENGTH_AT] = this.#shape.hasDestination ? length : 0;
    for (let i = 0; i < CONTROL_BYTES; i++) target[at + REPLY_CONTROL_AT + i] = bytes[control + i];
  }

  /** Has a slot answer whom `copyReplyTo()` wrote down, or a socket address with zeros behind it. */
  setReplyTo(slot: number, source: Uint8Array, at: number): void {
    const bytes = this.#bytes;
    const address = this.#layout.addresses + slot * ADDRESS_BYTES;
    for (let i = 0; i < MAX_SOCKADDR_BYTES; i++) bytes[address + i] = source[at + i];
    const control = this.#layout.controls + slot * CONTROL_BYTES;
    for (let i = 0; i < CONTROL_BYTES; i++) bytes[control + i] = source[at + REPLY_CONTROL_AT + i];
    this.#words[this.#receiveHeader(slot) + HEADER.controlLength] =
      source[at + REPLY_CONTROL_LENGTH_AT];
  }

  /** Lets the response leave from the address that was asked; the route chooses the interface. */
  #putSource(slot: number, from: number, to: number): void {
    const words = this.#words;
    const length = words[from + HEADER.controlLength];
    const control = (this.#layout.controls >> 2) + slot * CONTROL_WORDS;
    words[to + HEADER.control] = words[from + HEADER.control];
    words[to + HEADER.control + 1] = words[from + HEADER.control + 1];
    words[to + HEADER.controlLength] = length;
    if (length === 0) return;
    const level = words[control + CONTROL.level];
    const type = words[control + CONTROL.type];
    if (level === IPPROTO_IP && type === IP_PKTINFO) words[control + CONTROL.data] = 0;
    else if (level === IPPROTO_IPV6 && type === IPV6_PKTINFO) this.#clearInterface(control);
    else words[to + HEADER.controlLength] = 0;
  }

  /** A link-local address means something only together with its interface: RFC 4007 section 6. */
  #clearInterface(control: number): void {
    const at = (control + CONTROL.data) * 4;
    const isLinkLocal = this.#bytes[at] === 0xfe && (this.#bytes[at + 1] & 0xc0) === 0x80;
    if (!isLinkLocal) this.#words[control + IPV6_INTERFACE_WORD] = 0;
  }

  #clear(): void {
    const progress = this.#progress;
    if (this.#shape.hasDestination) {
      for (let slot = 0; slot < progress[PROGRESS.received]; slot++) {
        this.#words[this.#receiveHeader(slot) + HEADER.controlLength] = CONTROL_BYTES;
      }
    }
    // First: a thread that dies on the way leaves a batch that counts as done.
    progress[PROGRESS.received] = 0;
    progress[PROGRESS.taken] = 0;
    progress[PROGRESS.ready] = 0;
    progress[PROGRESS.sent] = 0;
  }

  #receiveHeader(slot: number): number {
    return (this.#layout.receiveHeaders >> 2) + slot * HEADER_WORDS;
  }

  #sendHeader(index: number): number {
    return (this.#layout.sendHeaders >> 2) + index * HEADER_WORDS;
  }

  /** Writes what never changes; pointers hold for every thread of the process. */
  #make(): void {
    const { slots, receiveBytes, family, hasDestination } = this.#shape;
    const words = this.#words;
    const layout = this.#layout;
    const nameLength = family === AF_INET ? SOCKADDR_IN_BYTES : SOCKADDR_IN6_BYTES;
    for (let slot = 0; slot < slots; slot++) {
      const receive = this.#receiveHeader(slot);
      const vector = layout.receiveVectors + slot * VECTOR_BYTES;
      putPointer(
        words,
        receive + HEADER.name,
        this.#address + layout.addresses + slot * ADDRESS_BYTES,
      );
      // What recvmmsg writes here is the same again, since a socket has one family.
      words[receive + HEADER.nameLength] = nameLength;
      putPointer(words, receive + HEADER.vector, this.#address + vector);
      words[receive + HEADER.vectorCount] = 1;
      if (hasDestination) {
        putPointer(
          words,
          receive + HEADER.control,
          this.#address + layout.controls + slot * CONTROL_BYTES,
        );
        words[receive + HEADER.controlLength] = CONTROL_BYTES;
      }
      const datagram = layout.received + slot * layout.receivedStride;
      putPointer(words, (vector >> 2) + VECTOR.base, this.#address + datagram);
      words[(vector >> 2) + VECTOR.length] = receiveBytes;
      const send = this.#sendHeader(slot);
      words[send + HEADER.nameLength] = nameLength;
      putPointer(
        words,
        send + HEADER.vector,
        this.#address + layout.sendVectors + slot * VECTOR_BYTES,
      );
      words[send + HEADER.vectorCount] = 1;
    }
    this.#progress[PROGRESS.isMade] = 1;
  }
}

function putPointer(words: Uint32Array, at: number, address: number): void {
  words[at] = address;
  words[at + 1] = address / 2 ** 32;
}

function layOut({ slots, receiveBytes, sendBytes }: BatchShape): Layout {
  const receivedStride = strideOf(receiveBytes);
  const responseStride = strideOf(sendBytes);
  const receiveHeaders = CACHE_LINE_BYTES;
  const sendHeaders = receiveHeaders + slots * HEADER_BYTES;
  const receiveVectors = sendHeaders + slots * HEADER_BYTES;
  const sendVectors = receiveVectors + slots * VECTOR_BYTES;
  const addresses = sendVectors + slots * VECTOR_BYTES;
  const controls = addresses + slots * ADDRESS_BYTES;
  const received = ceilTo(controls + slots * CONTROL_BYTES, CACHE_LINE_BYTES);
  const responses = received + slots * receivedStride;
  return {
    receiveHeaders,
    sendHeaders,
    receiveVectors,
    sendVectors,
    addresses,
    controls,
    received,
    receivedStride,
    responses,
    responseStride,
    bytes: responses + slots * responseStride,
  };
}

/** An odd number of cache lines: at powers of two all datagrams would share a few lines of the processor's cache. */
function strideOf(bytes: number): number {
  const lines = Math.ceil(bytes / CACHE_LINE_BYTES);
  return (lines + 1 - (lines % 2)) * CACHE_LINE_BYTES;
}

function ceilTo(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
