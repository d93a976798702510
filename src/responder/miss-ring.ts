/**
 * A ring of queries in shared memory, from one responder to the main thread: what no table can answer. In: a query
 * and to whom its answer goes; out: the same, in order. A full ring refuses, and whoever asked is told so at once.
 *
 *   words   0   head: bytes ever written     the responder
 *           16  tail: bytes ever read        the main thread
 *           32  isAsleep: 1 while the main thread waits to be woken
 *   data    records, each whole: one that does not fit before the end leaves a gap and begins at the start
 *
 *   record  length (4)  listener (4)  arrival (8)  ticket (4)  query length (4)  reply-to (72)  query  padding to 8
 *
 * 0 <= head - tail <= capacity, in 32 bits that wrap around, which a capacity that is a power of two allows. A
 * record is written before `head` says so and read before `tail` does; both are Atomics, so neither side sees half
 * a record, and a responder that dies leaves nothing half.
 */
import { REPLY_TO_BYTES } from '../socket/datagram-batch.ts';

/** Some 2,500 queries of usual length. */
export const MISS_RING_BYTES = 512 * 1024;
/** Longest query that fits, in bytes: no question is longer, with every EDNS option there is. */
export const MAX_MISS_BYTES = 4096;

const WORD = { head: 0, tail: 16, isAsleep: 32, data: 48 };
const DATA_AT = WORD.data * 4;
const GAP = -1;
const RECORD = { length: 0, listener: 4, arrival: 8, ticket: 16, queryLength: 20, replyTo: 24 };
const QUERY_AT = RECORD.replyTo + REPLY_TO_BYTES;
const ALIGNMENT = 8;

export interface MissOrigin {
  /** What the main thread knows the listener by. */
  readonly listener: number;
  /** What the listener knows the connection by; 0 for a datagram. */
  readonly ticket: number;
}

/** A query that is to be answered by somebody else. */
export interface Miss extends MissOrigin {
  /** On the monotonic clock that all threads share, in milliseconds. */
  readonly arrivedAt: number;
  /** The client's socket address, and behind it what a batch needs to answer; REPLY_TO_BYTES. */
  readonly replyTo: Uint8Array;
  readonly query: Uint8Array;
}

/** Gives memory for a ring of `capacity` bytes, a power of two. */
export function createMissRing(capacity: number = MISS_RING_BYTES): SharedArrayBuffer {
  return new SharedArrayBuffer(DATA_AT + capacity);
}

interface RingView {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly data: DataView;
  readonly capacity: number;
}

function viewRing(memory: SharedArrayBuffer): RingView {
  return {
    words: new Int32Array(memory),
    bytes: new Uint8Array(memory, DATA_AT),
    data: new DataView(memory, DATA_AT),
    capacity: memory.byteLength - DATA_AT,
  };
}

/** The responder's side: `reserve()`, write the reply-to, `commit()`; `wake()` once a batch. */
export class MissWriter {
  readonly #ring: RingView;
  #head: number;
  #recordAt = 0;
  #recordLength = 0;
  /** At first for what a predecessor committed and did not wake for. */
  #isWakeDue = true;

  constructor(memory: SharedArrayBuffer) {
    this.#ring = viewRing(memory);
    this.#head = Atomics.load(this.#ring.words, WORD.head);
  }

  /** The memory in which `reserve()` gives places. */
  get bytes(): Uint8Array {
    return this.#ring.bytes;
  }

