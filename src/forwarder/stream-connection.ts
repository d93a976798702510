/**
 * One connection to an upstream. Queries are sent as they come and answered in any order: RFC 7766 sections 6.2.1.1
 * (pipelining) and 7 (response order).
 *
 *     connecting --> securing (TLS) --> open, queries wait <--> open, idle
 *          \              \                  \                     \
 *           +--------------+------------------+---------------------+--> ended
 *
 * Invariant: `outstanding` has a query by the ID in its frame, from `ask()` until it is answered, cancelled, or handed
 * back because the connection has ended.
 */
import type { Socket } from 'node:net';
import { MAX_MESSAGE_BYTES } from '../dns/constants.ts';
import { MALFORMED_LENGTH, NO_MESSAGE, TcpFraming } from '../dns/tcp-framing.ts';
import { randomUint16 } from './random.ts';
import { failureOf, type StreamFailure, type StreamPhase } from './stream-failure.ts';
import type { StreamEvents, StreamLimits } from './stream-limits.ts';
import { StreamPatience, type WaitingFor } from './stream-patience.ts';
import type { StreamQuery } from './stream-query.ts';
import type { OpenSocket } from './stream-socket.ts';

export interface StreamConnectionOptions {
  readonly limits: StreamLimits;
  readonly events: StreamEvents;
  /** The connection is over, and these queries are without a response. */
  readonly onEnded: (failure: StreamFailure, unanswered: readonly StreamQuery[]) => void;
}

/** Bytes that wait for an upstream that does not read; past this it is sent nothing more. */
const MAX_WAITING_BYTES = 65_536;
/** Where each message is put together before it is copied, by all connections, within a turn of the event loop. */
const message = Buffer.allocUnsafeSlow(MAX_MESSAGE_BYTES);

export class StreamConnection {
  readonly #socket: Socket;
  readonly #options: StreamConnectionOptions;
  readonly #patience: StreamPatience;
  readonly #framing = new TcpFraming();
  readonly #outstanding = new Map<number, StreamQuery>();
  #phase: StreamPhase | 'ended' = 'connecting';
  #hasAnswered = false;
  #isCorked = false;

  constructor(openSocket: OpenSocket, options: StreamConnectionOptions) {
    this.#options = options;
    this.#patience = new StreamPatience(options.limits, (...waited) => this.#giveUp(...waited));
    options.events.count('connect');
    const socket = openSocket(() => this.#open());
    this.#socket = socket;
    socket.on('connect', () => {
      if (this.#phase === 'connecting') this.#phase = 'securing';
    });
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('end', () => this.#end(this.#closedFailure()));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#end(this.#closedFailure()));
    this.#patience.waitFor('connection');
  }

  /** Tells whether the upstream has answered a query on it. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  get isOpen(): boolean {
    return this.#phase === 'open';
  }

  get #isEnded(): boolean {
    return this.#phase === 'ended';
  }

  /** Tells whether one more query may be asked. */
  get hasRoom(): boolean {
    return (
      !this.#isEnded &&
      this.#outstanding.size < this.#options.limits.maxOutstanding &&
      this.#socket.writableLength < MAX_WAITING_BYTES
    );
  }

  /** Tells whether queries wait, and nothing has come for a while. */
  get isStalled(): boolean {
    return this.#patience.isStalled;
  }

  /** Sends a query as soon as the connection is open; it must have room. */
  ask(query: StreamQuery): void {
    do query.id = randomUint16();
    while (this.#outstanding.has(query.id));
    this.#outstanding.set(query.id, query);
    query.onCancelled = () => this.#forget(query);
    if (this.#outstanding.size === 1) this.#socket.ref();
    if (this.isOpen) this.#send(query);
  }

  /** Ends the connection; what is outstanding is handed back. */
  close(failure: StreamFailure): void {
    this.#end(failure);
  }

  #open(): void {
    this.#phase = 'open';
    this.#patience.waitFor('query');
    // Not before: in TLS it is only now that we know to whom.
    for (const query of this.#outstanding.values()) this.#send(query);
  }

  /** Writes once for all queries of a turn. */
  #send(query: StreamQuery): void {
    const socket = this.#socket;
    if (!this.#isCorked) {
      this.#isCorked = true;
      socket.cork();
      process.nextTick(() => {
        this.#isCorked = false;
        socket.uncork();
      });
    }
    socket.write(query.frame);
    // Not for each: it is since the first that nothing has come.
    if (this.#patience.waitingFor === 'query') this.#patience.waitFor('response');
  }

  #read(chunk: Buffer): void {
    if (this.#isEnded) return;
    const framing = this.#framing;
    framing.push(chunk);
    let length = framing.next(message);
    while (length > NO_MESSAGE) {
      this.#accept(length);
      length = framing.next(message);
    }
    // Whoever was answered may have closed it.
    if (this.#isEnded) return;
    if (length === MALFORMED_LENGTH) {
      this.#options.events.count('malformed');
      this.#end({ error: 'malformed', detail: 'a message shorter than its header' });
      return;
    }
    this.#patience.waitFor(this.#outstanding.size > 0 ? 'response' : 'query');
  }

  #accept(length: number): void {
    const query = this.#outstanding.get(message.readUInt16BE());
    if (query?.isAnsweredBy(message.subarray(0, length)) !== true) {
      this.#options.events.count('ignored_response');
      return;
    }
    this.#hasAnswered = true;
    this.#forget(query);
    query.answer(new Uint8Array(message.subarray(0, length)));
  }

  #forget(query: StreamQuery): void {
    this.#outstanding.delete(query.id);
    // A connection that nobody waits for keeps no process alive.
    if (this.#outstanding.size === 0) this.#socket.unref();
  }

  #giveUp(waitedFor: WaitingFor, limitMs: number): void {
    switch (waitedFor) {
      case 'connection':
        this.#end({ error: 'timeout', detail: `no connection within ${limitMs} ms` });
        return;
      case 'response':
        this.#options.events.count('silent');
        this.#end({ error: 'timeout', detail: `no response within ${limitMs} ms` });
        return;
      case 'query':
        this.#options.events.count('idle_closed');
        this.#end({ error: 'closed', detail: 'idle' }, { isIdle: true });
        return;
    }
  }

  #fail(error: NodeJS.ErrnoException): void {
    if (this.#phase !== 'ended') this.#end(failureOf(error, this.#phase));
  }

  #closedFailure(): StreamFailure {
    const detail = 'connection ended by the upstream';
    if (this.#phase === 'securing') return { error: 'tls', detail: `${detail} before TLS began` };
    const where = this.#framing.hasRest ? ' in the middle of a message' : '';
    return { error: 'closed', detail: `${detail}${where}` };
  }

  #end(failure: StreamFailure, { isIdle = false } = {}): void {
    if (this.#isEnded) return;
    if (!this.isOpen) this.#options.events.count('connect_failed');
    this.#phase = 'ended';
    this.#patience.stop();
    this.#framing.clear();
    // What ends TLS is written first where nothing can be in its way.
    if (isIdle) this.#socket.destroySoon();
    else this.#socket.destroy();
    const unanswered = [...this.#outstanding.values()];
    this.#outstanding.clear();
    this.#options.onEnded(failure, unanswered);
  }
}
