/**
 * Which objects are served: those of some namespaces, and those with some labels. What a source can ask the API
 * server for, it has to leave out itself where there is none.
 */
import type { Labels, Resource } from './resources.ts';

export interface SelectionOptions {
  /** The only namespaces that are served; all where it is empty. */
  readonly namespaces: readonly string[];
  /** Tells whether the labels of a Service, EndpointSlice or Pod let it count. */
  readonly matchesLabels: (labels: Labels) => boolean;
}

/** Gives the function that tells whether an object is served. */
export function createSelection(options: SelectionOptions): (resource: Resource) => boolean {
  const namespaces = new Set(options.namespaces);
  return (resource) => {
    const namespace = resource.kind === 'Namespace' ? resource.name : resource.namespace;
    if (namespaces.size > 0 && !namespaces.has(namespace)) return false;
    switch (resource.kind) {
      case 'Service':
      case 'EndpointSlice':
      case 'Pod':
        return options.matchesLabels(resource.labels);
      case 'Namespace':
      case 'Endpoints':
        return true;
    }
  };
}
