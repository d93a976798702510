/**
 * The objects that are served, whatever source they come from, and what may answer differently since they
 * were last looked at. In: objects put and removed, one at a time; out: lookups by key and by relation,
 * and a set of changes for each batch.
 *
 * Objects are immutable and shared with those who ask: a change is a new object in the old one's place.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  type EndpointSlice,
  type Endpoints,
  type Kind,
  keyOf,
  type Labels,
  type Namespace,
  type ObjectKey,
  type Pod,
  type Resource,
  resourceKey,
  type Service,
} from './resources.ts';

/** What may answer differently than before; the state itself is in the store. */
export interface Changes {
  readonly services: ReadonlySet<ObjectKey>;
  /** Namespaces that came to exist, or ceased to, or whose labels changed. */
  readonly namespaces: ReadonlySet<string>;
  /** Addresses whose Pods are no longer the same. */
  readonly podIps: ReadonlySet<string>;
}

export interface StoreOptions {
  /** Objects that it does not take are as good as not there; all are taken where it is missing. */
  readonly accepts?: (resource: Resource) => boolean;
}

export class Store {
  readonly #accepts: (resource: Resource) => boolean;
  readonly #services = new Map<ObjectKey, Service>();
  readonly #slices = new Map<ObjectKey, EndpointSlice>();
  readonly #endpoints = new Map<ObjectKey, Endpoints>();
  readonly #pods = new Map<ObjectKey, Pod>();
  readonly #namespaces = new Map<string, Namespace>();

  /** Every held slice with a Service's label stands in the list of that Service, once. */
  readonly #slicesByService = new Map<ObjectKey, EndpointSlice[]>();
  readonly #podsByNamespace = new Map<string, Set<Pod>>();
  /** A list only where an address has several, as on one host: lists of one would take as much again. */
  readonly #podsByIp = new Map<string, Pod | Pod[]>();
  /** Services whose endpoints are Pods: with a selector, without slices and Endpoints. */
  readonly #podServices = new Map<string, Set<Service>>();
  /** Number of objects that make a namespace exist: its own and those in it. */
  readonly #objectsOfNamespace = new Map<string, number>();

  #changedServices = new Set<ObjectKey>();
  /** Whether each namespace existed when it first changed: one that comes and goes has not changed. */
  #namespacesBefore = new Map<string, boolean>();
  #changedPodIps = new Set<string>();
  /** Labels of each namespace when its own object first changed. */
  #labelsBefore = new Map<string, Labels>();

  constructor({ accepts = () => true }: StoreOptions = {}) {
    this.#accepts = accepts;
  }

  /** Takes an object in the place of the one with its kind and `resourceKey()`; an equal one changes nothing. */
  put(resource: Resource, key: ObjectKey = resourceKey(resource)): void {
    const map: Map<ObjectKey, Resource> = this.#mapOf(resource.kind);
    const before = map.get(key);
    if (!this.#accepts(resource)) {
      this.remove(resource.kind, key);
      return;
    }
    if (before !== undefined && isDeepStrictEqual(before, resource)) return;
    map.set(key, resource);
    this.#replace(before, resource);
  }

  /** Forgets an object; one that is not held changes nothing. */
  remove(kind: Kind, key: ObjectKey): void {
    const map: Map<ObjectKey, Resource> = this.#mapOf(kind);
    const before = map.get(key);
    if (before === undefined) return;
    map.delete(key);
    this.#replace(before, undefined);
  }

