/**
 * Keeps the table in step with the objects: a Service is compiled when it changes, never when it is asked
 * for. In: a Service with its endpoints, namespaces that come and go; out: records of the table.
 *
 * A name is published before what refers to it, and withdrawn after: endpoints, then the Service, then its
 * ports, then pointers; and back. But for endpoints that the Service's own node lists: they go with that, a moment
 * before what refers to them.
 */
import { IPV6_BYTES } from '../dns/address.ts';
import { TYPE } from '../dns/constants.ts';
import { childName, type WireName } from '../dns/name.ts';
import type { ObjectKey } from '../source/resources.ts';
import type { TableWriter } from '../table/table-writer.ts';
import { apexNodes } from './apex-nodes.ts';
import { EndpointRecords } from './endpoint-records.ts';
import { type Host, hostNodes } from './host-nodes.ts';
import { NameServers } from './name-servers.ts';
import { NamedEndpoints } from './named-endpoints.ts';
import { NODE_FLAG, type Node } from './node.ts';
import { podNodes } from './pod-nodes.ts';
import { ReverseZone } from './reverse-zone.ts';
import type { ServiceInput } from './service-input.ts';
import { externalTarget, serviceName } from './service-name.ts';
import { type OwnName, ServiceRecords } from './service-records.ts';
import type { ZoneStatus } from './status.ts';
import { ZoneRecords } from './zone-records.ts';
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
  /** Whether there may be names of Pods, which the names of their namespaces lie above. */
  readonly hasPodNames: boolean;
  /** This server's own addresses: for `ns.dns.<domain>`, and to know the Services that lead here. */
  readonly addresses: readonly Uint8Array[];
  /** Names outside the zones; none by default. */
  readonly hosts?: readonly Host[];
  /** Most names that one address points to; default 1000. */
  readonly maxPointers?: number;
  /** Seconds since the epoch, for serials. */
  readonly now: () => number;
}

/** A Service as it was, or as it is to be. */
interface Compiled {
  readonly input: ServiceInput | undefined;
  /** In each domain in which it has a name; none where it has none at all. */
  readonly names: readonly OwnName[];
  /** Those that have names. */
  readonly endpoints: NamedEndpoints;
  /** The Service itself with its virtual IPs; empty where it is headless, or an alias. */
  readonly virtual: NamedEndpoints;
}

export class Zone {
  readonly #options: ZoneOptions;
  readonly #records: ZoneRecords;
  readonly #reverse: ReverseZone;
  readonly #serviceRecords: ServiceRecords;
  readonly #endpointRecords: EndpointRecords;
  /** What each Service was compiled from: compiled again, it names the nodes to withdraw. */
  readonly #inputs = new Map<ObjectKey, ServiceInput>();
  /** Services that the table had no room for, in whole or in part. */
  readonly #unplaced = new Set<ObjectKey>();
  /** What the table used when it last had no room. */
  #fullBytes = 0;
  /** Those of the Service in hand. */
  readonly #oldEndpoints = new NamedEndpoints();
  readonly #nextEndpoints = new NamedEndpoints();
  /** The Service in hand itself. */
  readonly #oldVirtual = new NamedEndpoints();
  readonly #nextVirtual = new NamedEndpoints();
  readonly #none = new NamedEndpoints();
  /** Whether each namespace exists by itself, and how many Services have names in it. */
  readonly #namespaces = new Map<string, { exists: boolean; services: number }>();
  /** Services that lead to this very server. */
  readonly #nameServers: NameServers;
  /** By address; a list only where there are several. */
  readonly #podNamespaces = new Map<string, string | readonly string[]>();
  #committedChanges = 0;
  #changedAt = 0;
  #endpoints = 0;
  #impliedNames = 0;

  constructor(options: ZoneOptions) {
    this.#options = options;
    const { zones, ttl, maxPointers } = options;
    const records = new ZoneRecords(options.table);
    this.#records = records;
    this.#reverse = new ReverseZone({ records, zones, ttl, ...(maxPointers && { maxPointers }) });
    this.#serviceRecords = new ServiceRecords({ records, ttl });
    this.#endpointRecords = new EndpointRecords({ records, reverse: this.#reverse, ttl });
    this.#nameServers = new NameServers(options.addresses);
    this.#publishApexes();
    records.setAll(hostNodes(options.hosts ?? [], options.ttl));
    this.commit();
  }

