/**
 * What responders hand on: queries that no zone of ours answers. In: the rings that responders write; out: answers,
 * on the socket that the query came to, or through the responder that has the connection. A responder never waits.
 */
import { formatAddress } from './dns/address.ts';
import { FLAG, HEADER_BYTES, MAX_MESSAGE_BYTES, RCODE } from './dns/constants.ts';
import type { ResponderCounters } from './monitoring/counters.ts';
import type { Reply } from './responder/listener.ts';
import { type Miss, MissReader, sharedClock } from './responder/miss-ring.ts';
import { readSockaddr } from './socket/sockaddr.ts';
import { within } from './within.ts';

/** Misses that are taken from a ring before others have their turn. */
const MAX_TAKEN = 256;
/** Queries being answered at a time; what is more stays in the rings, which refuse when they are full. */
const MAX_PENDING = 4096;

/** A query that is to be answered, and what is known of it. */
export interface MissedQuery {
  readonly query: Uint8Array;
  readonly protocol: 'udp' | 'tcp';
  readonly client: { readonly address: string; readonly port: number };
  /** On the clock of `sharedClock()`, in milliseconds. */
  readonly arrivedAt: number;
}

/**
 * Answers a query; within its own deadline, which has to be shorter than a client's patience. What it gives has to
 * fit the protocol: over UDP at most 1232 bytes, and no more than the client takes.
 */
export type AnswerMiss = (missed: MissedQuery) => Promise<Uint8Array>;

/** Where a miss came from, and the way back. */
export interface MissOutlet {
  readonly protocol: 'udp' | 'tcp';
  /** Sends an answer; false where it could not be sent. */
  readonly send: (reply: Reply) => boolean;
}

export interface MissesOptions {
  /** One ring for each responder. */
  readonly rings: readonly SharedArrayBuffer[];
  readonly answer: AnswerMiss;
  /** Gives the outlet of a listener; undefined where its responder has gone. */
  readonly outletOf: (responder: number, listener: number) => MissOutlet | undefined;
  /** The main thread's own block. */
  readonly counters: ResponderCounters;
  /** Default MAX_PENDING. */
  readonly maxPending?: number;
}

export class MissAnswerer {
  readonly #options: MissesOptions;
  readonly #readers: readonly MissReader[];
  readonly #pending = new Set<Promise<void>>();
  readonly #reading: Promise<void>[];
  readonly #maxPending: number;
  #onRoom: (() => void)[] = [];
  #isClosed = false;
  /** Nothing is sent any more. */
  #isOver = false;

  constructor(options: MissesOptions) {
    this.#options = options;
    this.#maxPending = options.maxPending ?? MAX_PENDING;
    this.#readers = options.rings.map((ring) => new MissReader(ring));
    this.#reading = this.#readers.map((reader, responder) => this.#read(reader, responder));
  }

  /** Queries that are being answered. */
  get pending(): number {
    return this.#pending.size;
  }

  /**
   * Answers what has been handed on, and takes nothing more; resolves when all of it is answered, or the time for it
   * is over. To be called when no responder writes any more.
   */
  async close(limitMs: number): Promise<void> {
    this.#isClosed = true;
    for (const reader of this.#readers) reader.close();
    this.#wakeReaders();
    await Promise.all(this.#reading);
    for (const [responder, reader] of this.#readers.entries()) this.#drain(reader, responder);
    await within(limitMs, Promise.all(this.#pending));
    this.#isOver = true;
  }

  async #read(reader: MissReader, responder: number): Promise<void> {
    while (!this.#isClosed) {
      const taken = this.#drain(reader, responder, MAX_TAKEN);
      if (this.#pending.size >= this.#maxPending) await this.#waitForRoom();
      else if (taken === MAX_TAKEN) await new Promise(setImmediate);
      else await reader.wait();
    }
  }

  #drain(reader: MissReader, responder: number, most = Number.POSITIVE_INFINITY): number {
    let taken = 0;
    while (taken < most && (this.#isClosed || this.#pending.size < this.#maxPending)) {
      const miss = reader.take();
      if (miss === undefined) break;
      const answering = this.#answer(miss, responder);
      this.#pending.add(answering);
      void answering.then(() => {
        this.#pending.delete(answering);
        this.#wakeReaders();
      });
      taken++;
    }
    return taken;
  }

  async #waitForRoom(): Promise<void> {
    if (this.#isClosed) return;
    await new Promise<void>((resolve) => this.#onRoom.push(resolve));
  }

  #wakeReaders(): void {
    for (const resolve of this.#onRoom.splice(0)) resolve();
  }

  /** Never rejects: a query that cannot be answered gets SERVFAIL. */
  async #answer(miss: Miss, responder: number): Promise<void> {
    const { answer, outletOf, counters } = this.#options;
    const { query, replyTo, arrivedAt, ticket, listener } = miss;
    const protocol = outletOf(responder, listener)?.protocol;
    if (protocol === undefined) return;
    const { address, port } = readSockaddr(replyTo, 0);
    const client = { address: formatAddress(address), port };
    const response = await answer({ query, protocol, client, arrivedAt }).catch(() => undefined);
    const bytes = isMessage(response) ? response : buildServfail(query);
    if (this.#isOver) return;
    // Asked again: the responder may have died meanwhile, and its connections with it.
    if (!outletOf(responder, listener)?.send({ replyTo, ticket, response: bytes })) {
      counters.countTransportEvent('missAnswerLost');
      return;
    }
    counters.countResponse(bytes[3] & FLAG.rcodeMask, bytes.length);
    counters.countMissDuration((sharedClock() - arrivedAt) * 1000);
  }
}

function isMessage(response: Uint8Array | undefined): response is Uint8Array {
  return (
    response !== undefined &&
    response.length >= HEADER_BYTES &&
    response.length <= MAX_MESSAGE_BYTES
  );
}

/** SERVFAIL by the header and the question alone; the query was checked before it was handed on. */
function buildServfail(query: Uint8Array): Uint8Array {
  let end = HEADER_BYTES;
  while (query[end] !== 0) end += query[end] + 1;
  const response = query.slice(0, end + 5);
  const view = new DataView(response.buffer);
  const echoed = view.getUint16(2) & (FLAG.opcodeMask | FLAG.rd | FLAG.cd);
  view.setUint16(2, FLAG.qr | FLAG.ra | echoed | RCODE.SERVFAIL);
  for (const count of [6, 8, 10]) view.setUint16(count, 0);
  return response;
}
