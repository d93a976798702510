/**
 * Counters of the responders in shared memory: one block each, which only its thread writes, with plain
 * additions, and which the main thread sums when it is asked for metrics. A responder that takes the place
 * of a dead one goes on in the same block, so that no counter ever falls.
 *
 * A reader sees a slot's old or new value, never half of one: aligned 64-bit accesses are whole on every
 * processor that Node.js runs on. Slots are not seen in the order in which they were written; that is all
 * right for sums that are taken every few seconds.
 */
import {
  DURATION_HISTOGRAM,
  type HistogramShape,
  histogramSlots,
  QUERY_TYPES,
  RESPONSE_CODES,
  SIZE_HISTOGRAM,
  SLOTS,
  TRANSPORT_COUNTERS,
  type TransportCounter,
} from './counter-layout.ts';

const BLOCK_BYTES = SLOTS.blockLength * Float64Array.BYTES_PER_ELEMENT;
const SIZE_SLOTS = histogramSlots(SIZE_HISTOGRAM);
const TYPE_COUNT = QUERY_TYPES.length;

/** Gives shared memory for the counters of `responders` threads, all of them 0. */
export function createResponderCounters(responders: number): SharedArrayBuffer {
  return new SharedArrayBuffer(responders * BLOCK_BYTES);
}

/** Takes over the block of responder `index`, counted from 0, for the calling thread. */
export function responderCounters(buffer: SharedArrayBuffer, index: number): ResponderCounters {
  return new ResponderCounters(new Float64Array(buffer, index * BLOCK_BYTES, SLOTS.blockLength));
}

/** Sums the blocks of all responders into one, in `sums` where that is given. */
export function sumResponderCounters(
  buffer: SharedArrayBuffer,
  sums: Float64Array = new Float64Array(SLOTS.blockLength),
): Float64Array {
  const slots = new Float64Array(buffer);
  sums.fill(0);
  for (let i = 0; i < slots.length; i++) sums[i % SLOTS.blockLength] += slots[i];
  return sums;
}

/** The writing side of one block. Its methods allocate nothing and never throw, whatever the numbers. */
export class ResponderCounters {
  readonly slots: Float64Array;

  constructor(slots: Float64Array) {
    this.slots = slots;
    // Connections end with the thread that had them, and a dead one did not count that.
    slots[TRANSPORT_INDEX.tcpClosed] = slots[TRANSPORT_INDEX.tcpOpened];
  }

  /** Counts a query of `bytes` bytes; one whose question could not be read has QTYPE 0. */
  countQuery(protocol: 'udp' | 'tcp', family: 4 | 6, qtype: number, bytes: number): void {
    const { slots } = this;
    const carrier = protocol === 'udp' ? 0 : 1;
    const row = carrier * 2 + (family === 4 ? 0 : 1);
    slots[SLOTS.queries + row * TYPE_COUNT + typeIndex(qtype)] += 1;
    observe(slots, SLOTS.querySizes + carrier * SIZE_SLOTS, SIZE_HISTOGRAM, bytes);
  }

  /** Counts a response of `bytes` bytes. */
  countResponse(rcode: number, bytes: number): void {
    const { slots } = this;
    slots[SLOTS.responses + responseCodeIndex(rcode)] += 1;
    observe(slots, SLOTS.responseSizes, SIZE_HISTOGRAM, bytes);
  }

  /** Counts how long so many responses took, in microseconds: those of a batch take as long as the batch. */
  countDurations(responses: number, microseconds: number): void {
    const { slots } = this;
    slots[SLOTS.durations + bucketIndex(DURATION_HISTOGRAM, microseconds)] += responses;
    slots[SLOTS.durations + DURATION_HISTOGRAM.buckets + 1] += microseconds * responses;
  }

  /** Counts how long a query that was handed on took to its answer, in microseconds. */
  countMissDuration(microseconds: number): void {
    observe(this.slots, SLOTS.missDurations, DURATION_HISTOGRAM, microseconds);
  }

  /** Counts a response that left records out, with TC set; it is counted as a response besides. */
  countTruncated(): void {
    this.slots[SLOTS.truncated] += 1;
  }

  /** Counts a message that got no response: not a query, or shorter than a header. */
  countIgnored(): void {
    this.slots[SLOTS.ignored] += 1;
  }

  countTransportEvent(event: TransportCounter): void {
    this.slots[TRANSPORT_INDEX[event]] += 1;
  }
}

/** Adds a value to the histogram at `at`. Positional: called for every message. */
export function observe(
  slots: Float64Array,
  at: number,
  shape: HistogramShape,
  value: number,
): void {
  slots[at + bucketIndex(shape, value)] += 1;
  slots[at + shape.buckets + 1] += value;
}

/** Gives the first bucket whose bound is not below `value`; `buckets` where every bound is. */
export function bucketIndex({ first, buckets }: HistogramShape, value: number): number {
  const steps = Math.ceil(Math.min(value / first, MAX_STEPS));
  return steps <= 1 ? 0 : Math.min(32 - Math.clz32(steps - 1), buckets);
}

/** Keeps a quotient in the range of clz32; far above the last bound of any histogram. */
const MAX_STEPS = 2 ** 31;

function typeIndex(qtype: number): number {
  return qtype < TYPE_INDEXES.length ? TYPE_INDEXES[qtype] : TYPE_COUNT - 1;
}

export function responseCodeIndex(rcode: number): number {
  return rcode < CODE_INDEXES.length ? CODE_INDEXES[rcode] : RESPONSE_CODES.length - 1;
}

const TYPE_INDEXES = indexesOf(QUERY_TYPES, 256);
const CODE_INDEXES = indexesOf(RESPONSE_CODES, 32);

const TRANSPORT_INDEX = Object.fromEntries(
  TRANSPORT_COUNTERS.map((event, i) => [event, SLOTS.transport + i]),
) as Record<TransportCounter, number>;

/** Maps the numbers below `size` to their place in the list; those without one to the last place. */
function indexesOf(list: readonly { readonly number: number }[], size: number): Uint8Array {
  const indexes = new Uint8Array(size).fill(list.length - 1);
  for (const [index, { number }] of list.entries()) if (number >= 0) indexes[number] = index;
  return indexes;
}
