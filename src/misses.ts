/**
 * What responders hand on: queries that no zone of ours answers. In: the rings that responders write; out: answers,
 * on the socket that the query came to, or through the responder that has the connection. A responder never waits.
 */
import { formatAddress } from './dns/address.ts';
import { FLAG, HEADER_BYTES, MAX_MESSAGE_BYTES, RCODE } from './dns/constants.ts';
import type { ResponderCounters } from './monitoring/counters.ts';
import type { Reply } from './responder/listener.ts';
import { type Miss, MissReader, sharedClock } from './responder/miss-ring.ts';
import { addressRange, readSockaddr } from './socket/sockaddr.ts';
import { within } from './within.ts';

/** Misses that are taken from a ring before others have their turn. */
const MAX_TAKEN = 256;
/** Queries being answered at a time, and of one client's address; the oldest gives way to a new one. */
const MAX_PENDING = 8192;
const MAX_PENDING_OF_CLIENT = 2048;

/** A query that is to be answered, and what is known of it. */
export interface MissedQuery {
  readonly query: Uint8Array;
  readonly protocol: 'udp' | 'tcp';
  /** The client's socket address. */
  readonly from: Uint8Array;
  /** On the clock of `sharedClock()`, in milliseconds. */
  readonly arrivedAt: number;
  /** Whether the client still waits: it may have been told that there will be no answer. */
  readonly isWaiting: () => boolean;
}

/**
 * Answers a query by calling `reply`, at once or later; within its own deadline, which has to be shorter than a
 * client's patience. What it gives has to fit the protocol: over UDP at most 1232 bytes, and no more than the client
 * takes. Without a response the client is told SERVFAIL. May throw, which is the same.
 */
export type AnswerMiss = (missed: MissedQuery, reply: ReplyToMiss) => void;

export type ReplyToMiss = (response: Uint8Array | undefined) => void;

/** The listeners of all responders, as the main thread knows them. */
export interface MissOutlets {
  protocolOf(listener: number): 'udp' | 'tcp';
  /** Sends an answer, of which it takes a copy; false where it could not be sent. */
  reply(responder: number, listener: number, reply: Reply): boolean;
}

export interface MissesOptions {
  /** One ring for each responder. */
  readonly rings: readonly SharedArrayBuffer[];
  readonly answer: AnswerMiss;
  readonly outlets: MissOutlets;
  /** The main thread's own block. */
  readonly counters: ResponderCounters;
  /** Defaults MAX_PENDING, MAX_PENDING_OF_CLIENT. */
  readonly maxPending?: number;
  readonly maxPendingOfClient?: number;
}

/** A query that waits for its answer. */
interface Pending {
  readonly miss: Miss;
  readonly responder: number;
  /** The address alone, a character a byte. */
  readonly client: string;
}

export class MissAnswerer {
  readonly #options: MissesOptions;
  readonly #readers: readonly MissReader[];
  /** In the order in which they came. */
  readonly #pending = new Set<Pending>();
  /** By client, in the same order: finding the oldest of one takes no longer than that of all. */
  readonly #ofClient = new Map<string, Set<Pending>>();
  readonly #reading: Promise<void>[];
  readonly #maxPending: number;
  readonly #maxPendingOfClient: number;
  #onIdle: (() => void) | undefined;
  #isClosed = false;
  /** Nothing is sent any more. */
  #isOver = false;