  /** Takes a Service's present state; undefined withdraws it. */
  setService(key: ObjectKey, input: ServiceInput | undefined): void {
    const { refused } = this.#records;
    const old = this.#compile(this.#inputs.get(key), this.#oldEndpoints, this.#oldVirtual);
    const next = this.#compile(input, this.#nextEndpoints, this.#nextVirtual);
    this.#endpoints += this.#nextEndpoints.total - this.#oldEndpoints.total;
    this.#impliedNames += countImplied(next) - countImplied(old);
    if (input === undefined) this.#inputs.delete(key);
    else this.#inputs.set(key, input);
    const namespace = key.slice(0, key.indexOf('/'));
    const [wasNamed, isNamed] = [old.names.length > 0, next.names.length > 0];
    if (!wasNamed && isNamed) this.#countServices(namespace, 1);
    const onlyEndpoints = !this.#unplaced.has(key) && this.#differOnlyInEndpoints(old, next);
    this.#publish(next, onlyEndpoints);
    if (wasNamed) this.#withdraw(old, next, onlyEndpoints);
    if (wasNamed && !isNamed) this.#countServices(namespace, -1);
    const served = isNamed ? input?.service : undefined;
    if (this.#nameServers.note(key, served, this.#nextEndpoints)) this.#publishApexes();
    if (this.#records.refused === refused) {
      this.#unplaced.delete(key);
    } else {
      this.#unplaced.add(key);
      this.#fullBytes = this.#records.table.stats().usedBytes;
    }
  }

  /** Says in which namespaces a Pod has this address, for `pods: verified`. */
  setPodAddress(ip: string, namespaces: ReadonlySet<string>): void {
    const held = this.#podNamespaces.get(ip) ?? [];
    const before = typeof held === 'string' ? [held] : held;
    for (const namespace of namespaces) {
      this.#records.setAll(podNodes({ ip, namespace }, this.#options));
    }
    for (const namespace of before) {
      if (namespaces.has(namespace)) continue;
      for (const { owner } of podNodes({ ip, namespace }, this.#options)) {
        this.#records.table.delete(owner);
      }
    }
    if (namespaces.size === 0) this.#podNamespaces.delete(ip);
    else {
      const [first, ...others] = namespaces;
      this.#podNamespaces.set(ip, others.length === 0 ? first : [first, ...others]);
    }
  }

  /** Says whether a namespace exists; while it has Services its name exists in any case. */
  setNamespace(name: string, exists: boolean): void {
    this.#updateNamespace(name, { exists, change: 0 });
  }

  /** Says that all Services have been set: what an earlier run made addresses point to besides is gone. */
  dropRestoredPointers(): void {
    this.#reverse.dropRestored();
  }

  /** Ends a batch of changes: the serial moves where anything did. RFC 1982 section 3.2 */
  commit(): void {
    const { table } = this.#records;
    table.reclaim();
    this.#placeAgain();
    if (table.changes === this.#committedChanges) return;
    const { status, now } = this.#options;
    this.#changedAt = now();
    status.serial = Math.max(this.#changedAt, status.serial + 1);
    this.#committedChanges = table.changes;
  }

  /** Seconds since the epoch at which an answer changed last. */
  get changedAt(): number {
    return this.#changedAt;
  }

  /** Endpoints of all Services, ready or not. */
  get endpoints(): number {
    return this.#endpoints;
  }

  /** Names that exist: those with records, and those of endpoints that have none; unless the table is full. */
  get names(): number {
    return this.#records.table.stats().records + this.#impliedNames;
  }

  /** Records that the table had no room for since the start: names that are missing, or out of date. */
  get refused(): number {
    return this.#records.refused;
  }

  #compile(
    input: ServiceInput | undefined,
    endpoints: NamedEndpoints,
    virtual: NamedEndpoints,
  ): Compiled {
    const { noEndpoints, ignoreEmptyService, zones } = this.#options;
    endpoints.load(input, this.#options);
    const isAlias = input?.service.type === 'ExternalName';
    const named = noEndpoints || isAlias ? this.#none : endpoints;
    if (input === undefined || !this.#hasName(input, named)) {
      return { input, names: NO_NAMES, endpoints: this.#none, virtual: this.#none };
    }
    const isDecided = !isAlias && (input.service.headless || ignoreEmptyService);
    const flags = isDecided ? NODE_FLAG.decidedByEndpoints : 0;
    const names: OwnName[] = [];
    for (let zone = 0; zone < zones.length && !zones[zone].isReverse; zone++) {
      const name = serviceName(input.service, zones[zone].apex);
      if (name !== undefined) names.push({ name, zone, flags });
    }
    if (isAlias || input.service.headless) {
      return { input, names, endpoints: named, virtual: this.#none };
    }
    virtual.loadVirtual(input.service);
    return { input, names, endpoints: named, virtual };
  }

  /** An ExternalName needs a target, a headless Service an endpoint. */
  #hasName({ service }: ServiceInput, endpoints: NamedEndpoints): boolean {
    if (service.type === 'ExternalName') return externalTarget(service.externalName) !== undefined;
    return endpoints.count > 0 || !(service.headless || this.#options.ignoreEmptyService);
  }

  /** Whether only endpoints differ, on which the nodes of the ports of a Service with virtual IPs do not depend. */
  #differOnlyInEndpoints(old: Compiled, next: Compiled): boolean {
    const service = next.input?.service;
    const isSame = service !== undefined && service === old.input?.service;
    const areNamed = old.names.length > 0 && next.names.length > 0;
    return isSame && areNamed && !service.headless;
  }

  /** Places what the table had no room for, once it has some: until a Service changes, nobody else would. */
  #placeAgain(): void {
    const hasRoom = () => this.#records.table.stats().usedBytes + ENOUGH_BYTES <= this.#fullBytes;
    if (this.#unplaced.size === 0 || !hasRoom()) return;
    for (const key of [...this.#unplaced]) {
      this.setService(key, this.#inputs.get(key));
      if (this.#unplaced.has(key)) return;
    }
  }

  #publish(next: Compiled, onlyEndpoints: boolean): void {
    const { names, endpoints, virtual } = next;
    for (const own of names) this.#endpointRecords.publish(endpoints, own);
    for (const own of names) this.#publishService(next, own, onlyEndpoints);
    const own = this.#pointedTo(next);
    if (own === undefined) return;
    if (!onlyEndpoints && virtual.count > 0) {
      const { name, flags } = own;
      const { addresses, sizes, first, next } = virtual;
      for (let each = first[0]; each >= 0; each = next[each]) {
        this.#reverse.add(addresses, each * IPV6_BYTES, sizes[each], name, name.length, flags);
      }
    }
    this.#endpointRecords.point(endpoints, own.name);
  }

  #publishService(compiled: Compiled, own: OwnName, onlyEndpoints: boolean): void {
    const service = compiled.input?.service;
    if (service?.type !== 'ExternalName') {
      const [targets, records] = [targetsOf(compiled), this.#serviceRecords];
      if (onlyEndpoints) records.publishOwn(targets, compiled.endpoints, own);
      else records.publish(targets, compiled.endpoints, own);
      return;
    }
    const target = externalTarget(service.externalName);
    if (target === undefined) return;
    const rrset = { type: TYPE.CNAME, ttl: this.#options.ttl, rdatas: [target] };
    this.#records.set({ owner: own.name, zone: own.zone, rrsets: [rrset] });
  }

  /** As `#publish()`, the other way round. */
  #withdraw(old: Compiled, next: Compiled, onlyEndpoints: boolean): void {
    const target = this.#pointedTo(old)?.name;
    if (target !== undefined) {
      this.#endpointRecords.unpoint(old.endpoints, next.endpoints, target);
      if (!onlyEndpoints) this.#withdrawVirtual(old.virtual, next.virtual, target);
    }
    const nextTargets = next.names.length > 0 ? targetsOf(next) : undefined;
    for (const { name } of old.names) {
      if (!onlyEndpoints) this.#serviceRecords.withdraw(targetsOf(old), nextTargets, name);
      this.#endpointRecords.withdraw(old.endpoints, next.endpoints, name);
    }
  }

  #publishApexes(): void {
    const { zones, ttl } = this.#options;
    for (const [index, zone] of zones.entries()) {
      const nameServers = this.#nameServers.names(zone.domain);
      const addresses = this.#nameServers.addresses();
      this.#records.setAll(apexNodes(zone, index, { ttl, nameServers, addresses }));
    }
  }

  /** PTR records point into the first domain. */
  #pointedTo({ names }: Compiled): OwnName | undefined {
    return names[0]?.zone === 0 ? names[0] : undefined;
  }

  #withdrawVirtual(old: NamedEndpoints, next: NamedEndpoints, target: WireName): void {
    if (old.count === 0) return;
    for (let each = old.first[0]; each >= 0; each = old.next[each]) {
      if (next.count > 0 && next.nameHas(0, old, each)) continue;
      this.#reverse.remove({ address: old.addressAt(each), target });
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
    const hadName = before.exists || before.services > 0;
    if (hadName === hasName && this.#records.refused === 0) return;
    for (const node of this.#namespaceNodes(name)) {
      if (hasName) this.#records.set(node);
      else this.#records.table.delete(node.owner);
    }
  }

  /** `<namespace>.svc` of every domain, and `<namespace>.pod` where there are such: empty non-terminals. */
  #namespaceNodes(name: string): Node[] {
    const kinds = this.#options.hasPodNames ? ['svc', 'pod'] : ['svc'];
    return this.#options.zones.flatMap((zone, index) =>
      zone.isReverse
        ? []
        : kinds.map((kind) => ({
            owner: childName(name, childName(kind, zone.apex)),
            zone: index,
            rrsets: [],
          })),
    );
  }
}

/** Room after which it is worth trying to place what there was no room for. */
const ENOUGH_BYTES = 1 << 16;

const NO_NAMES: readonly OwnName[] = [];

function countImplied({ names, endpoints }: Compiled): number {
  return names.length * endpoints.impliedCount;
}

/** What SRV records point to: the endpoints of a headless Service, else the Service itself. */
function targetsOf({ virtual, endpoints, input }: Compiled): NamedEndpoints {
  return input?.service.headless ? endpoints : virtual;
}
