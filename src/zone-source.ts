/**
 * Where the zone thread's objects come from: manifests or the Kubernetes API, as the configuration says, with one
 * face to both.
 */
import type { Configuration } from './config/configuration.ts';
import type { LogEvent } from './monitoring/log-event.ts';
import type { ZoneGauge } from './monitoring/zone-gauges.ts';
import { ManifestSource } from './source/manifests/manifest-source.ts';
import { formatProblem } from './source/manifests/problem.ts';
import type { VipMemory } from './source/manifests/vip-allocator.ts';
import type { EndpointGroup, Service } from './source/resources.ts';
import { endpointsFor } from './source/service-endpoints.ts';
import type { Store } from './source/store.ts';

export interface ZoneSource {
  /** Throws ManifestFolderError where there is nothing to be had. */
  start(): void;
  stop(): void;
  /** Whether what is not in the store does not exist. */
  readonly isComplete: boolean;
  /** Whether that holds of Services, their endpoints, and what decides about them; which is so no later. */
  readonly areServicesKnown: boolean;
  /** Whether what is in the store was everything in an earlier run. */
  readonly isStale: boolean;
  /** Lists of the API server that have ended; each leaves garbage, whether it has changed anything or not. */
  readonly lists: number;
  /** Mistakes in objects that stand at present. */
  readonly problems: number;
  readonly gauges: Partial<Readonly<Record<ZoneGauge, number>>>;
  endpointsOf(service: Service): readonly EndpointGroup[];
}

export interface ZoneSourceOptions {
  readonly configuration: Configuration;
  /** Takes the objects. */
  readonly store: Store;
  /** Since when what an earlier run has held is served, in milliseconds since the epoch; undefined where none is. */
  readonly servedSince: number | undefined;
  /** Whether objects of an earlier run may be served where that is not so. */
  readonly mayRestore: boolean;
  /** Virtual IPs that a predecessor gave out. */
  readonly vips: VipMemory | undefined;
  readonly onVips: (vips: VipMemory) => void;
  /** Called when changes are in the store. */
  readonly onChange: () => void;
  readonly onLog: (event: LogEvent) => void;
}

/** Loads TLS and what else a cluster needs, which takes a tenth of a second and 3 MB. */
export function loadClusterSource(): Promise<typeof import('./zone-source-kubernetes.ts')> {
  return import('./zone-source-kubernetes.ts');
}

export async function createZoneSource(options: ZoneSourceOptions): Promise<ZoneSource> {
  const { kubernetes } = options.configuration.source;
  if (kubernetes === null) return fromManifests(options);
  const { followCluster } = await loadClusterSource();
  return followCluster(kubernetes, options);
}

function fromManifests(options: ZoneSourceOptions): ZoneSource {
  const { configuration, store, vips, onVips, onChange, onLog } = options;
  let isComplete = false;
  const source = new ManifestSource({
    folders: configuration.source.manifests,
    serviceCidr: configuration.serviceCidr,
    stateDir: configuration.stateDir,
    store,
    ...(vips && { remembered: vips }),
    onVips,
    onChange,
    onProblem: (problem) => {
      const fields = { code: 'ERR_MANIFEST' };
      onLog({ level: 'warn', message: formatProblem(problem), fields });
    },
  });
  return {
    start() {
      source.start();
      isComplete = true;
      onChange();
    },
    stop: () => source.stop(),
    get isComplete() {
      return isComplete;
    },
    get areServicesKnown() {
      return isComplete;
    },
    isStale: false,
    lists: 0,
    get problems() {
      return source.problems.length;
    },
    get gauges() {
      return { manifestFiles: source.fileCount, manifestProblems: source.problems.length };
    },
    endpointsOf: (service) => endpointsFor(store, service),
  };
}
