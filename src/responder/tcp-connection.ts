/**
 * One TCP connection: queries come in any segmentation, each is answered in the order it came.
 * RFC 7766 sections 6.2 (connection handling) and 7 (response order), RFC 1035 section 4.2.2.
 *
 *     open --> paused (slow reader) --> open
 *       \          \
 *        +----------+--> finishing (our side closed, input discarded) --> closed
 *
 * From every state a limit that is passed leads to closed at once.
 */
import type { Socket } from 'node:net';
import type { Responding, Transport } from './respond-function.ts';
import type { Evictable, Membership, TcpConnections } from './tcp-connections.ts';
import { MALFORMED_LENGTH, MAX_FRAME_BYTES, NO_MESSAGE, TcpFraming } from './tcp-framing.ts';
import type { TcpLimits } from './tcp-limits.ts';
import type { TcpOutput } from './tcp-output.ts';
import type { CountTransportEvent, TransportEvent } from './transport-events.ts';

/** What the connections of one listener share. */
export interface TcpShared extends Responding {
  readonly transport: Transport;
  readonly limits: TcpLimits;
  readonly connections: TcpConnections;
  readonly count: CountTransportEvent;
  /** Monotonic, in milliseconds. */
  readonly clock: () => number;
  /** Holds the query that is being answered, and its response. */
  readonly query: Buffer;
  readonly response: Buffer;
  /** Empty between turns of the event loop. */
  readonly output: TcpOutput;
}

/** The first write that had to wait took a whole output buffer, and Node may read a chunk after a pause. */
const WAITING_EXTRA_BYTES = 2 * MAX_FRAME_BYTES;
const NEVER = Number.POSITIVE_INFINITY;

export class TcpConnection implements Evictable {
  readonly #socket: Socket;
  readonly #shared: TcpShared;
  readonly #membership: Membership;
  readonly #framing = new TcpFraming();
  readonly #onWritten = () => this.#continue();
  readonly #onClosed: () => void;
  readonly #idleTimeoutMs: number;
  readonly #lifetimeEndsAt: number;
  /** Moments on the shared clock. */
  #idleEndsAt: number;
  #messageDueAt: number;
  #readerDueAt = NEVER;
  #isPaused = false;
  #isFinishing = false;
  #isClosed = false;

  /** Serves an accepted socket. `stretch`, 1 or a little more, lengthens idle timeout and lifetime. */
  constructor(
    socket: Socket,
    shared: TcpShared,
    options: { client: string; stretch: number; onClosed: (connection: TcpConnection) => void },
  ) {
    const { limits, connections, count, clock } = shared;
    const now = clock();
    this.#socket = socket;
    this.#shared = shared;
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
    else if (this.#isFinishing || this.#isPaused) return;
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
    if (!this.#isPaused) this.#endOutput();
  }

  /** Closes the connection at once, whatever is in flight. */
  destroy(): void {
    this.#leave();
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (this.#isFinishing) return;
    this.#framing.push(chunk);
    this.#answer();
  }

  /** Answers what was read, until the client has to read some of it first. */
  #answer(): void {
    const hadMessage = this.#answerMessages();
    const now = this.#shared.clock();
    this.#idleEndsAt = now + this.#idleTimeoutMs;
    this.#messageDueAt = this.#nextMessageDueAt(hadMessage, now);
    this.#noteState();
  }

  /** Tells whether there was at least one whole message. */
  #answerMessages(): boolean {
    const { enter, leave, respond, query, response, transport } = this.#shared;
    const framing = this.#framing;
    enter();
    let length = framing.next(query);
    const hadMessage = length > NO_MESSAGE;
    while (length > NO_MESSAGE) {
      this.#put(respond(query, length, response, transport));
      if (this.#isPaused) break;
      length = framing.next(query);
    }
    leave();
    this.#flush();
    if (length === MALFORMED_LENGTH) {
      framing.clear();
      this.#finishBecause('tcpMalformedLength');
    }
    return hadMessage;
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
    if (this.#socket.writableLength > this.#shared.limits.maxWaitingBytes) this.#pause();
  }

  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#readerDueAt = this.#shared.clock() + this.#shared.limits.readerTimeoutMs;
    this.#socket.pause();
  }

  /** Goes on where a pause stopped, once the client has read enough. */
  #continue(): void {
    if (this.#isClosed || this.#membership.heldBytes === 0) return;
    if (this.#isPaused && this.#socket.writableLength <= this.#shared.limits.maxWaitingBytes) {
      this.#isPaused = false;
      this.#readerDueAt = NEVER;
      this.#answer();
      if (!this.#isPaused) this.#resume();
    }
    this.#noteState();
  }

  #resume(): void {
    this.#socket.resume();
    if (this.#isFinishing) this.#endOutput();
  }

  #finishBecause(event: TransportEvent): void {
    this.#shared.count(event);
    this.finish();
  }

  #endOutput(): void {
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
    if (waiting === 0 && !this.#framing.hasRest) connections.markIdle(this.#membership);
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
