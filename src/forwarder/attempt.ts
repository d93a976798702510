/**
 * One upstream being asked one question: by UDP, and by a connection where the response was cut or UDP is not wanted.
 * In: a question; out: a response that answers it, or that there will be none. What does not answer it is counted and
 * ignored, so that a forged datagram ends nothing (RFC 5452 section 9).
 *
 *     udp --response--> done          udp --TC--> stream --response--> done
 *     udp --FORMERR--> udp, without EDNS          stream --closed, refused--> failed
 */
import { FLAG, RCODE } from '../dns/constants.ts';
import type { WireName } from '../dns/name.ts';
import { isResponseTo } from './is-response-to.ts';
import {
  MAX_UDP_RESPONSE_BYTES,
  type OutgoingEvents,
  type OutgoingSocket,
  type OutgoingUdp,
} from './outgoing-udp.ts';
import { buildUpstreamQuery, type Question } from './question.ts';
import type { StreamFailure, StreamOutcome } from './stream-failure.ts';
import type { Upstream } from './upstream.ts';
import type { UpstreamFailure } from './upstream-stats.ts';

export interface AttemptOptions {
  readonly asked: Asked;
  readonly context: AttemptContext;
  readonly owner: AttemptOwner;
}

export interface Asked {
  readonly question: Question;
  /** The question's name in the case to ask with. */
  readonly name: WireName;
}

export interface AttemptContext {
  readonly udp: OutgoingUdp;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
}

/** Who asks. Each attempt calls one of these at most once, and nothing after `close()`. */
export interface AttemptOwner {
  /** A whole response, good until this returns. */
  answered(attempt: Attempt, response: Uint8Array): void;
  failed(attempt: Attempt, failure: UpstreamFailure, detail: string): void;
}

export class Attempt implements OutgoingEvents {
  readonly upstream: Upstream;
  readonly startedAt: number;
  /** When the query was sent last. */
  sentAt: number;
  /** How often the query was sent once more. */
  repeats = 0;
  /** It has been silent for longer than it usually takes, which was noted. */
  isLate = false;
  #query: Uint8Array;
  #hasEdns: boolean;
  #hasFallenBack = false;
  #socket: OutgoingSocket | undefined;
  #cancelStream: (() => void) | undefined;
  /** The response was cut, and is asked for by TCP. */
  #isCut = false;
  #isClosed = false;
  readonly #options: AttemptOptions;

  /** Asks; a failure is told later. */
  constructor(upstream: Upstream, options: AttemptOptions) {
    const { asked, context } = options;
    this.upstream = upstream;
    this.#options = options;
    this.startedAt = context.now();
    this.sentAt = this.startedAt;
    this.#hasEdns = upstream.hasEdns(this.startedAt);
    this.#query = buildQuery(asked, this.#hasEdns);
    upstream.health.noteAsked(this.startedAt);
    if (upstream.address.transport === 'udp') this.#openUdp();
    else this.#askStream();
  }

  get transport(): 'udp' | 'tcp' | 'tls' {
    const { transport } = this.upstream.address;
    return this.#isCut ? 'tcp' : transport;
  }

  /** Sends the query once more: the first one may be lost. Nothing to a connection, which loses nothing. */
  repeat(): void {
    this.sentAt = this.#options.context.now();
    this.repeats++;
    this.isLate = false;
    if (this.#socket?.send(this.#query)) this.upstream.stats.queries.udp++;
  }

  /** Waits for nothing any more. */
  close(): void {
    this.#isClosed = true;
    this.#closeUdp();
    this.#cancelStream?.();
    this.#cancelStream = undefined;
  }

  #openUdp(): void {
    this.#socket = this.#options.context.udp.open(this.upstream.address, this);
    if (this.#socket?.send(this.#query)) {
      this.upstream.stats.queries.udp++;
      return;
    }
    queueMicrotask(() =>
      this.#fail('no_socket', 'the system has no socket for it, or no way there'),
    );
  }

  #closeUdp(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  #askStream(): void {
    const { address, stream, stats } = this.upstream;
    stats.queries[address.transport === 'tls' ? 'tls' : 'tcp']++;
    this.#cancelStream = stream.ask(this.#query, (outcome) => this.#receiveStream(outcome));
    // A new connection is known to the system, and what is written to one is sent, when the event loop turns.
    this.#options.context.udp.wakeWithin(0);
  }

  /** Called by the socket, for whatever comes from the upstream's address and port. */
  onMessage(message: Uint8Array, length: number): void {
    const query = this.#query;
    const isCut = length > MAX_UDP_RESPONSE_BYTES;
    const response = message.subarray(0, Math.min(length, MAX_UDP_RESPONSE_BYTES));
    const isOurs = response[0] === query[0] && response[1] === query[1];
    if (!isOurs || !isResponseTo(query, response)) {
      this.upstream.stats.ignored++;
      return;
    }
    if (this.#isWithoutEdns(response)) return;
    if (isCut || (((response[2] << 8) | response[3]) & FLAG.tc) !== 0) {
      // RFC 7766 section 5: what is cut is whole over TCP.
      this.upstream.stats.truncated++;
      this.#isCut = true;
      this.#closeUdp();
      this.#askStream();
      return;
    }
    this.#answer(response);
  }

  /** Called by the socket. */
  onRefused(): void {
    this.#fail('refused', 'nobody listens there');
  }

  #receiveStream(outcome: StreamOutcome): void {
    this.#cancelStream = undefined;
    if (this.#isClosed) return;
    if (!(outcome instanceof Uint8Array)) {
      this.#fail(failureOf(outcome), outcome.detail);
    } else if (!this.#isWithoutEdns(outcome)) {
      this.#answer(outcome);
    }
  }

  #answer(response: Uint8Array): void {
    const { owner, context } = this.#options;
    // Where it does not do without either, EDNS was not what it did not understand.
    if (this.#hasFallenBack && !isNotUnderstood(response)) this.upstream.noteNoEdns(context.now());
    owner.answered(this, response);
  }

  /** RFC 6891 section 7: who does not know EDNS says FORMERR, or NOTIMP, and is asked again without. */
  #isWithoutEdns(response: Uint8Array): boolean {
    if (!this.#hasEdns || !isNotUnderstood(response)) return false;
    this.upstream.stats.failures.edns++;
    this.#hasEdns = false;
    this.#hasFallenBack = true;
    this.#query = buildQuery(this.#options.asked, false);
    if (this.#socket === undefined) this.#askStream();
    else this.repeat();
    return true;
  }

  #fail(failure: UpstreamFailure, detail: string): void {
    if (this.#isClosed) return;
    this.upstream.stats.failures[failure]++;
    this.upstream.lastFailure = detail;
    this.#options.owner.failed(this, failure, detail);
  }
}

function buildQuery({ question, name }: Asked, hasEdns: boolean): Uint8Array {
  return buildUpstreamQuery(question, { name, hasEdns });
}

function failureOf({ error }: StreamFailure): UpstreamFailure {
  switch (error) {
    case 'refused':
    case 'unreachable':
    case 'tls':
      return 'refused';
    case 'busy':
      return 'busy';
    case 'closed':
    case 'timeout':
    case 'reset':
    case 'malformed':
      return 'connection';
  }
}

function isNotUnderstood(response: Uint8Array): boolean {
  const rcode = response[3] & FLAG.rcodeMask;
  return rcode === RCODE.FORMERR || rcode === RCODE.NOTIMP;
}
