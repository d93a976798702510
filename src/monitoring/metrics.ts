/**
 * Metrics in the Prometheus text format, made when somebody asks. In: counters in shared memory, which cost
 * their writers an addition, and functions that tell the rest; out: text.
 */
import { createRequire } from 'node:module';
import { sumResponderCounters } from './counters.ts';
import { type ForwardSources, forwardMetrics } from './forward-metrics.ts';
import type { MetricFamily, Sample } from './metric-family.ts';
import { processMetrics } from './process-metrics.ts';
import { responderMetrics } from './responder-metrics.ts';
import { ZoneGauges } from './zone-gauges.ts';
import { zoneMetrics } from './zone-metrics.ts';

export interface MetricsSources {
  /** As `createResponderCounters()` made them. */
  readonly responderCounters: SharedArrayBuffer;
  /** As `createZoneGauges()` made them. */
  readonly zoneGauges: SharedArrayBuffer;
  readonly version: string;
  /** Commit that was built; empty where it is not known. */
  readonly revision?: string;
  /** Tells how the queues of the UDP sockets are doing; absent where the kernel cannot be asked. */
  readonly udpSockets?: (() => SocketQueues) | undefined;
  /** What is asked of others; absent where nobody is. */
  readonly forward?: ForwardSources | undefined;
  /** Gives the threads that are kept alive. */
  readonly threads: () => readonly ThreadState[];
  /** Gives the number of lines that the log had to drop. */
  readonly droppedLogLines: () => number;
}

export interface SocketQueues {
  /** Datagrams that the kernel dropped since the start. */
  readonly drops: number;
  /** Bytes that wait to be read, as the kernel counts them. */
  readonly queuedBytes: number;
  /** Bytes that may wait, as the kernel counts them. */
  readonly receiveBufferBytes: number;
}

export interface ThreadState {
  readonly name: string;
  readonly isAlive: boolean;
  /** How often the thread had to be replaced. */
  readonly restarts: number;
  /** How often it had to be ended because it did not work; absent where nobody looks. */
  readonly stuck?: number;
}

/** Gives the function that /metrics calls. */
export function createMetrics(sources: MetricsSources): () => Promise<string> {
  const sums = sumResponderCounters(sources.responderCounters);
  const registry = new Registry();
  for (const family of metricFamilies(sources, sums)) registry.registerMetric(exposable(family));
  return () => {
    sumResponderCounters(sources.responderCounters, sums);
    return registry.metrics();
  };
}

/** Gives every family that is exposed; those of the responders read `sums`. */
export function metricFamilies(sources: MetricsSources, sums: Float64Array): MetricFamily[] {
  return [
    ...responderMetrics(sums),
    ...socketMetrics(sources.udpSockets),
    ...(sources.forward === undefined ? [] : forwardMetrics(sources.forward)),
    ...zoneMetrics(new ZoneGauges(sources.zoneGauges)),
    ...serverMetrics(sources),
    ...processMetrics(),
  ];
}

function socketMetrics(read: (() => SocketQueues) | undefined): MetricFamily[] {
  if (read === undefined) return [];
  return [
    {
      name: 'vipdns_udp_kernel_dropped_total',
      help: 'Queries that the kernel dropped because the queue of their socket was full.',
      type: 'counter',
      samples: () => [{ value: read().drops }],
    },
    {
      name: 'vipdns_udp_queued_bytes',
      help: 'Memory of the queries that wait to be read, as the kernel counts it.',
      type: 'gauge',
      samples: () => [{ value: read().queuedBytes }],
    },
    {
      name: 'vipdns_udp_receive_buffer_bytes',
      help: 'Memory that such queries may take; the kernel grants no more than net.core.rmem_max allows.',
      type: 'gauge',
      samples: () => [{ value: read().receiveBufferBytes }],
    },
  ];
}

function serverMetrics(sources: MetricsSources): MetricFamily[] {
  const { version, revision = '', threads, droppedLogLines } = sources;
  return [
    {
      name: 'vipdns_build_info',
      help: 'Always 1; the labels tell what is running.',
      type: 'gauge',
      samples: () => [{ labels: { version, revision, nodeversion: process.version }, value: 1 }],
    },
    {
      name: 'vipdns_thread_alive',
      help: '1 while the thread runs, 0 until a dead one has been replaced.',
      type: 'gauge',
      samples: () =>
        threads().map(({ name, isAlive }) => ({
          labels: { thread: name },
          value: isAlive ? 1 : 0,
        })),
    },
    {
      name: 'vipdns_thread_restarts_total',
      help: 'Times that a dead thread was replaced; any is a fault, and was logged.',
      type: 'counter',
      samples: () =>
        threads().map(({ name, restarts }) => ({ labels: { thread: name }, value: restarts })),
    },
    {
      name: 'vipdns_thread_stuck_total',
      help: 'Times that a thread ran and did not work, and was ended; any is a fault, and was logged.',
      type: 'counter',
      samples: () =>
        threads().flatMap(({ name, stuck }) =>
          stuck === undefined ? [] : [{ labels: { thread: name }, value: stuck }],
        ),
    },
    {
      name: 'vipdns_log_lines_dropped_total',
      help: 'Lines of the log that could not be written.',
      type: 'counter',
      samples: () => [{ value: droppedLogLines() }],
    },
  ];
}

/** What the registry needs of a metric. */
interface ExposableMetric {
  readonly name: string;
  get(): Omit<MetricFamily, 'samples'> & { readonly values: readonly Sample[] };
}

function exposable(family: MetricFamily): ExposableMetric {
  const { name, help, type, samples } = family;
  return { name, get: () => ({ name, help, type, values: samples() }) };
}

interface ExpositionRegistry {
  registerMetric(metric: ExposableMetric): void;
  metrics(): Promise<string>;
}

/**
 * prom-client's registry alone, which writes whatever has `get()`: its module costs 4 MB and 2 ms, all of the
 * package 18 MB and 60 ms. Its counters would cost the responders 0.5 us for each addition. Look again when
 * the package names its parts as exports; this file is not among them, hence `require`.
 */
const Registry: new () => ExpositionRegistry = createRequire(import.meta.url)(
  'prom-client/lib/registry.js',
);
