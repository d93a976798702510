/**
 * One TCP connection: queries come in any segmentation, each is answered in the order it came, but for those that were
 * handed on, whose answers come when they do. RFC 7766 sections 6.2 (connection handling) and 7 (response order), RFC 1035 section 4.2.2.
 *
 *     open --> paused (slow reader, too many queries handed on, turn used up) --> open
 *       \          \
 *        +----------+--> finishing (input discarded; our side closed after the last answer) --> closed
 *
 * From every state a limit that is passed leads to closed at once.
 */
import type { Socket } from 'node:net';
import { MALFORMED_LENGTH, MAX_FRAME_BYTES, NO_MESSAGE, TcpFraming } from '../dns/tcp-framing.ts';
import type { AnsweringOptions } from './listener.ts';
import type { Transport } from './respond-function.ts';
import type { Evictable, Membership, TcpConnections } from './tcp-connections.ts';
import type { TcpLimits } from './tcp-limits.ts';
import type { TcpOutput } from './tcp-output.ts';
import type { TransportEvent } from './transport-events.ts';
import type { TurnBudget } from './turn-budget.ts';

/** What the connections of one listener share. */
export interface TcpShared extends AnsweringOptions {
  readonly transport: Transport;
  /** The same for a connection whose lifetime is nearly over: its client is asked to close it. */
  readonly lastTransport: Transport;
  readonly limits: TcpLimits;
  readonly connections: TcpConnections;
  readonly budget: TurnBudget;
  /** The connection whose queries are being answered. */
  asking: TcpConnection | undefined;
  /** Holds the query that is being answered, and its response. */
  readonly query: Buffer;
  readonly response: Buffer;
  /** Empty between turns of the event loop. */
  readonly output: TcpOutput;
}

/** The first write that had to wait took a whole output buffer, and Node may read a chunk after a pause. */
const WAITING_EXTRA_BYTES = 2 * MAX_FRAME_BYTES;
const NEVER = Number.POSITIVE_INFINITY;
/** Whoever answers what was handed on has far shorter deadlines; past this, something of ours is broken. */
const ANSWER_TIMEOUT_MS = 30_000;

export interface TcpConnectionOptions {
  /** Address of the client, as text. */
  readonly client: string;
  readonly ticket: number;
  /** 1 or a little more: lengthens idle timeout and lifetime. */
  readonly stretch: number;
  readonly onClosed: (connection: TcpConnection) => void;
}

export class TcpConnection implements Evictable {
  readonly #socket: Socket;
  readonly #shared: TcpShared;
  readonly #membership: Membership;
  /** What answers to queries that were handed on find the connection by. */
  readonly ticket: number;
  readonly #framing = new TcpFraming();
  readonly #onWritten = () => {
    if (this.#membership.heldBytes > 0) this.#continue();
  };
  readonly #onClosed: () => void;
  readonly #idleTimeoutMs: number;
  readonly #lifetimeEndsAt: number;
  /** Moments on the shared clock. */
  #idleEndsAt: number;
  #messageDueAt: number;
  #readerDueAt = NEVER;
  /** Queries that were handed on and not answered yet. */
  #awaited = 0;
  #answersDueAt = NEVER;
  /** Waits for a turn with messages left to answer. */
  #isOutOfTurn = false;
  #isPaused = false;
  #isFinishing = false;
  #isOutputEnded = false;
  #isClosed = false;