  constructor(options: MissesOptions) {
    this.#options = options;
    this.#maxPending = options.maxPending ?? MAX_PENDING;
    this.#maxPendingOfClient = options.maxPendingOfClient ?? MAX_PENDING_OF_CLIENT;
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
    await Promise.all(this.#reading);
    for (const [responder, reader] of this.#readers.entries()) this.#drain(reader, responder);
    if (this.#pending.size > 0) {
      await within(limitMs, new Promise<void>((resolve) => (this.#onIdle = resolve)));
    }
    this.#isOver = true;
  }

  async #read(reader: MissReader, responder: number): Promise<void> {
    while (!this.#isClosed) {
      const taken = this.#drain(reader, responder, MAX_TAKEN);
      if (taken === MAX_TAKEN) await new Promise(setImmediate);
      else await reader.wait();
    }
  }

  #drain(reader: MissReader, responder: number, most = Number.POSITIVE_INFINITY): number {
    let taken = 0;
    for (; taken < most; taken++) {
      const miss = reader.take();
      if (miss === undefined) break;
      this.#answer(miss, responder);
    }
    return taken;
  }

  #answer(miss: Miss, responder: number): void {
    const { answer, outlets } = this.#options;
    const { query, replyTo, arrivedAt, listener } = miss;
    const pending = { miss, responder, client: clientOf(replyTo) };
    const missed: MissedQuery = {
      query,
      protocol: outlets.protocolOf(listener),
      from: replyTo,
      arrivedAt,
      isWaiting: () => this.#pending.has(pending),
    };
    this.#add(pending);
    try {
      answer(missed, (response) => this.#reply(pending, response));
    } catch {
      this.#reply(pending, undefined);
    }
  }

  /** Notes a query that waits; where too many do, the oldest is told that it will not be answered. */
  #add(pending: Pending): void {
    const { client } = pending;
    const own = this.#ofClient.get(client) ?? new Set();
    if (own.size >= this.#maxPendingOfClient) this.#shedOldest(own);
    else if (this.#pending.size >= this.#maxPending) this.#shedOldest(this.#pending);
    this.#pending.add(pending);
    own.add(pending);
    this.#ofClient.set(client, own);
  }

  #shedOldest(of: ReadonlySet<Pending>): void {
    const [oldest] = of;
    this.#options.counters.countTransportEvent('missShed');
    this.#reply(oldest, undefined);
  }

  /** False where the query has its answer. */
  #remove(pending: Pending): boolean {
    if (!this.#pending.delete(pending)) return false;
    const { client } = pending;
    const own = this.#ofClient.get(client);
    own?.delete(pending);
    if (own?.size === 0) this.#ofClient.delete(client);
    if (this.#pending.size === 0) this.#onIdle?.();
    return true;
  }

  /** Sends the answer, or SERVFAIL where there is none. */
  #reply(pending: Pending, response: Uint8Array | undefined): void {
    if (!this.#remove(pending) || this.#isOver) return;
    const { outlets, counters } = this.#options;
    const { miss, responder } = pending;
    const { query, replyTo, arrivedAt, ticket, listener } = miss;
    const bytes = isMessage(response) ? response : buildServfail(query);
    // The responder may have died meanwhile, and its connections with it.
    if (!outlets.reply(responder, listener, { replyTo, ticket, response: bytes })) {
      counters.countTransportEvent('missAnswerLost');
      return;
    }
    counters.countResponse(bytes[3] & FLAG.rcodeMask, bytes.length);
    if ((bytes[2] & (FLAG.tc >> 8)) !== 0) counters.countTruncated();
    counters.countMissDuration((sharedClock() - arrivedAt) * 1000);
  }
}

/** Gives the address and port of a query's client, for people. */
export function formatClient({ from }: MissedQuery): { address: string; port: number } {
  const { address, port } = readSockaddr(from, 0);
  return { address: formatAddress(address), port };
}

function clientOf(replyTo: Uint8Array): string {
  const [start, end] = addressRange(replyTo);
  return Buffer.from(replyTo.buffer, replyTo.byteOffset).toString('latin1', start, end);
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
  const response = Uint8Array.from(query.subarray(0, end + 5));
  const view = new DataView(response.buffer);
  const echoed = view.getUint16(2) & (FLAG.opcodeMask | FLAG.rd | FLAG.cd);
  view.setUint16(2, FLAG.qr | FLAG.ra | echoed | RCODE.SERVFAIL);
  for (const count of [6, 8, 10]) view.setUint16(count, 0);
  return response;
}
