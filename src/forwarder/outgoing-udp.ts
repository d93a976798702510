/**
 * How queries leave by UDP: each from a socket of its own, whose port the system chooses at random and which takes
 * nothing but what comes from the upstream's address and port. RFC 5452 section 9.2.
 */
import type { UpstreamAddress } from './upstream-address.ts';

/** Longest response that is read, in bytes; what is longer is asked for by TCP. */
export const MAX_UDP_RESPONSE_BYTES = 4096;

export interface OutgoingSocket {
  /** Sends a message; false where the system did not take it. */
  send(message: Uint8Array): boolean;
  /** Nothing is called any more. */
  close(): void;
}

export interface OutgoingEvents {
  /** A message of `length` bytes came; it is good until this returns, and may be there to MAX_UDP_RESPONSE_BYTES only. */
  onMessage(message: Uint8Array, length: number): void;
  /** The system says that nobody is there. */
  onRefused(): void;
}

export interface OutgoingUdp {
  /** Opens a socket for an upstream; undefined where the system has none to give, or there is no way there. */
  open(upstream: UpstreamAddress, events: OutgoingEvents): OutgoingSocket | undefined;
  /** To be called when every socket is closed. */
  close(): void;
  /** Has the event loop turn within so many milliseconds, for timers, and for connections that were begun. */
  wakeWithin(ms: number): void;
}
