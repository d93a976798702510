/**
 * Metrics of what is asked of others, and kept of what they answered. In: numbers of the main thread, read at a
 * scrape; out: families. `to` is the upstream, as CoreDNS labels it.
 */
import { DURATION_HISTOGRAM, RESPONSE_CODES } from './counter-layout.ts';
import { histogramSamples, type MetricFamily, type Sample } from './metric-family.ts';

export interface ForwardSources {
  readonly upstreams: () => readonly UpstreamNumbers[];
  /** What happened to connections to all upstreams, by event. */
  readonly streams: () => Readonly<Record<string, number>>;
  readonly questions: () => QuestionNumbers;
  readonly cache: () => CacheNumbers;
}

/** Of one upstream. */
export interface UpstreamNumbers {
  readonly to: string;
  /** By transport. */
  readonly queries: Readonly<Record<string, number>>;
  /** By place in RESPONSE_CODES. */
  readonly responses: Float64Array;
  /** A histogram in microseconds. */
  readonly durations: Float64Array;
  /** By reason. */
  readonly failures: Readonly<Record<string, number>>;
  readonly truncated: number;
  readonly ignored: number;
  readonly isUp: boolean;
  /** Milliseconds; undefined until it has answered. */
  readonly roundTripMs: number | undefined;
}

/** Of all questions for upstreams. */
export interface QuestionNumbers {
  readonly underway: number;
  readonly asked: number;
  readonly joined: number;
  readonly failed: number;
  readonly shed: number;
  readonly loops: number;
  readonly prefetched: number;
}

export interface CacheNumbers {
  /** By shelf. */
  readonly entries: Readonly<Record<string, number>>;
  readonly usedBytes: number;
  readonly limitBytes: number;
  readonly evictions: number;
  readonly rejected: number;
}

const MICROSECOND = 1e-6;

export function forwardMetrics(sources: ForwardSources): MetricFamily[] {
  const { upstreams, streams, questions, cache } = sources;
  return [
    ...upstreamMetrics(upstreams),
    {
      name: 'vipdns_forward_stream_events_total',
      help: 'What happened to TCP and TLS connections to upstreams, by event.',
      type: 'counter',
      samples: () => byLabel(streams(), 'event', {}),
    },
    ...questionMetrics(questions),
    ...cacheMetrics(cache),
  ];
}

function upstreamMetrics(upstreams: ForwardSources['upstreams']): MetricFamily[] {
  const duration = 'vipdns_forward_request_duration_seconds';
  const each = (samples: (upstream: UpstreamNumbers) => Sample[]) => () =>
    upstreams().flatMap(samples);
  return [
    {
      name: 'vipdns_forward_requests_total',
      help: 'Queries that were sent to an upstream, repeated ones among them, by transport.',
      type: 'counter',
      samples: each(({ to, queries }) => byLabel(queries, 'proto', { to })),
    },
    {
      name: 'vipdns_forward_responses_total',
      help: 'Responses of an upstream, by RCODE.',
      type: 'counter',
      samples: each(({ to, responses }) =>
        RESPONSE_CODES.map(({ name }, i) => ({ labels: { to, rcode: name }, value: responses[i] })),
      ),
    },
    {
      name: duration,
      help: 'Time from asking an upstream to its response.',
      type: 'histogram',
      samples: each(({ to, durations }) =>
        histogramSamples(durations, {
          name: duration,
          shape: DURATION_HISTOGRAM,
          scale: MICROSECOND,
          labels: { to },
          at: 0,
        }),
      ),
    },
    {
      name: 'vipdns_forward_failures_total',
      help: 'Queries to an upstream that came to nothing, by reason.',
      type: 'counter',
      samples: each(({ to, failures }) => byLabel(failures, 'reason', { to })),
    },
    {
      name: 'vipdns_forward_responses_truncated_total',
      help: 'Responses that were cut (TC) and asked for again by TCP.',
      type: 'counter',
      samples: each(({ to, truncated }) => [{ labels: { to }, value: truncated }]),
    },
    {
      name: 'vipdns_forward_messages_ignored_total',
      help: 'Messages from an upstream that answer nothing that was asked: forged, late or broken.',
      type: 'counter',
      samples: each(({ to, ignored }) => [{ labels: { to }, value: ignored }]),
    },
    {
      name: 'vipdns_forward_upstream_up',
      help: '0 while an upstream answers neither queries nor probes, else 1.',
      type: 'gauge',
      samples: each(({ to, isUp }) => [{ labels: { to }, value: isUp ? 1 : 0 }]),
    },
    {
      name: 'vipdns_forward_upstream_round_trip_seconds',
      help: 'Smoothed time that an upstream takes to answer.',
      type: 'gauge',
      samples: each(({ to, roundTripMs }) =>
        roundTripMs === undefined ? [] : [{ labels: { to }, value: roundTripMs / 1000 }],
      ),
    },
  ];
}

function questionMetrics(read: ForwardSources['questions']): MetricFamily[] {
  const counter = (name: string, help: string, value: (of: QuestionNumbers) => number) => ({
    name: `vipdns_forward_${name}_total`,
    help,
    type: 'counter' as const,
    samples: () => [{ value: value(read()) }],
  });
  return [
    {
      name: 'vipdns_forward_questions_under_way',
      help: 'Questions for which upstreams are being asked.',
      type: 'gauge',
      samples: () => [{ value: read().underway }],
    },
    counter(
      'questions',
      'Questions for which upstreams were asked, prefetches among them.',
      ({ asked }) => asked,
    ),
    counter(
      'questions_joined',
      'Queries that waited for an answer that was already asked for.',
      ({ joined }) => joined,
    ),
    counter('questions_failed', 'Questions that no upstream has answered.', ({ failed }) => failed),
    counter(
      'questions_shed',
      'Questions that were given up for newer ones, since too many were under way.',
      ({ shed }) => shed,
    ),
    counter('loops', 'Queries of ours that came back by way of an upstream.', ({ loops }) => loops),
    counter(
      'prefetches',
      'Answers that were asked for again before their time was over.',
      ({ prefetched }) => prefetched,
    ),
  ];
}

function cacheMetrics(read: ForwardSources['cache']): MetricFamily[] {
  return [
    {
      name: 'vipdns_cache_entries',
      help: 'Answers that are kept: new ones (probation), and those that were asked for again.',
      type: 'gauge',
      samples: () => byLabel(read().entries, 'type', {}),
    },
    {
      name: 'vipdns_cache_bytes',
      help: 'Memory that kept answers take.',
      type: 'gauge',
      samples: () => [{ value: read().usedBytes }],
    },
    {
      name: 'vipdns_cache_limit_bytes',
      help: 'Memory that kept answers may take.',
      type: 'gauge',
      samples: () => [{ value: read().limitBytes }],
    },
    {
      name: 'vipdns_cache_evictions_total',
      help: 'Answers that made room for others.',
      type: 'counter',
      samples: () => [{ value: read().evictions }],
    },
    {
      name: 'vipdns_cache_drops_total',
      help: 'Answers for which no room could be made.',
      type: 'counter',
      samples: () => [{ value: read().rejected }],
    },
  ];
}

function byLabel(
  numbers: Readonly<Record<string, number>>,
  label: string,
  labels: Readonly<Record<string, string>>,
): Sample[] {
  return Object.entries(numbers).map(([name, value]) => ({
    labels: { ...labels, [label]: name },
    value,
  }));
}
