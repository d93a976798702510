/**
 * Metrics of the responders: what was asked and answered, and what befell their sockets. In: the summed slots
 * of their counters; out: families.
 */
import {
  DURATION_HISTOGRAM,
  FAMILIES,
  histogramSlots,
  PROTOCOLS,
  QUERY_TYPES,
  RESPONSE_CODES,
  SIZE_HISTOGRAM,
  SLOTS,
  TRANSPORT_COUNTERS,
  type TransportCounter,
} from './counter-layout.ts';
import { histogramSamples, type MetricFamily, type Sample } from './metric-family.ts';

const MICROSECOND = 1e-6;

/** Gives the families of `slots`, which is filled anew before each scrape. */
export function responderMetrics(slots: Float64Array): MetricFamily[] {
  return [...messageMetrics(slots), ...udpMetrics(slots), ...tcpMetrics(slots)];
}

function messageMetrics(slots: Float64Array): MetricFamily[] {
  const requestSize = 'vipdns_dns_request_size_bytes';
  const responseSize = 'vipdns_dns_response_size_bytes';
  const duration = 'vipdns_dns_request_duration_seconds';
  const missDuration = 'vipdns_dns_handed_on_duration_seconds';
  return [
    {
      name: 'vipdns_dns_requests_total',
      help: 'Queries, by protocol, address family (1 is IPv4, 2 is IPv6) and QTYPE.',
      type: 'counter',
      samples: () => querySamples(slots),
    },
    {
      name: requestSize,
      help: 'Size of queries, by protocol.',
      type: 'histogram',
      samples: () =>
        PROTOCOLS.flatMap((proto, i) =>
          histogramSamples(slots, {
            name: requestSize,
            shape: SIZE_HISTOGRAM,
            scale: 1,
            labels: { proto },
            at: SLOTS.querySizes + i * histogramSlots(SIZE_HISTOGRAM),
          }),
        ),
    },
    {
      name: 'vipdns_dns_responses_total',
      help: 'Responses, by RCODE.',
      type: 'counter',
      samples: () =>
        RESPONSE_CODES.map(({ name }, i) => ({
          labels: { rcode: name },
          value: slots[SLOTS.responses + i],
        })),
    },
    {
      name: responseSize,
      help: 'Size of responses.',
      type: 'histogram',
      samples: () =>
        histogramSamples(slots, {
          name: responseSize,
          shape: SIZE_HISTOGRAM,
          scale: 1,
          at: SLOTS.responseSizes,
        }),
    },
    {
      name: duration,
      help: 'Time from reading a batch of queries to having sent its responses, for each response; what was handed on is not among them.',
      type: 'histogram',
      samples: () =>
        histogramSamples(slots, {
          name: duration,
          shape: DURATION_HISTOGRAM,
          scale: MICROSECOND,
          at: SLOTS.durations,
        }),
    },
    counter(
      'vipdns_dns_responses_truncated_total',
      'Responses that left records out and said so (TC).',
      () => slots[SLOTS.truncated],
    ),
    counter(
      'vipdns_dns_messages_ignored_total',
      'Messages that got no response: no query, or shorter than a header.',
      () => slots[SLOTS.ignored],
    ),
    counter(
      'vipdns_dns_queries_handed_on_total',
      'Queries that no zone of ours answers and that were handed on.',
      () => eventCount(slots, 'missHandedOn'),
    ),
    {
      name: missDuration,
      help: 'Time from a query that was handed on to its answer.',
      type: 'histogram',
      samples: () =>
        histogramSamples(slots, {
          name: missDuration,
          shape: DURATION_HISTOGRAM,
          scale: MICROSECOND,
          at: SLOTS.missDurations,
        }),
    },
    byEvent(slots, 'type', {
      name: 'vipdns_cache_hits_total',
      help: 'Queries that were answered from what is kept of outside: what is good still, or what is out of date while upstreams fail.',
      causes: { fresh: 'outsideAnswerHit', stale: 'outsideAnswerStale' },
    }),
    counter(
      'vipdns_dns_handed_on_shed_total',
      'Queries that were handed on and given up for newer ones, since too many waited; answered with SERVFAIL.',
      () => eventCount(slots, 'missShed'),
    ),
    counter(
      'vipdns_dns_handed_on_answers_lost_total',
      'Answers to queries that were handed on and that could not be sent.',
      () => eventCount(slots, 'missAnswerLost'),
    ),
    counter(
      'vipdns_dns_queries_not_handed_on_total',
      'Queries that were to be handed on when there was no room; answered with SERVFAIL.',
      () => eventCount(slots, 'missRefused'),
    ),
  ];
}

