/**
 * Where the zone thread's objects come from: manifests or the Kubernetes API, as the configuration says, with one
 * face to both.
 */
import type { Configuration, KubernetesConfiguration } from './config/configuration.ts';
import type { LogEvent } from './monitoring/log-event.ts';
import type { ZoneGauge } from './monitoring/zone-gauges.ts';
import { createInClusterAccess } from './source/kubernetes/api-access.ts';
import { SYSTEM_CLOCK } from './source/kubernetes/clock.ts';
import { createKubeconfigAccess } from './source/kubernetes/kubeconfig-access.ts';
import { KubernetesSource } from './source/kubernetes/kubernetes-source.ts';
import { ManifestSource } from './source/manifests/manifest-source.ts';
import { formatProblem } from './source/manifests/problem.ts';
import type { VipMemory } from './source/manifests/vip-allocator.ts';
import { type EndpointGroup, keyOf, type Service } from './source/resources.ts';
import { endpointsFor } from './source/service-endpoints.ts';
import type { Store } from './source/store.ts';
import { sourceGauges } from './source-gauges.ts';

export interface ZoneSource {
  /** Throws ManifestFolderError where there is nothing to be had. */
  start(): void;
  stop(): void;
  /** Whether what is not in the store does not exist. */
  readonly isComplete: boolean;
  /** Whether what is in the store was everything in an earlier run. */
  readonly isStale: boolean;
  /** Mistakes in objects that stand at present. */
  readonly problems: number;
  readonly gauges: Partial<Readonly<Record<ZoneGauge, number>>>;
  endpointsOf(service: Service): readonly EndpointGroup[];
}

export interface ZoneSourceOptions {
  readonly configuration: Configuration;
  /** Takes the objects. */
  readonly store: Store;
  /** Virtual IPs that a predecessor gave out. */
  readonly vips: VipMemory | undefined;
  readonly onVips: (vips: VipMemory) => void;
  /** Called when changes are in the store. */
  readonly onChange: () => void;
  readonly onLog: (event: LogEvent) => void;
}

export function createZoneSource(options: ZoneSourceOptions): ZoneSource {
  const { kubernetes } = options.configuration.source;
  return kubernetes === null ? fromManifests(options) : fromKubernetes(kubernetes, options);
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
    isStale: false,
    get problems() {
      return source.problems.length;
    },
    get gauges() {
      return { manifestFiles: source.fileCount, manifestProblems: source.problems.length };
    },
    endpointsOf: (service) => endpointsFor(store, service),
  };
}

function fromKubernetes(
  { kubeconfig, context }: KubernetesConfiguration,
  { configuration, store, onChange, onLog }: ZoneSourceOptions,
): ZoneSource {
  const { namespaces, labels, pods } = configuration;
  const source = new KubernetesSource({
    readAccess:
      kubeconfig === ''
        ? createInClusterAccess()
        : createKubeconfigAccess({ file: kubeconfig, context, clock: SYSTEM_CLOCK }),
    store,
    namespaces,
    labels,
    needsPods: pods === 'verified',
    stateDir: configuration.stateDir,
    cluster: `${kubeconfig} ${context}`,
    onChange,
    onEvent: onLog,
  });
  return {
    start: () => source.start(),
    stop: () => void source.stop(),
    get isComplete() {
      return source.isComplete;
    },
    get isStale() {
      return source.staleSince !== undefined;
    },
    problems: 0,
    get gauges() {
      const apiStaleSinceSeconds = (source.staleSince ?? 0) / 1000;
      return { ...sourceGauges(source.statuses), apiStaleSinceSeconds };
    },
    // The cluster's controller writes slices for every Service with a selector.
    endpointsOf: (service) => store.slicesOf(keyOf(service)),
  };
}
