/**
 * The configuration as every thread sees it: checked, complete, in the units that are computed with. The file's
 * own form is in `schema.ts`, which only the command that reads it loads.
 */
import type { LogLevel } from '../monitoring/log-event.ts';

export interface Configuration {
  /** Where queries are answered, over UDP and TCP. */
  readonly listen: readonly SocketAddress[];
  /** Where /health, /ready and /metrics are served. */
  readonly http: SocketAddress;
  readonly source: { readonly manifests: readonly string[] };
  /** Cluster domains; the first one is where PTR records point. */
  readonly zones: readonly string[];
  /** Further reverse zones in which a missing name is NXDOMAIN. */
  readonly reverseZones: readonly string[];
  /** Prefixes of virtual IPs. */
  readonly serviceCidr: readonly string[];
  /** Seconds, 0 to 3600. */
  readonly ttl: number;
  /** Seconds, 0 to 3600. */
  readonly negativeTtl: number;
  readonly pods: PodMode;
  readonly endpointPodNames: boolean;
  readonly noEndpoints: boolean;
  readonly ignoreEmptyService: boolean;
  /** The only namespaces that are served; all where it is empty. */
  readonly namespaces: readonly string[];
  /** Label selectors as the Kubernetes API has them; empty for all. */
  readonly namespaceLabels: string;
  readonly labels: string;
  readonly responders: number | 'auto';
  readonly io: IoMode;
  readonly lameduckMs: number;
  /** Folder for what survives a restart; empty for none. */
  readonly stateDir: string;
  readonly log: { readonly level: LogLevel };
}

export interface SocketAddress {
  readonly address: string;
  /** 0 to 65535; 0 is any free one. */
  readonly port: number;
}

export const POD_MODES = ['disabled', 'insecure', 'verified'] as const;
export type PodMode = (typeof POD_MODES)[number];

export const IO_MODES = ['auto', 'batch', 'dgram'] as const;
export type IoMode = (typeof IO_MODES)[number];

/** What only whoever wrote the configuration can mend; every mistake at once. */
export class ConfigurationError extends Error {
  readonly code = 'ERR_CONFIGURATION';
  override readonly name = 'ConfigurationError';
  /** A line each: where, what was expected, what was found. */
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'));
    this.mistakes = mistakes;
  }
}
