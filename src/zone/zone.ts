/**
 * Keeps the table in step with the objects: a Service is compiled when it changes, never when it is asked
 * for. In: a Service with its endpoints, namespaces that come and go; out: records of the table.
 *
 * A name is published before what refers to it, and withdrawn after: endpoints, then the Service, then its
 * ports, then pointers; and back.
 */
import { childName, nameKey } from '../dns/name.ts';
import type { ObjectKey } from '../source/resources.ts';
import { MAX_VALUE_BYTES } from '../table/layout.ts';
import type { TableWriter } from '../table/table-writer.ts';
import { apexNodes } from './apex-nodes.ts';
import { type Host, hostNodes } from './host-nodes.ts';
import { NameServers } from './name-servers.ts';
import { encodeNode, type Node } from './node.ts';
import { podNodes } from './pod-nodes.ts';
import { ReverseZone } from './reverse-zone.ts';
import {
  compileService,
  type Pointer,
  type ServiceInput,
  type ServiceNodes,
} from './service-nodes.ts';
import type { ZoneStatus } from './status.ts';
import type { ServedZone } from './zone-set.ts';

export interface ZoneOptions {
  readonly table: TableWriter;
  readonly status: ZoneStatus;
  readonly zones: readonly ServedZone[];
  /** Seconds, 0 to 3600. */
  readonly ttl: number;
  readonly endpointPodNames: boolean;
  readonly ignoreEmptyService: boolean;
  readonly noEndpoints: boolean;
  /** This server's own addresses: for `ns.dns.<domain>`, and to know the Services that lead here. */
  readonly addresses: readonly Uint8Array[];
  /** Names outside the zones; none by default. */
  readonly hosts?: readonly Host[];
  /** Most names that one address points to; default 1000. */
  readonly maxPointers?: number;
  /** Seconds since the epoch, for serials. */
  readonly now: () => number;
}

export class Zone {
  readonly #options: ZoneOptions;
  readonly #table: TableWriter;
  readonly #reverse: ReverseZone;
  /** What each Service was compiled from: compiled again, it names the nodes to withdraw. */
  readonly #inputs = new Map<ObjectKey, ServiceInput>();
  /** Whether each namespace exists by itself, and how many Services have names in it. */
  readonly #namespaces = new Map<string, { exists: boolean; services: number }>();
  /** Services that lead to this very server. */
  readonly #nameServers: NameServers;
  readonly #podNamespaces = new Map<string, readonly string[]>();
  #isChanged = false;
  #changedAt = 0;
  #refused = 0;
  #endpoints = 0;

  constructor(options: ZoneOptions) {
    this.#options = options;
    this.#table = options.table;
    this.#reverse = new ReverseZone(options);
    this.#nameServers = new NameServers(options.addresses);
    this.#publishApexes();
    this.#publish(hostNodes(options.hosts ?? [], options.ttl));
    this.commit();
  }