  /** Gives what changed since the last call, and begins anew. */
  takeChanges(): Changes {
    const namespaces = new Set<string>();
    for (const [name, labels] of this.#labelsBefore) {
      if (!isDeepStrictEqual(this.labelsOfNamespace(name), labels)) namespaces.add(name);
    }
    for (const [name, existed] of this.#namespacesBefore) {
      if (this.hasNamespace(name) !== existed) namespaces.add(name);
    }
    const changes = { services: this.#changedServices, namespaces, podIps: this.#changedPodIps };
    this.#changedServices = new Set();
    this.#namespacesBefore = new Map();
    this.#labelsBefore = new Map();
    this.#changedPodIps = new Set();
    return changes;
  }

  /** Gives every object that is held. */
  *resources(): Iterable<Resource> {
    for (const map of [
      this.#namespaces,
      this.#services,
      this.#slices,
      this.#endpoints,
      this.#pods,
    ]) {
      yield* map.values();
    }
  }

  service(key: ObjectKey): Service | undefined {
    return this.#services.get(key);
  }

  services(): Iterable<Service> {
    return this.#services.values();
  }

  get serviceCount(): number {
    return this.#services.size;
  }

  /** Gives the slices that name a Service in their label, whether that is held or not. */
  slicesOf(serviceKey: ObjectKey): readonly EndpointSlice[] {
    return this.#slicesByService.get(serviceKey) ?? [];
  }

  endpointsOf(serviceKey: ObjectKey): Endpoints | undefined {
    return this.#endpoints.get(serviceKey);
  }

  /** Gives the Pods that a Service selects, gone ones among them; none where it has no selector. */
  podsSelectedBy(service: Service): Pod[] {
    const pods: Pod[] = [];
    for (const pod of this.#podsByNamespace.get(service.namespace) ?? []) {
      if (selects(service, pod)) pods.push(pod);
    }
    return pods;
  }

  /** Gives the Pods of a namespace. */
  podsIn(namespace: string): Iterable<Pod> {
    return this.#podsByNamespace.get(namespace) ?? [];
  }

  /** Gives the Pods with an address in the text form that they are written in; several on one host. */
  podsByIp(address: string): readonly Pod[] {
    const pods = this.#podsByIp.get(address) ?? [];
    return Array.isArray(pods) ? pods : [pods];
  }

  get namespaceCount(): number {
    return this.#objectsOfNamespace.size;
  }

  /** Gives the names of all namespaces that exist. */
  namespaces(): Iterable<string> {
    return this.#objectsOfNamespace.keys();
  }

  /** Gives the labels of a namespace; none where its own object is not held. */
  labelsOfNamespace(name: string): Labels {
    return this.#namespaces.get(name)?.labels ?? {};
  }

  /** Tells whether a namespace exists: its Namespace object is held, or any object in it. */
  hasNamespace(name: string): boolean {
    return this.#objectsOfNamespace.has(name);
  }

  #mapOf(kind: Kind): Map<ObjectKey, Resource> {
    // Each map holds one kind only: put() and remove() take the map of the object's own kind.
    switch (kind) {
      case 'Service':
        return this.#services;
      case 'EndpointSlice':
        return this.#slices;
      case 'Endpoints':
        return this.#endpoints;
      case 'Pod':
        return this.#pods;
      case 'Namespace':
        return this.#namespaces;
    }
  }

