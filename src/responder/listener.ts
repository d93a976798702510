/**
 * What every transport has in common, batched UDP included: it is told where to listen and how to answer,
 * it says where it listens, and it can be closed.
 */
import type { AddressInfo } from 'node:net';
import type { MissWriter } from './miss-ring.ts';
import type { Responding } from './respond-function.ts';
import type { CountTransportEvent } from './transport-events.ts';

export interface AnsweringOptions extends Responding {
  readonly count: CountTransportEvent;
  /** Notes that so many messages were answered in this time, in milliseconds. */
  readonly observe: (messages: number, durationMs: number) => void;
  /** Monotonic, in milliseconds. */
  readonly clock: () => number;
  /** Where queries go that no zone of ours answers; without it they are refused. */
  readonly misses?: Misses;
}

export interface Misses {
  readonly ring: MissWriter;
  /** What the main thread knows the listener by. */
  readonly listener: number;
}

export interface ListenerOptions extends AnsweringOptions {
  /** An IP address. An IPv6 one never serves IPv4 too: each family has a listener of its own. */
  readonly address: string;
  /** 0 to 65535; 0 is any free one. */
  readonly port: number;
  /** Shares the port with the listeners of other threads (SO_REUSEPORT); false by default. */
  readonly reusePort?: boolean;
}

export interface Listener {
  /** Gives where it listens, with the port that was chosen where 0 was asked for. */
  address(): AddressInfo;
  /** Sends the answer to a query that was handed on; one whose client has gone is let go. */
  answer(reply: Reply): void;
  /** Resolves when nothing of it is open any more; never rejects. */
  close(options?: CloseOptions): Promise<void>;
}

/** An answer that comes later, and to whom: as the query's miss said. */
export interface Reply {
  readonly replyTo: Uint8Array;
  readonly ticket: number;
  readonly response: Uint8Array;
}

export interface CloseOptions {
  /** Answers first what has reached the sockets, and lets clients read it; false by default. */
  readonly graceful?: boolean;
  /** Longest time that this may take, in milliseconds; CLOSE_LIMIT_MS by default. */
  readonly limitMs?: number;
}

export const CLOSE_LIMIT_MS = 2000;

/** Longest query that is read over UDP, in bytes; a longer one is dropped and counted. */
export const MAX_UDP_QUERY_BYTES = 2048;