  /** Takes a Service's present state; undefined withdraws it. */
  setService(key: ObjectKey, input: ServiceInput | undefined): void {
    const before = this.#inputs.get(key);
    const old = this.#compile(before);
    const next = this.#compile(input);
    this.#endpoints += countEndpoints(input) - countEndpoints(before);
    if (input === undefined) this.#inputs.delete(key);
    else this.#inputs.set(key, input);
    const namespace = key.slice(0, key.indexOf('/'));
    if (old.nodes.length === 0 && next.nodes.length > 0) this.#countServices(namespace, 1);
    this.#publish(next.nodes);
    this.#addPointers(next.pointers);
    this.#removePointers(old.pointers, next.pointers);
    this.#withdraw(old.nodes, next.nodes);
    if (old.nodes.length > 0 && next.nodes.length === 0) this.#countServices(namespace, -1);
    const isNamed = next.nodes.length > 0;
    if (this.#nameServers.note(key, isNamed ? input : undefined)) this.#publishApexes();
  }

  /** Says in which namespaces a Pod has this address, for `pods: verified`. */
  setPodAddress(ip: string, namespaces: ReadonlySet<string>): void {
    const before = this.#podNamespaces.get(ip) ?? [];
    for (const namespace of namespaces) this.#publish(podNodes({ ip, namespace }, this.#options));
    for (const namespace of before) {
      if (!namespaces.has(namespace))
        this.#withdraw(podNodes({ ip, namespace }, this.#options), []);
    }
    if (namespaces.size === 0) this.#podNamespaces.delete(ip);
    else this.#podNamespaces.set(ip, [...namespaces]);
  }

  /** Says whether a namespace exists; while it has Services its name exists in any case. */
  setNamespace(name: string, exists: boolean): void {
    this.#updateNamespace(name, { exists, change: 0 });
  }

  /** Ends a batch of changes: the serial moves where anything did. RFC 1982 section 3.2 */
  commit(): void {
    this.#table.reclaim();
    if (!this.#isChanged) return;
    const { status, now } = this.#options;
    this.#changedAt = now();
    status.serial = Math.max(this.#changedAt, status.serial + 1);
    this.#isChanged = false;
  }

  /** Seconds since the epoch at which an answer changed last. */
  get changedAt(): number {
    return this.#changedAt;
  }

  /** Endpoints of all Services, ready or not. */
  get endpoints(): number {
    return this.#endpoints;
  }

  /** Records that the table had no room for since the start: names that are missing, or out of date. */
  get refused(): number {
    return this.#refused + this.#reverse.refused;
  }

  #compile(input: ServiceInput | undefined): ServiceNodes {
    if (input === undefined) return { nodes: [], pointers: [] };
    const domains = this.#options.zones.flatMap((zone, index) =>
      zone.isReverse
        ? []
        : [compileService(input, { ...this.#options, domain: zone.apex, zone: index })],
    );
    return { nodes: domains.flatMap(({ nodes }) => nodes), pointers: domains[0].pointers };
  }

  #publishApexes(): void {
    const { zones, ttl } = this.#options;
    for (const [index, zone] of zones.entries()) {
      const nameServers = this.#nameServers.names(zone.domain);
      const addresses = this.#nameServers.addresses();
      this.#publish(apexNodes(zone, index, { ttl, nameServers, addresses }));
    }
  }

  #publish(nodes: readonly Node[]): void {
    for (const node of nodes) this.#set(node);
  }

  #set(node: Node): void {
    const before = this.#table.changes;
    const value = encodeNode(node);
    const isHeld = value.length <= MAX_VALUE_BYTES && this.#table.set(node.owner, value) !== 0;
    if (!isHeld) this.#refused++;
    if (this.#table.changes !== before) this.#isChanged = true;
  }

  #addPointers(pointers: readonly Pointer[]): void {
    for (const pointer of pointers) {
      if (this.#reverse.add(pointer)) this.#isChanged = true;
    }
  }

  #removePointers(old: readonly Pointer[], next: readonly Pointer[]): void {
    if (old.length === 0) return;
    const kept = new Set(next.map(pointerKey));
    for (const pointer of old) {
      if (!kept.has(pointerKey(pointer)) && this.#reverse.remove(pointer)) this.#isChanged = true;
    }
  }

  #withdraw(old: readonly Node[], next: readonly Node[]): void {
    if (old.length === 0) return;
    const kept = new Set(next.map((node) => nameKey(node.owner)));
    for (const { owner } of old.toReversed()) {
      if (!kept.has(nameKey(owner)) && this.#table.delete(owner)) this.#isChanged = true;
    }
  }

  #countServices(namespace: string, change: 1 | -1): void {
    const exists = this.#namespaces.get(namespace)?.exists ?? false;
    this.#updateNamespace(namespace, { exists, change });
  }

  #updateNamespace(name: string, { exists, change }: { exists: boolean; change: number }): void {
    const before = this.#namespaces.get(name) ?? { exists: false, services: 0 };
    const after = { exists, services: before.services + change };
    const hasName = after.exists || after.services > 0;
    if (hasName) this.#namespaces.set(name, after);
    else this.#namespaces.delete(name);
    for (const node of this.#namespaceNodes(name)) {
      if (hasName) this.#set(node);
      else if (this.#table.delete(node.owner)) this.#isChanged = true;
    }
  }

  /** `<namespace>.svc` and `<namespace>.pod` of every domain: empty non-terminals. */
  #namespaceNodes(name: string): Node[] {
    return this.#options.zones.flatMap((zone, index) =>
      zone.isReverse
        ? []
        : ['svc', 'pod'].map((kind) => ({
            owner: childName(name, childName(kind, zone.apex)),
            zone: index,
            rrsets: [],
          })),
    );
  }
}

function countEndpoints(input: ServiceInput | undefined): number {
  return input?.groups.reduce((sum, { endpoints }) => sum + endpoints.length, 0) ?? 0;
}

function pointerKey({ address, target }: Pointer): string {
  return `${address.join()} ${nameKey(target)}`;
}