  /** Serves an accepted socket. */
  constructor(socket: Socket, shared: TcpShared, options: TcpConnectionOptions) {
    const { limits, connections, count, clock } = shared;
    const now = clock();
    this.#socket = socket;
    this.#shared = shared;
    this.ticket = options.ticket;
    this.#onClosed = () => options.onClosed(this);
    this.#idleTimeoutMs = limits.idleTimeoutMs * options.stretch;
    this.#idleEndsAt = now + this.#idleTimeoutMs;
    this.#lifetimeEndsAt = now + limits.lifetimeMs * options.stretch;
    this.#messageDueAt = now + limits.messageTimeoutMs;
    this.#membership = connections.add(this, options.client);
    count('tcpOpened');
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('end', () => this.finish());
    socket.on('error', (error: NodeJS.ErrnoException) => count(eventOf(error)));
    socket.on('close', () => this.#leave());
  }

  evict(): void {
    this.#drop('tcpEvicted');
  }

  /** Closes the connection if one of its limits is passed at `now`. */
  checkLimits(now: number): void {
    if (now >= this.#messageDueAt) this.#drop('tcpMessageTimeout');
    else if (now >= this.#readerDueAt) this.#drop('tcpReaderTimeout');
    else if (now >= this.#answersDueAt) this.#drop('tcpAnswerTimeout');
    else if (this.#isFinishing || this.#isPaused || this.#awaited > 0) return;
    else if (now >= this.#idleEndsAt) this.#drop('tcpIdleTimeout');
    else if (now >= this.#lifetimeEndsAt) this.#finishBecause('tcpLifetimeReached');
  }

  /**
   * Closes our side after what was answered, and discards what still comes: closing at once would let the kernel
   * reset the connection, and with it take responses from the client that it has not read yet.
   */
  finish(): void {
    if (this.#isFinishing || this.#isClosed) return;
    this.#isFinishing = true;
    if (!this.#isPaused && this.#awaited === 0) this.#endOutput();
  }

  /** Address and port of the client. */
  get client(): { readonly address: string; readonly port: number } {
    const { remoteAddress = '', remotePort = 0 } = this.#socket;
    return { address: remoteAddress, port: remotePort };
  }

  /** Notes that the query being answered was handed on; its answer comes by `answer()`. */
  noteHandedOn(): void {
    this.#awaited++;
    this.#answersDueAt = this.#shared.clock() + ANSWER_TIMEOUT_MS;
  }

  /** Sends the answer to a query that was handed on. */
  answer(response: Uint8Array): void {
    if (this.#isClosed || this.#awaited === 0) return;
    this.#awaited--;
    if (this.#awaited === 0) this.#answersDueAt = NEVER;
    this.#shared.response.set(response);
    this.#put(response.length);
    this.#flush();
    this.#idleEndsAt = this.#shared.clock() + this.#idleTimeoutMs;
    this.#continue();
  }

  /** Closes the connection at once, whatever is in flight. */
  destroy(): void {
    this.#leave();
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (this.#isFinishing) return;
    this.#framing.push(chunk);
    this.#answerChunk();
  }

  /** Answers what was read, until the client has to read some of it first. */
  #answerChunk(): void {
    const hadMessage = this.#answerMessages();
    const now = this.#shared.clock();
    this.#idleEndsAt = now + this.#idleTimeoutMs;
    this.#messageDueAt = this.#nextMessageDueAt(hadMessage, now);
    this.#noteState();
  }

  /** Tells whether there was at least one whole message. */
  #answerMessages(): boolean {
    const { enter, leave, observe, clock, respond, query, response, limits, budget } = this.#shared;
    const framing = this.#framing;
    const startedAt = clock();
    const transport = this.#transportAt(startedAt);
    let answered = 0;
    this.#shared.asking = this;
    enter();
    let length = framing.next(query);
    const hadMessage = length > NO_MESSAGE;
    while (length > NO_MESSAGE) {
      const bytes = respond(query, length, response, transport);
      if (bytes > 0) answered++;
      this.#put(bytes);
      if (this.#awaited >= limits.maxQueriesInFlight) this.#pause();
      if (!budget.take()) this.#waitForTurn();
      if (this.#isPaused) break;
      length = framing.next(query);
    }
    leave();
    this.#flush();
    observe(answered, clock() - startedAt);
    if (length === MALFORMED_LENGTH) {
      framing.clear();
      this.#finishBecause('tcpMalformedLength');
    }
    return hadMessage;
  }

  /** RFC 7828 section 3.4: a timeout of 0 asks the client to close, so that the server need not. */
  #transportAt(now: number): Transport {
    const { transport, lastTransport } = this.#shared;
    return now + this.#idleTimeoutMs >= this.#lifetimeEndsAt ? lastTransport : transport;
  }

  #nextMessageDueAt(hadMessage: boolean, now: number): number {
    if (this.#isPaused || this.#isFinishing) return NEVER;
    if (!this.#framing.hasRest) return hadMessage ? NEVER : this.#messageDueAt;
    const isNew = hadMessage || this.#messageDueAt === NEVER;
    return isNew ? now + this.#shared.limits.messageTimeoutMs : this.#messageDueAt;
  }

  #put(count: number): void {
    if (count === 0) return;
    const { output, response } = this.#shared;
    if (!output.fits(count)) this.#flush();
    output.put(response, count);
  }

  #flush(): void {
    this.#shared.output.flush(this.#socket, this.#onWritten);
    if (this.#isReaderSlow) this.#pause();
  }

  get #isReaderSlow(): boolean {
    return this.#socket.writableLength > this.#shared.limits.maxWaitingBytes;
  }

  /** What is left of the chunk stays where it is. */
  #waitForTurn(): void {
    this.#isOutOfTurn = true;
    this.#pause();
    this.#shared.budget.wait(() => {
      this.#isOutOfTurn = false;
      this.#continue();
    });
  }

  #pause(): void {
    // While answers are awaited it is not the client who is slow.
    const { clock, limits } = this.#shared;
    if (this.#isReaderSlow && this.#readerDueAt === NEVER) {
      this.#readerDueAt = clock() + limits.readerTimeoutMs;
    }
    if (this.#isPaused) return;
    this.#isPaused = true;
    // It is we who do not read.
    this.#messageDueAt = NEVER;
    this.#socket.pause();
  }

  /** Tells whether nothing stands in the way of answering more. */
  get #mayGoOn(): boolean {
    const isAwaiting = this.#awaited >= this.#shared.limits.maxQueriesInFlight;
    return !this.#isReaderSlow && !isAwaiting && !this.#isOutOfTurn;
  }

  /** Goes on where a pause stopped, once what it was for is over. */
  #continue(): void {
    if (this.#isClosed) return;
    if (!this.#isReaderSlow && !this.#isOutputEnded) this.#readerDueAt = NEVER;
    if (this.#isPaused && this.#mayGoOn) {
      this.#isPaused = false;
      this.#readerDueAt = NEVER;
      this.#answerChunk();
      if (!this.#isPaused) this.#socket.resume();
    }
    if (this.#isFinishing && !this.#isPaused && this.#awaited === 0) this.#endOutput();
    this.#noteState();
  }

  #finishBecause(event: TransportEvent): void {
    this.#shared.count(event);
    this.finish();
  }

  #endOutput(): void {
    if (this.#isOutputEnded) return;
    this.#isOutputEnded = true;
    const { clock, limits } = this.#shared;
    this.#framing.clear();
    this.#messageDueAt = NEVER;
    this.#readerDueAt = clock() + limits.readerTimeoutMs;
    this.#socket.end();
    this.#noteState();
  }

  /** Reports what the connection holds, and whether others may have its place. */
  #noteState(): void {
    if (this.#isClosed) return;
    const { connections } = this.#shared;
    const waiting = this.#socket.writableLength;
    if (waiting === 0 && this.#awaited === 0 && !this.#framing.hasRest)
      connections.markIdle(this.#membership);
    else connections.markBusy(this.#membership);
    const held = this.#framing.heldBytes + (waiting === 0 ? 0 : waiting + WAITING_EXTRA_BYTES);
    if (!connections.noteHeldBytes(this.#membership, held)) this.#drop('tcpMemoryLimit');
  }

  #drop(event: TransportEvent): void {
    if (this.#isClosed) return;
    this.#shared.count(event);
    this.destroy();
  }

  /** Leaves the books, once. */
  #leave(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#framing.clear();
    this.#shared.connections.remove(this.#membership);
    this.#shared.count('tcpClosed');
    this.#onClosed();
  }
}

/** Clients that go away without a word are normal. */
function eventOf(error: NodeJS.ErrnoException): TransportEvent {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE' ? 'tcpReset' : 'tcpConnectionError';
}
