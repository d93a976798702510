/**
 * What responders hand on: queries that no zone of ours answers. In: the rings that responders write; out: answers,
 * on the socket that the query came to, or through the responder that has the connection. A responder never waits.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { formatAddress } from './dns/address.ts';
import { FLAG, HEADER_BYTES, MAX_MESSAGE_BYTES, RCODE } from './dns/constants.ts';
import type { ResponderCounters } from './monitoring/counters.ts';
import type { Reply } from './responder/listener.ts';
import { type Miss, MissReader, sharedClock } from './responder/miss-ring.ts';
import { readSockaddr } from './socket/sockaddr.ts';

/** Misses that are taken from a ring before others have their turn. */
const MAX_TAKEN = 256;

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
}

export class MissAnswerer {
  readonly #options: MissesOptions;
  readonly #readers: readonly MissReader[];
  readonly #pending = new Set<Promise<void>>();
  readonly #reading: Promise<void>[];
  #isClosed = false;

  constructor(options: MissesOptions) {
    this.#options = options;
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
    const limit = new AbortController();
    await Promise.race([
      Promise.all(this.#pending),
      sleep(limitMs, undefined, { signal: limit.signal }).catch(() => {}),
    ]);
    limit.abort();
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
    for (let miss = reader.take(); miss !== undefined; miss = reader.take()) {
      const answering = this.#answer(miss, responder);
      this.#pending.add(answering);
      void answering.then(() => this.#pending.delete(answering));
      if (++taken === most) break;
    }
    return taken;
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
    // Asked again: the responder may have died meanwhile, and its connections with it.
    if (!outletOf(responder, listener)?.send({ replyTo, ticket, response: bytes })) {
      counters.countTransportEvent('udpSendError');
      return;
    }
    counters.countResponse(bytes[3] & FLAG.rcodeMask, bytes.length);
    counters.countDurations(1, (sharedClock() - arrivedAt) * 1000);
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