function querySamples(slots: Float64Array): Sample[] {
  let at = SLOTS.queries;
  const samples: Sample[] = [];
  for (const proto of PROTOCOLS) {
    for (const family of FAMILIES) {
      for (const { name } of QUERY_TYPES) {
        samples.push({ labels: { proto, family, type: name }, value: slots[at++] });
      }
    }
  }
  return samples;
}

function udpMetrics(slots: Float64Array): MetricFamily[] {
  return [
    byCause(slots, {
      name: 'vipdns_udp_dropped_total',
      help: 'Queries or responses that were dropped: source port 0 cannot be answered, the query was longer than 2048 bytes, the kernel had no room for the response (backlog), or refused it.',
      causes: {
        source_port_zero: 'udpSourcePortZero',
        query_too_long: 'udpQueryTooLong',
        backlog: 'udpSendBacklog',
        send_error: 'udpSendError',
      },
    }),
    counter(
      'vipdns_udp_socket_errors_total',
      'Errors that a UDP socket reported apart from any response.',
      () => eventCount(slots, 'udpSocketError'),
    ),
  ];
}

function tcpMetrics(slots: Float64Array): MetricFamily[] {
  return [
    {
      name: 'vipdns_tcp_connections',
      help: 'TCP connections that are open.',
      type: 'gauge',
      // The two are not read in one instant.
      samples: () => [
        { value: Math.max(eventCount(slots, 'tcpOpened') - eventCount(slots, 'tcpClosed'), 0) },
      ],
    },
    counter('vipdns_tcp_connections_opened_total', 'TCP connections that were accepted.', () =>
      eventCount(slots, 'tcpOpened'),
    ),
    counter('vipdns_tcp_connections_closed_total', 'TCP connections that ended, however.', () =>
      eventCount(slots, 'tcpClosed'),
    ),
    byCause(slots, {
      name: 'vipdns_tcp_connections_refused_total',
      help: 'TCP connections that were not served: a limit was reached and no idle connection could make room, or the socket could not accept.',
      causes: { limit: 'tcpRefused', accept_error: 'tcpAcceptError' },
    }),
    byCause(slots, {
      name: 'vipdns_tcp_connections_cut_total',
      help: 'TCP connections that ended for another cause than that the client closed them.',
      causes: {
        evicted: 'tcpEvicted',
        idle: 'tcpIdleTimeout',
        slow_message: 'tcpMessageTimeout',
        slow_reader: 'tcpReaderTimeout',
        lifetime: 'tcpLifetimeReached',
        malformed_length: 'tcpMalformedLength',
        memory: 'tcpMemoryLimit',
        no_answer: 'tcpAnswerTimeout',
        reset: 'tcpReset',
        error: 'tcpConnectionError',
      },
    }),
  ];
}

interface EventFamily {
  readonly name: string;
  readonly help: string;
  /** Events by the value of the label. */
  readonly causes: Readonly<Record<string, TransportCounter>>;
}

function byCause(slots: Float64Array, family: EventFamily): MetricFamily {
  return byEvent(slots, 'cause', family);
}

function byEvent(
  slots: Float64Array,
  label: string,
  { name, help, causes }: EventFamily,
): MetricFamily {
  return {
    name,
    help,
    type: 'counter',
    samples: () =>
      Object.entries(causes).map(([cause, event]) => ({
        labels: { [label]: cause },
        value: eventCount(slots, event),
      })),
  };
}

function counter(name: string, help: string, read: () => number): MetricFamily {
  return { name, help, type: 'counter', samples: () => [{ value: read() }] };
}

function eventCount(slots: Float64Array, event: TransportCounter): number {
  return slots[SLOTS.transport + TRANSPORT_COUNTERS.indexOf(event)];
}
