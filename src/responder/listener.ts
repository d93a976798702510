/**
 * What every transport has in common, batched UDP included: it is told where to listen and how to answer,
 * it says where it listens, and it can be closed.
 */
import type { AddressInfo } from 'node:net';
import type { Responding } from './respond-function.ts';
import type { CountTransportEvent } from './transport-events.ts';

export interface ListenerOptions extends Responding {
  /** An IP address. An IPv6 one never serves IPv4 too: each family has a listener of its own. */
  readonly address: string;
  /** 0 to 65535; 0 is any free one. */
  readonly port: number;
  /** Shares the port with the listeners of other threads (SO_REUSEPORT); false by default. */
  readonly reusePort?: boolean;
  readonly count: CountTransportEvent;
}

export interface Listener {
  /** Gives where it listens, with the port that was chosen where 0 was asked for. */
  address(): AddressInfo;
  /** Resolves when nothing of it is open any more; never rejects. */
  close(options?: CloseOptions): Promise<void>;
}

export interface CloseOptions {
  /** Answers first what has reached the sockets, and lets clients read it; false by default. */
  readonly graceful?: boolean;
  /** Longest time that this may take, in milliseconds; CLOSE_LIMIT_MS by default. */
  readonly limitMs?: number;
}

export const CLOSE_LIMIT_MS = 2000;