  /** Brings the indexes and the changes up to date after an object took another's place in its map. */
  #replace(before: Resource | undefined, after: Resource | undefined): void {
    const namespace = before ?? after;
    if (namespace?.kind === 'Namespace' && !this.#labelsBefore.has(namespace.name)) {
      this.#labelsBefore.set(namespace.name, before?.kind === 'Namespace' ? before.labels : {});
    }
    if (before !== undefined) this.#unlink(before);
    if (after !== undefined) this.#link(after);
  }

  #link(resource: Resource): void {
    this.#countObject(namespaceOf(resource), 1);
    switch (resource.kind) {
      case 'Service':
        this.#changedServices.add(keyOf(resource));
        this.#settleOrigin(keyOf(resource));
        break;
      case 'EndpointSlice':
        this.#linkSlice(resource);
        break;
      case 'Endpoints':
        this.#changeService(keyOf(resource));
        break;
      case 'Pod':
        this.#linkPod(resource);
        break;
      case 'Namespace':
        break;
    }
  }

  #unlink(resource: Resource): void {
    this.#countObject(namespaceOf(resource), -1);
    switch (resource.kind) {
      case 'Service':
        this.#changedServices.add(keyOf(resource));
        removeFrom(this.#podServices, { key: resource.namespace, item: resource });
        break;
      case 'EndpointSlice':
        this.#unlinkSlice(resource);
        break;
      case 'Endpoints':
        this.#changeService(keyOf(resource));
        break;
      case 'Pod':
        this.#unlinkPod(resource);
        break;
      case 'Namespace':
        break;
    }
  }

  #linkSlice(slice: EndpointSlice): void {
    if (slice.serviceName === '') return;
    const key = serviceKeyOf(slice);
    this.#slicesByService.set(key, [...this.slicesOf(key), slice]);
    this.#changeService(key);
  }

  #unlinkSlice(slice: EndpointSlice): void {
    if (slice.serviceName === '') return;
    const key = serviceKeyOf(slice);
    const rest = this.slicesOf(key).filter((other) => other !== slice);
    if (rest.length === 0) this.#slicesByService.delete(key);
    else this.#slicesByService.set(key, rest);
    this.#changeService(key);
  }

  #linkPod(pod: Pod): void {
    addTo(this.#podsByNamespace, { key: pod.namespace, item: pod });
    for (const ip of pod.ips) {
      const others = this.podsByIp(ip);
      this.#podsByIp.set(ip, others.length === 0 ? pod : [...others, pod]);
      this.#changedPodIps.add(ip);
    }
    this.#changeServicesOfPod(pod);
  }

  #unlinkPod(pod: Pod): void {
    removeFrom(this.#podsByNamespace, { key: pod.namespace, item: pod });
    for (const ip of pod.ips) {
      const rest = this.podsByIp(ip).filter((other) => other !== pod);
      if (rest.length === 0) this.#podsByIp.delete(ip);
      else this.#podsByIp.set(ip, rest.length === 1 ? rest[0] : rest);
      this.#changedPodIps.add(ip);
    }
    this.#changeServicesOfPod(pod);
  }

  #changeServicesOfPod(pod: Pod): void {
    for (const service of this.#podServices.get(pod.namespace) ?? []) {
      if (selects(service, pod)) this.#changedServices.add(keyOf(service));
    }
  }

  /** Notes that endpoints of a Service changed, which also may change where they come from. */
  #changeService(key: ObjectKey): void {
    if (!this.#services.has(key)) return;
    this.#changedServices.add(key);
    this.#settleOrigin(key);
  }

  #settleOrigin(key: ObjectKey): void {
    const service = this.#services.get(key);
    if (service === undefined) return;
    const entry = { key: service.namespace, item: service };
    const hasOthers = this.slicesOf(key).length > 0 || this.#endpoints.has(key);
    if (hasOthers || !hasSelector(service)) removeFrom(this.#podServices, entry);
    else addTo(this.#podServices, entry);
  }

  #countObject(namespace: string, change: 1 | -1): void {
    const before = this.#objectsOfNamespace.get(namespace) ?? 0;
    if (!this.#namespacesBefore.has(namespace)) this.#namespacesBefore.set(namespace, before > 0);
    if (before + change === 0) this.#objectsOfNamespace.delete(namespace);
    else this.#objectsOfNamespace.set(namespace, before + change);
  }
}

function serviceKeyOf(slice: EndpointSlice): ObjectKey {
  return keyOf({ namespace: slice.namespace, name: slice.serviceName });
}

function namespaceOf(resource: Resource): string {
  return resource.kind === 'Namespace' ? resource.name : resource.namespace;
}

function hasSelector(service: Service): boolean {
  for (const _ in service.selector) return true;
  return false;
}

function selects(service: Service, pod: Pod): boolean {
  if (service.namespace !== pod.namespace || !hasSelector(service)) return false;
  for (const label in service.selector) {
    if (pod.labels[label] !== service.selector[label]) return false;
  }
  return true;
}

function addTo<T>(sets: Map<string, Set<T>>, { key, item }: { key: string; item: T }): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([item]));
  else set.add(item);
}

function removeFrom<T>(sets: Map<string, Set<T>>, { key, item }: { key: string; item: T }): void {
  const set = sets.get(key);
  set?.delete(item);
  if (set?.size === 0) sets.delete(key);
}
