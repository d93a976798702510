/** The resources that are read: where the API server has them, and what a role has to allow. */
import type { WatchedKind } from './codec.ts';

export interface ApiResource {
  readonly kind: WatchedKind;
  /** Empty for the core group. */
  readonly apiGroup: string;
  /** As it stands in paths and roles. */
  readonly plural: string;
  /** Whether the metadata is all that is served, and all that is asked for. */
  readonly isMetadataOnly: boolean;
  /** Leaves out what is never served. */
  readonly fieldSelector: string;
}

export const API_RESOURCES: Readonly<Record<WatchedKind, ApiResource>> = {
  Service: resource('Service', 'services'),
  EndpointSlice: {
    ...resource('EndpointSlice', 'endpointslices'),
    apiGroup: 'discovery.k8s.io',
  },
  Namespace: { ...resource('Namespace', 'namespaces'), isMetadataOnly: true },
  Pod: {
    ...resource('Pod', 'pods'),
    fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed',
  },
};

/** Gives the path of a resource in one namespace, or in all where that is empty. */
export function pathOf({ apiGroup, plural }: ApiResource, namespace: string): string {
  const root = apiGroup === '' ? '/api/v1' : `/apis/${apiGroup}/v1`;
  return namespace === '' ? `${root}/${plural}` : `${root}/namespaces/${namespace}/${plural}`;
}

/** Writes the rule that a role needs, as it stands in YAML. */
export function ruleOf({ apiGroup, plural }: ApiResource): string {
  return `{apiGroups: ["${apiGroup}"], resources: ["${plural}"], verbs: ["list", "watch"]}`;
}

function resource(kind: WatchedKind, plural: string): ApiResource {
  return { kind, apiGroup: '', plural, isMetadataOnly: false, fieldSelector: '' };
}
