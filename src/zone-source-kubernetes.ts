/** The Kubernetes API as the zone thread's source. */
import type { KubernetesConfiguration } from './config/configuration.ts';
import { createInClusterAccess } from './source/kubernetes/api-access.ts';
import { SYSTEM_CLOCK } from './source/kubernetes/clock.ts';
import type { WatchedKind } from './source/kubernetes/codec.ts';
import { createKubeconfigAccess } from './source/kubernetes/kubeconfig-access.ts';
import { KubernetesSource } from './source/kubernetes/kubernetes-source.ts';
import { keyOf } from './source/resources.ts';
import { sourceGauges } from './source-gauges.ts';
import type { ZoneSource, ZoneSourceOptions } from './zone-source.ts';

/** Follows the cluster that the configuration names. */
export function followCluster(
  { kubeconfig, context }: KubernetesConfiguration,
  { configuration, store, servedSince, mayRestore, onChange, onLog }: ZoneSourceOptions,
): ZoneSource {
  const { namespaces, namespaceLabels, labels, pods, endpointPodNames } = configuration;
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
    servedSince,
    mayRestore,
    needed: {
      labels: labels !== '',
      // The cluster's controller has read it, and writes slices.
      selection: false,
      podNames: endpointPodNames,
      podDetails: false,
    },
    onChange,
    onEvent: onLog,
  });
  const kindsOfServices: WatchedKind[] = ['Service', 'EndpointSlice'];
  // Its Namespace decides whether a Service is served.
  if (namespaceLabels !== '') kindsOfServices.push('Namespace');
  return {
    start: () => source.start(),
    stop: () => void source.stop(),
    get isComplete() {
      return source.isComplete;
    },
    get areServicesKnown() {
      return source.haveSynced(kindsOfServices);
    },
    get isStale() {
      return source.staleSince !== undefined;
    },
    get lists() {
      return source.statuses.reduce((sum, { lists }) => sum + lists, 0);
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
