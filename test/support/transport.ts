/** What a transport is tested with: an echo in place of the answers, counts of its events, patience. */
import { setImmediate } from 'node:timers/promises';
import type { AnsweringOptions } from '../../src/responder/listener.ts';
import type { TransportEvent } from '../../src/responder/transport-events.ts';

/** An echo that says how it was called. */
export interface Echo extends Omit<AnsweringOptions, 'count'> {
  /** Batches, queries and observed answers so far. */
  readonly calls: { batches: number; queries: number; observed: number };
}

/** First byte of the ID of a query that the echo answers with silence. */
export const SILENT_ID_BYTE = 0xff;

/**
 * Answers a query by itself with the QR bit set, filled up to `padBytes` with the second byte of its ID. Throws where
 * a query is not between enter() and leave(), which no transport survives.
 */
export function createEcho(padBytes = 0): Echo {
  const calls = { batches: 0, queries: 0, observed: 0 };
  let isInside = false;
  return {
    calls,
    clock: () => performance.now(),
    observe(messages) {
      calls.observed += messages;
    },
    enter() {
      if (isInside) throw new Error('entered twice');
      isInside = true;
      calls.batches++;
    },
    leave() {
      isInside = false;
    },
    respond(query, queryLength, response) {
      if (!isInside) throw new Error('not entered');
      calls.queries++;
      if (query[0] === SILENT_ID_BYTE) return 0;
      for (let i = 0; i < queryLength; i++) response[i] = query[i];
      response[2] |= 0x80;
      const length = Math.max(queryLength, padBytes);
      response.fill(query[1], queryLength, length);
      return length;
    },
  };
}

/** Builds a query of `length` bytes whose ID is `id` and whose body depends on it. */
export function buildNumberedQuery(id: number, length = 40): Buffer {
  const query = Buffer.alloc(length, id & 0xff);
  query.writeUInt16BE(id, 0);
  query[2] = 0;
  return query;
}

/** Builds what `createEcho(padBytes)` answers to `query`. */
export function expectedEcho(query: Buffer, padBytes = 0): Buffer {
  const response = Buffer.alloc(Math.max(query.length, padBytes), query[1]);
  query.copy(response);
  response[2] |= 0x80;
  return response;
}

export class EventCounts {
  readonly #counts = new Map<TransportEvent, number>();

  readonly count = (event: TransportEvent): void => {
    this.#counts.set(event, this.of(event) + 1);
  };

  of(event: TransportEvent): number {
    return this.#counts.get(event) ?? 0;
  }
}

/** Resolves as soon as `holds()`, letting the event loop turn; rejects after five seconds. */
export async function waitUntil(holds: () => boolean): Promise<void> {
  const endsAt = performance.now() + 5000;
  while (!holds()) {
    if (performance.now() > endsAt) throw new Error(`Cannot wait longer: not yet ${holds}`);
    await setImmediate();
  }
}
