/**
 * The slots of one responder's block of counters: which there are, and where. A closed list, known before
 * the first query, so that counting is index arithmetic; the writer and the exposition share it.
 *
 *   queries [protocol][family][type] | query sizes [protocol] | responses [rcode] | response sizes
 *   | durations | durations of misses | truncated | ignored | transport events
 *
 * A histogram takes one slot for each bucket, one for what is above the last bound, and one for the sum.
 */

export const PROTOCOLS = ['udp', 'tcp'] as const;

/** Address families by their IANA number, as CoreDNS labels them: 1 is IPv4, 2 is IPv6. */
export const FAMILIES = ['1', '2'] as const;

/** QTYPEs that are counted by name; RFC 6895 section 3.1. The last entry is every other one. */
export const QUERY_TYPES = [
  { name: 'A', number: 1 },
  { name: 'AAAA', number: 28 },
  { name: 'ANY', number: 255 },
  { name: 'CNAME', number: 5 },
  { name: 'DNSKEY', number: 48 },
  { name: 'DS', number: 43 },
  { name: 'HTTPS', number: 65 },
  { name: 'MX', number: 15 },
  { name: 'NS', number: 2 },
  { name: 'PTR', number: 12 },
  { name: 'SOA', number: 6 },
  { name: 'SRV', number: 33 },
  { name: 'SVCB', number: 64 },
  { name: 'TXT', number: 16 },
  { name: 'other', number: -1 },
] as const;

/** RCODEs that are counted by name; RFC 6895 section 2.3. The last entry is every other one. */
export const RESPONSE_CODES = [
  { name: 'NOERROR', number: 0 },
  { name: 'FORMERR', number: 1 },
  { name: 'SERVFAIL', number: 2 },
  { name: 'NXDOMAIN', number: 3 },
  { name: 'NOTIMP', number: 4 },
  { name: 'REFUSED', number: 5 },
  { name: 'YXDOMAIN', number: 6 },
  { name: 'YXRRSET', number: 7 },
  { name: 'NXRRSET', number: 8 },
  { name: 'NOTAUTH', number: 9 },
  { name: 'NOTZONE', number: 10 },
  { name: 'BADVERS', number: 16 },
  { name: 'BADCOOKIE', number: 23 },
  { name: 'other', number: -1 },
] as const;

/** What can happen to a transport. The number of open TCP connections is `tcpOpened` less `tcpClosed`. */
export const TRANSPORT_COUNTERS = [
  /** A query came from port 0, which nothing can be sent to. */
  'udpSourcePortZero',
  /** A query was longer than is read. */
  'udpQueryTooLong',
  /** A response was dropped because too many were still being sent, or the kernel had no room for it. */
  'udpSendBacklog',
  /** The kernel refused to send a response. */
  'udpSendError',
  /** The socket reported an error that belongs to no response. */
  'udpSocketError',
  'tcpOpened',
  'tcpClosed',
  /** The listening socket could not accept. */
  'tcpAcceptError',
  /** A connection was refused: limits reached, and no idle one could make room. */
  'tcpRefused',
  /** An idle connection was closed to make room for a new one. */
  'tcpEvicted',
  /** A connection was idle for too long. */
  'tcpIdleTimeout',
  /** The first message, or the rest of one, took too long to come. */
  'tcpMessageTimeout',
  /** A client took too long to read its responses, or to close its side after we had closed ours. */
  'tcpReaderTimeout',
  /** A connection was closed by us because of its age. */
  'tcpLifetimeReached',
  /** A length that no message can have. */
  'tcpMalformedLength',
  /** A connection held more memory than its share while all together were over the limit. */
  'tcpMemoryLimit',
  /** The client reset the connection: normal. */
  'tcpReset',
  /** The answer to a query that was handed on did not come, for far longer than anybody waits. */
  'tcpAnswerTimeout',
  /** Any other error of a connection. */
  'tcpConnectionError',
  /** A query outside our zones was answered from the cache. */
  'outsideAnswerHit',
  /** Likewise, with what is out of date. */
  'outsideAnswerStale',
  /** A query that no zone of ours answers was handed on. */
  'missHandedOn',
  /** It was given up for a newer one, since too many waited. */
  'missShed',
  /** There was no room to hand it on. */
  'missRefused',
  /** Its answer could not be sent: too long, its responder gone, or refused by the kernel. */
  'missAnswerLost',
] as const;

export type TransportCounter = (typeof TRANSPORT_COUNTERS)[number];

/** Bounds are `first`, twice that, and so on, `buckets` of them: a bucket is found by counting bits. */
export interface HistogramShape {
  readonly first: number;
  readonly buckets: number;
}

/** Bytes: 32 to 65,536. */
export const SIZE_HISTOGRAM: HistogramShape = { first: 32, buckets: 12 };

/** Microseconds: 1 to 1,048,576. */
export const DURATION_HISTOGRAM: HistogramShape = { first: 1, buckets: 21 };

/** Number of slots of a histogram. */
export function histogramSlots({ buckets }: HistogramShape): number {
  return buckets + 2;
}

/** Slots of 8 bytes in two cache lines, which processors fetch together. */
const SLOTS_PER_LINE_PAIR = 16;

/** Offset of the first slot of each group in a block, and the length of a block. */
export const SLOTS = layOut();

function layOut() {
  const queries = 0;
  const querySizes = queries + PROTOCOLS.length * FAMILIES.length * QUERY_TYPES.length;
  const responses = querySizes + PROTOCOLS.length * histogramSlots(SIZE_HISTOGRAM);
  const responseSizes = responses + RESPONSE_CODES.length;
  const durations = responseSizes + histogramSlots(SIZE_HISTOGRAM);
  const missDurations = durations + histogramSlots(DURATION_HISTOGRAM);
  const truncated = missDurations + histogramSlots(DURATION_HISTOGRAM);
  const ignored = truncated + 1;
  const transport = ignored + 1;
  const used = transport + TRANSPORT_COUNTERS.length;
  return {
    queries,
    querySizes,
    responses,
    responseSizes,
    durations,
    missDurations,
    truncated,
    ignored,
    transport,
    /** Rounded up, so that no cache line, nor a pair of them, has slots of two responders. */
    blockLength: Math.ceil(used / SLOTS_PER_LINE_PAIR) * SLOTS_PER_LINE_PAIR,
  };
}
