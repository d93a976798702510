/** Metrics of the zone, its table and its source. In: the gauges that the zone thread writes; out: families. */
import type { MetricFamily } from './metric-family.ts';
import type { ZoneGauge, ZoneGauges } from './zone-gauges.ts';

interface Description {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
}

const DESCRIPTIONS: Readonly<Record<ZoneGauge, Description>> = {
  names: {
    name: 'vipdns_zone_names',
    type: 'gauge',
    help: 'Names that exist, empty non-terminals among them.',
  },
  services: { name: 'vipdns_zone_services', type: 'gauge', help: 'Services that are served.' },
  endpoints: {
    name: 'vipdns_zone_endpoints',
    type: 'gauge',
    help: 'Endpoints of the Services that are served.',
  },
  namespaces: {
    name: 'vipdns_zone_namespaces',
    type: 'gauge',
    help: 'Namespaces that have a name.',
  },
  ready: {
    name: 'vipdns_zone_ready',
    type: 'gauge',
    help: '1 as soon as every object has been taken in, 0 before.',
  },
  serial: { name: 'vipdns_zone_serial', type: 'gauge', help: 'Serial of the SOA records.' },
  lastChangeSeconds: {
    name: 'vipdns_zone_last_change_timestamp_seconds',
    type: 'gauge',
    help: 'Time of the last change of an answer, in seconds since the epoch.',
  },
  tableUsedBytes: {
    name: 'vipdns_table_used_bytes',
    type: 'gauge',
    help: 'Bytes of the records that can be found.',
  },
  tableReservedBytes: {
    name: 'vipdns_table_reserved_bytes',
    type: 'gauge',
    help: 'Bytes of the table that are in use, free slots and retired records among them.',
  },
  tableRetiredBytes: {
    name: 'vipdns_table_retired_bytes',
    type: 'gauge',
    help: 'Bytes of records that wait until no responder can hold them any more.',
  },
  tableLimitBytes: {
    name: 'vipdns_table_limit_bytes',
    type: 'gauge',
    help: 'Bytes that the table can grow to.',
  },
  tableRejected: {
    name: 'vipdns_table_rejected_total',
    type: 'counter',
    help: 'Changes that were refused because the table was full; answers are then out of date.',
  },
  manifestFiles: {
    name: 'vipdns_source_manifest_files',
    type: 'gauge',
    help: 'Manifest files that are read.',
  },
  manifestProblems: {
    name: 'vipdns_source_manifest_problems',
    type: 'gauge',
    help: 'Mistakes in manifests that stand at present; each was logged.',
  },
  apiObjects: {
    name: 'vipdns_source_api_objects',
    type: 'gauge',
    help: 'Objects of the Kubernetes API that are held.',
  },
  apiReflectors: {
    name: 'vipdns_source_api_reflectors',
    type: 'gauge',
    help: 'Resources of the Kubernetes API that are followed.',
  },
  apiConnected: {
    name: 'vipdns_source_api_connected',
    type: 'gauge',
    help: 'Resources whose changes come in at present; fewer than reflectors where the API is lost.',
  },
  apiLists: {
    name: 'vipdns_source_api_lists_total',
    type: 'counter',
    help: 'Times that all objects of a resource were listed.',
  },
  apiWatches: {
    name: 'vipdns_source_api_watches_total',
    type: 'counter',
    help: 'Watches that were begun.',
  },
  apiFailures: {
    name: 'vipdns_source_api_failures_total',
    type: 'counter',
    help: 'Lists and watches that failed or broke off.',
  },
  apiOutOfStep: {
    name: 'vipdns_source_api_out_of_step_total',
    type: 'counter',
    help: 'Times that a watch had lost changes, which a list then made up for.',
  },
  apiObjectProblems: {
    name: 'vipdns_source_api_object_problems_total',
    type: 'counter',
    help: 'Objects that came and could not be served; each was logged.',
  },
  apiLastProofSeconds: {
    name: 'vipdns_source_api_last_proof_timestamp_seconds',
    type: 'gauge',
    help: 'When what is held was last proved to be what the API server has, by the oldest such proof.',
  },
  apiStaleSinceSeconds: {
    name: 'vipdns_source_api_stale_since_timestamp_seconds',
    type: 'gauge',
    help: 'When the snapshot of an earlier run was taken that is served; 0 as soon as the API has been read.',
  },
};

/** Gives a family for each gauge. */
export function zoneMetrics(gauges: ZoneGauges): MetricFamily[] {
  return Object.entries(DESCRIPTIONS).map(([gauge, description]) => ({
    ...description,
    samples: () => [{ value: gauges.get(gauge as ZoneGauge) }],
  }));
}
