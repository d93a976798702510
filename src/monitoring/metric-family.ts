/**
 * Metric families as plain values: a name, what it means, and how its samples are had at a scrape.
 * Names follow the conventions of Prometheus: base units, `_total` for counters; `vipdns_<stage>_<thing>_<unit>`,
 * and after the stage what CoreDNS calls the same thing, so that its dashboards need another prefix only.
 */
import type { HistogramShape } from './counter-layout.ts';

export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Called at each scrape. */
  readonly samples: () => readonly Sample[];
}

export interface Sample {
  /** Where it is not the family's: that of a histogram's parts. */
  readonly metricName?: string;
  readonly labels?: Readonly<Record<string, string | number>>;
  readonly value: number;
}

export interface HistogramSource {
  readonly name: string;
  readonly shape: HistogramShape;
  /** What one unit of the slots is in the metric's unit: 0.000001 for microseconds. */
  readonly scale: number;
  readonly labels?: Readonly<Record<string, string>>;
  /** Index of its first slot. */
  readonly at: number;
}

/** Gives the samples of one histogram: cumulative buckets, sum and count. */
export function histogramSamples(slots: Float64Array, source: HistogramSource): Sample[] {
  const { name, shape, scale, labels, at } = source;
  const samples: Sample[] = [];
  let count = 0;
  for (let bucket = 0; bucket <= shape.buckets; bucket++) {
    count += slots[at + bucket];
    const le = bucket === shape.buckets ? '+Inf' : boundOf(shape, bucket) * scale;
    samples.push({
      metricName: `${name}_bucket`,
      labels: { ...labels, le: typeof le === 'number' ? Number(le.toPrecision(15)) : le },
      value: count,
    });
  }
  const sum = slots[at + shape.buckets + 1] * scale;
  samples.push({ metricName: `${name}_sum`, labels: labels ?? {}, value: sum });
  samples.push({ metricName: `${name}_count`, labels: labels ?? {}, value: count });
  return samples;
}

function boundOf({ first }: HistogramShape, bucket: number): number {
  return first * 2 ** bucket;
}