  /** Gives where to write the REPLY_TO_BYTES of a query of this length; -1 where the ring has no room for it. */
  reserve(queryLength: number): number {
    if (queryLength > MAX_MISS_BYTES) return -1;
    const { words, data, capacity } = this.#ring;
    const length = ceilTo(QUERY_AT + queryLength, ALIGNMENT);
    const free = capacity - ((this.#head - Atomics.load(words, WORD.tail)) | 0);
    let at = this.#head & (capacity - 1);
    const gap = at + length > capacity ? capacity - at : 0;
    if (gap + length > free) return -1;
    if (gap > 0) {
      data.setInt32(at, GAP, true);
      this.#head = (this.#head + gap) | 0;
      at = 0;
    }
    this.#recordAt = at;
    this.#recordLength = length;
    return at + RECORD.replyTo;
  }

  /** Publishes the query, `query[0, queryLength)`, for which room was reserved last. */
  commit(query: Uint8Array, queryLength: number, from: MissOrigin): void {
    const { listener, ticket } = from;
    const { words, bytes, data } = this.#ring;
    const at = this.#recordAt;
    data.setInt32(at + RECORD.length, this.#recordLength, true);
    data.setInt32(at + RECORD.listener, listener, true);
    data.setFloat64(at + RECORD.arrival, sharedClock(), true);
    data.setUint32(at + RECORD.ticket, ticket, true);
    data.setInt32(at + RECORD.queryLength, queryLength, true);
    for (let i = 0; i < queryLength; i++) bytes[at + QUERY_AT + i] = query[i];
    this.#head = (this.#head + this.#recordLength) | 0;
    Atomics.store(words, WORD.head, this.#head);
    this.#isWakeDue = true;
  }

  /** Wakes the main thread if it waits and there is something for it. */
  wake(): void {
    if (!this.#isWakeDue) return;
    this.#isWakeDue = false;
    const { words } = this.#ring;
    if (Atomics.exchange(words, WORD.isAsleep, 0) === 1) Atomics.notify(words, WORD.isAsleep);
  }
}

/** The main thread's side. */
export class MissReader {
  readonly #ring: RingView;
  #isClosed = false;

  constructor(memory: SharedArrayBuffer) {
    this.#ring = viewRing(memory);
  }

  /** Takes the next miss; undefined where the ring is empty. Everything in it is a copy. */
  take(): Miss | undefined {
    const { words, data, capacity } = this.#ring;
    let tail = Atomics.load(words, WORD.tail);
    if (tail === Atomics.load(words, WORD.head)) return undefined;
    let at = tail & (capacity - 1);
    if (data.getInt32(at, true) === GAP) {
      tail = (tail + capacity - at) | 0;
      at = 0;
    }
    const miss = this.#read(at);
    const length = data.getInt32(at + RECORD.length, true);
    Atomics.store(words, WORD.tail, (tail + length) | 0);
    return miss;
  }

  /** Resolves when there is something to take, or the reader was closed. */
  async wait(): Promise<void> {
    const { words } = this.#ring;
    Atomics.store(words, WORD.isAsleep, 1);
    const isEmpty = Atomics.load(words, WORD.tail) === Atomics.load(words, WORD.head);
    if (!isEmpty || this.#isClosed) {
      Atomics.store(words, WORD.isAsleep, 0);
      return;
    }
    const { async, value } = Atomics.waitAsync(words, WORD.isAsleep, 1);
    if (async) await value;
  }

  /** Lets `wait()` resolve, now and from now on. */
  close(): void {
    this.#isClosed = true;
    const { words } = this.#ring;
    Atomics.store(words, WORD.isAsleep, 0);
    Atomics.notify(words, WORD.isAsleep);
  }

  #read(at: number): Miss {
    const { bytes, data } = this.#ring;
    const queryLength = data.getInt32(at + RECORD.queryLength, true);
    // One copy of both, from the pool of small buffers: memory of its own for each would cost more than the query.
    const copy = Buffer.from(bytes.subarray(at + RECORD.replyTo, at + QUERY_AT + queryLength));
    return {
      listener: data.getInt32(at + RECORD.listener, true),
      arrivedAt: data.getFloat64(at + RECORD.arrival, true),
      ticket: data.getUint32(at + RECORD.ticket, true),
      replyTo: copy.subarray(0, REPLY_TO_BYTES),
      query: copy.subarray(REPLY_TO_BYTES),
    };
  }
}

/** Gives the time on the clock of `arrivedAt`: performance.now() counts from the start of its thread. */
export function sharedClock(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

function ceilTo(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
