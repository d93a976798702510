/**
 * The configuration as every thread sees it: checked, complete, frozen, in the units that are computed with, and
 * plain data, so that it can be handed over. The file's own form is in `schema.ts`, which only the command that
 * reads it loads.
 */

export interface Configuration {
  /** Where queries are answered, over UDP and TCP; at least one, and none covers another. */
  readonly listen: readonly SocketAddress[];
  /** Where /health, /ready and /metrics are served. */
  readonly http: SocketAddress;
  readonly source: SourceConfiguration;
  /**
   * Cluster domains, in lower case without the final dot; at least one, none at or below another. The first one is
   * where PTR records point.
   */
  readonly zones: readonly string[];
  /** Further reverse zones in which a missing name is NXDOMAIN, in the same form. */
  readonly reverseZones: readonly string[];
  /** Prefixes of virtual IPs, such as `10.96.0.0/12`; none overlaps another. */
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
  /** Label selectors that `parseLabelSelector()` takes; empty for all. Empty where `namespaces` is not. */
  readonly namespaceLabels: string;
  readonly labels: string;
  /** 1 to 16. */
  readonly responders: number | 'auto';
  readonly io: IoMode;
  /** Milliseconds, at most a day. */
  readonly lameduckMs: number;
  /** Folder for what survives a restart; empty for none. */
  readonly stateDir: string;
  readonly log: { readonly level: (typeof LOG_LEVELS)[number] };
  /** Where names outside the zones are asked for, the longest match of `zones` first; empty for nowhere. */
  readonly forward: readonly ForwardConfiguration[];
  readonly cache: CacheConfiguration;
  /** Names outside the zones with addresses of their own; no name stands twice. */
  readonly hosts: readonly HostConfiguration[];
  /** Names outside the zones that are answered as others; what a rule gives, none rewrites again. */
  readonly rewrite: readonly RewriteConfiguration[];
  /** NODATA for AAAA outside the zones. */
  readonly filterAaaa: boolean;
}

export interface ForwardConfiguration {
  /** In lower case without the final dot, the root as ''; at least one, and none in another forward. */
  readonly zones: readonly string[];
  /** At least one, none twice. */
  readonly upstreams: readonly UpstreamConfiguration[];
  readonly policy: ForwardPolicy;
}

export const FORWARD_POLICIES = ['fastest', 'random', 'roundRobin', 'sequential'] as const;
export type ForwardPolicy = (typeof FORWARD_POLICIES)[number];

export type UpstreamConfiguration = UpstreamServer | UpstreamFile;

export interface UpstreamServer extends SocketAddress {
  readonly kind: 'server';
  readonly transport: Transport;
  /** Name or IP address that the certificate of a tls upstream has to hold; '' for others. */
  readonly serverName: string;
}

/** Every nameserver of a resolv.conf, over UDP on port 53. */
export interface UpstreamFile {
  readonly kind: 'resolvConf';
  /** Absolute. */
  readonly path: string;
}

export const TRANSPORTS = ['udp', 'tcp', 'tls'] as const;
export type Transport = (typeof TRANSPORTS)[number];

export interface CacheConfiguration {
  /** Most answers that are held, 1 to 1,000,000. */
  readonly entries: number;
  /** Most memory for them, 4 MiB to 1 GiB. */
  readonly bytes: number;
  /** Longest time that a positive answer is kept, 0 to a day; so with the next two. */
  readonly maxTtlSeconds: number;
  readonly negativeMaxTtlSeconds: number;
  /** How long an answer may be given past its time while upstreams fail; 0 for never. */
  readonly serveStaleSeconds: number;
  /** Ask again shortly before the time of an answer ends that is often asked for. */
  readonly prefetch: boolean;
}

export interface HostConfiguration {
  /** In lower case without the final dot. */
  readonly name: string;
  /** In canonical form; at least one, none twice. */
  readonly addresses: readonly string[];
}

/** Both exact names, or both `*.suffix`, which is every name below the suffix; in lower case, no final dot. */
export interface RewriteConfiguration {
  readonly from: string;
  readonly to: string;
}

/** One of the two. */
export interface SourceConfiguration {
  /** Folders, relative to the working directory; none where `kubernetes` is there. */
  readonly manifests: readonly string[];
  readonly kubernetes: KubernetesConfiguration | null;
}

export interface KubernetesConfiguration {
  /** Path of the file; empty for the service account of the Pod that this runs in. */
  readonly kubeconfig: string;
  /** Name of a context in it; empty for the current one. */
  readonly context: string;
}

export interface SocketAddress {
  /** In canonical form, so that equal ones have equal text. */
  readonly address: string;
  /** 0 to 65535; 0 is any free one. */
  readonly port: number;
}

export const POD_MODES = ['disabled', 'insecure', 'verified'] as const;
export type PodMode = (typeof POD_MODES)[number];

export const IO_MODES = ['auto', 'batch', 'dgram'] as const;
export type IoMode = (typeof IO_MODES)[number];

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

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
