/**
 * The records of a Service itself and of its ports, in one cluster domain, but for those of its endpoints
 * (`endpoint-records.ts`). In: what its SRV records point to, which is the Service itself with its virtual IPs, or the
 * endpoints of a headless one; out: records in the table, each after what it refers to. Kubernetes DNS specification
 * 1.1.0, sections 2.3 (ClusterIP) and 2.4 (headless).
 *
 *   <service>.<namespace>.svc.<domain>                        A, AAAA, SRV; and which endpoints are implied
 *   _<port>._<protocol>.<service>...                          SRV
 *   _<protocol>.<service>...                                  nothing: an empty non-terminal
 *
 * Straight from arrays that serve one Service after another to the table: as objects, the nodes of 10,000 Services left
 * half of the garbage that a list of them does.
 */
import { IPV4_BYTES, IPV6_BYTES } from '../dns/address.ts';
import { MAX_NAME_BYTES, TYPE } from '../dns/constants.ts';
import { fitsBefore, nameKey, type WireName } from '../dns/name.ts';
import type { EndpointPort } from '../source/resources.ts';
import { copyBytes } from './copy-bytes.ts';
import type { NamedEndpoints } from './named-endpoints.ts';
import { FORM, MAX_RRS, NODE_FLAG } from './node.ts';
import { align, dataStart, scratch } from './node-scratch.ts';
import { type NamedPort, type PortPlan, planOf } from './port-plan.ts';
import { ServiceTargets } from './service-targets.ts';
import type { ZoneRecords } from './zone-records.ts';

export interface ServiceRecordsOptions {
  readonly records: ZoneRecords;
  readonly ttl: number;
}

/** A name of a Service. */
export interface OwnName {
  readonly name: WireName;
  /** Index of its domain among the served zones. */
  readonly zone: number;
  /** Of `NODE_FLAG`, for the node of the name and those of ports; those of endpoints have their own. */
  readonly flags: number;
}

const SERVICE_SHAPE = { stride: 0, form: FORM.service };
const IPV4_SHAPE = { stride: IPV4_BYTES, form: FORM.fixed };
const IPV6_SHAPE = { stride: IPV6_BYTES, form: FORM.fixed };
/** Weight, where the parent begins; then four bytes for each record, and for each target. */
const SERVICE_HEADER_BYTES = 4;
const SERVICE_ENTRY_BYTES = 4;

export class ServiceRecords {
  readonly #records: ZoneRecords;
  readonly #ttl: number;
  readonly #targets = new ServiceTargets();
  /** Of all ports. */
  readonly #all = new PortRecords();
  /** Of each port's name; only the first `#namedCount` are those of the Service in hand. */
  readonly #named: PortRecords[] = [];
  #namedCount = 0;
  /** Those of the ports that were looked up last, one for each of `plan.named`. */
  readonly #found: PortRecords[] = [];

  constructor({ records, ttl }: ServiceRecordsOptions) {
    this.#records = records;
    this.#ttl = ttl;
  }

  /** Puts the Service's own node alone, whose targets and ports are as before. */
  publishOwn(targets: NamedEndpoints, endpoints: NamedEndpoints, own: OwnName): void {
    this.#collect(targets, own.name);
    this.#putOwn(endpoints, own);
  }

  /** Puts the Service's own node and those of its ports. */
  publish(targets: NamedEndpoints, endpoints: NamedEndpoints, own: OwnName): void {
    const { name } = own;
    this.#collect(targets, name);
    this.#putOwn(endpoints, own);
    for (let i = 0; i < this.#namedCount; i++) {
      const ports = this.#named[i];
      const { labels, protocolLabel } = ports.port;
      if (!fits(ports.port, name)) continue;
      if (this.#isFirstOfProtocol(i, name)) this.#publishNothing(protocolLabel, own);
      if (ports.count > 0) this.#publishPort(ports, labels, own);
      else this.#publishNothing(labels, own);
    }
  }

  /** Deletes the names that `next` no longer has, the last one first; where that is undefined, all of them. */
  withdraw(old: NamedEndpoints, next: NamedEndpoints | undefined, name: WireName): void {
    const { table } = this.#records;
    const kept = new Set(next && this.#portLabels(next, name).map(nameKey));
    for (const labels of this.#portLabels(old, name).toReversed()) {
      if (!kept.has(nameKey(labels))) table.remove(writeChild(labels, name, table.key));
    }
    if (next === undefined) table.delete(name);
  }

  /** Sorts out which SRV records there are: goes over every target once. */
  #collect(targets: NamedEndpoints, owner: WireName): void {
    this.#targets.load(targets, owner.length);
    this.#all.begin(NO_PORT);
    this.#namedCount = 0;
    let plan: PortPlan | undefined;
    let planned: readonly EndpointPort[] | undefined;
    const { count, names } = this.#targets;
    for (let target = 0; target < count; target++) {
      const ports = targets.ports[names[target]];
      if (plan === undefined || ports !== planned) {
        plan = planOf(ports);
        planned = ports;
        this.#find(plan);
      }
      const addresses = targets.ipv4Counts[names[target]] + targets.ipv6Counts[names[target]];
      for (const port of plan.numbers) this.#all.add(port, target);
      this.#all.pairs += addresses * plan.count;
      for (let i = 0; i < plan.named.length; i++) {
        this.#found[i].add(plan.named[i].port, target);
        this.#found[i].pairs += addresses;
      }
    }
    // Their names exist, though no record has room for them.
    for (let name = this.#targets.taken; name < targets.count; name++) {
      const isName = fitsBefore(targets.labels.lengths[name], owner.length);
      if (isName) this.#find(planOf(targets.ports[name]));
    }
  }

  /** Finds the records that each named port of a plan adds to, or begins them. */
  #find({ named }: PortPlan): void {
    for (let i = 0; i < named.length; i++) {
      let own = 0;
      while (own < this.#namedCount && this.#named[own].port.key !== named[i].key) own++;
      if (own === this.#named.length) this.#named.push(new PortRecords());
      if (own === this.#namedCount) {
        this.#named[own].begin(named[i]);
        this.#namedCount++;
      }
      this.#found[i] = this.#named[own];
    }
  }

  #isFirstOfProtocol(index: number, name: WireName): boolean {
    const { protocolLabel } = this.#named[index].port;
    for (let i = 0; i < index; i++) {
      const { port } = this.#named[i];
      if (fits(port, name) && areEqual(port.protocolLabel, protocolLabel)) return false;
    }
    return true;
  }

  /** Labels before the Service's name of every name below it, in the order of `publish()`. */
  #portLabels(targets: NamedEndpoints, name: WireName): Uint8Array[] {
    this.#collect(targets, name);
    return this.#named
      .slice(0, this.#namedCount)
      .flatMap(({ port }, i) =>
        !fits(port, name)
          ? []
          : this.#isFirstOfProtocol(i, name)
            ? [port.protocolLabel, port.labels]
            : [port.labels],
      );
  }

  #putOwn(endpoints: NamedEndpoints, { name, zone, flags }: OwnName): void {
    const { ipv4Count, ipv6Count, ipv4, ipv6 } = this.#targets;
    const hasService = this.#all.count > 0;
    const rrsets = Number(ipv4Count > 0) + Number(ipv6Count > 0) + Number(hasService);
    const implied = endpoints.impliedCount;
    const ipv4At = dataStart(rrsets + Number(implied > 0));
    const ipv6At = ipv4At + ipv4Count * IPV4_BYTES;
    const serviceAt = ipv6At + ipv6Count * IPV6_BYTES;
    const impliedAt = serviceAt + (hasService ? align(this.#dataBytes(this.#all)) : 0);
    const bytes = impliedAt + implied * IPV4_BYTES;
    scratch.begin(zone, rrsets, bytes, flags | (implied > 0 ? NODE_FLAG.impliedEndpoints : 0));
    if (implied > 0) {
      scratch.putImplied(rrsets, implied, impliedAt);
      endpoints.writeImplied(scratch.words, impliedAt >> 2);
    }
    let entry = 0;
    if (ipv4Count > 0) {
      scratch.putEntry(entry++, TYPE.A, ipv4Count, this.#ttl, ipv4At, IPV4_SHAPE);
      copyBytes(ipv4, 0, scratch.bytes, ipv4At, ipv4Count * IPV4_BYTES);
    }
    if (ipv6Count > 0) {
      scratch.putEntry(entry++, TYPE.AAAA, ipv6Count, this.#ttl, ipv6At, IPV6_SHAPE);
      copyBytes(ipv6, 0, scratch.bytes, ipv6At, ipv6Count * IPV6_BYTES);
    }
    if (hasService) this.#putService(this.#all, { entry, data: serviceAt, parentAt: 0 });
    this.#records.put(writeChild(NO_LABEL, name, this.#records.table.key), bytes);
  }

  #publishPort(ports: PortRecords, labels: Uint8Array, { name, zone, flags }: OwnName): void {
    const data = dataStart(1);
    const bytes = data + align(this.#dataBytes(ports));
    scratch.begin(zone, 1, bytes, flags);
    this.#putService(ports, { entry: 0, data, parentAt: labels.length });
    this.#records.put(writeChild(labels, name, this.#records.table.key), bytes);
  }

  #publishNothing(labels: Uint8Array, { name, zone, flags }: OwnName): void {
    const bytes = dataStart(0);
    scratch.begin(zone, 0, bytes, flags);
    this.#records.put(writeChild(labels, name, this.#records.table.key), bytes);
  }

  #dataBytes({ count }: PortRecords): number {
    const { count: targets, entryBytes } = this.#targets;
    return SERVICE_HEADER_BYTES + SERVICE_ENTRY_BYTES * (count + targets) + entryBytes;
  }

  /** Puts SRV records and all targets, of which each says its number: `node.ts`, form `service`. */
  #putService(
    ports: PortRecords,
    { entry, data, parentAt }: { entry: number; data: number; parentAt: number },
  ): void {
    scratch.putEntry(entry, TYPE.SRV, ports.count, this.#ttl, data, SERVICE_SHAPE);
    const { halves, words } = scratch;
    const { count, entries, entryBytes, starts } = this.#targets;
    halves[data >> 1] = ports.weight;
    halves[(data + 2) >> 1] = parentAt;
    let at = data + SERVICE_HEADER_BYTES;
    for (let i = 0; i < ports.count; i++) {
      halves[at >> 1] = ports.ports[i];
      halves[(at + 2) >> 1] = ports.targets[i];
      at += SERVICE_ENTRY_BYTES;
    }
    const entriesAt = at + SERVICE_ENTRY_BYTES * count;
    for (let i = 0; i < count; i++) {
      words[at >> 2] = entriesAt - data + starts[i];
      at += SERVICE_ENTRY_BYTES;
    }
    copyBytes(entries, 0, scratch.bytes, entriesAt, entryBytes);
  }
}

const NO_LABEL = new Uint8Array(0);
const NO_PORT: NamedPort = { port: 0, key: '', labels: NO_LABEL, protocolLabel: NO_LABEL };

/** SRV records to be, of one port's name or of all. */
class PortRecords {
  port = NO_PORT;
  count = 0;
  readonly ports: number[] = [];
  readonly targets: number[] = [];
  /** Pairs of address and port. */
  pairs = 0;

  begin(port: NamedPort): void {
    this.port = port;
    this.count = 0;
    this.pairs = 0;
  }

  add(port: number, target: number): void {
    if (this.count === MAX_RRS) return;
    this.ports[this.count] = port;
    this.targets[this.count++] = target;
  }

  /** A hundred is shared among the pairs, as CoreDNS does. */
  get weight(): number {
    return Math.max(Math.floor(100 / this.pairs), 1);
  }
}

/** Tells whether the name of a port below a Service's name is one: a longer one cannot exist. */
function fits({ labels }: NamedPort, name: WireName): boolean {
  return labels.length + name.length <= MAX_NAME_BYTES;
}

/** Writes labels before a name, which fit, and gives the length of all. */
function writeChild(labels: Uint8Array, name: WireName, into: Uint8Array): number {
  copyBytes(labels, 0, into, 0, labels.length);
  copyBytes(name, 0, into, labels.length, name.length);
  return labels.length + name.length;
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || Buffer.compare(a, b) === 0;
}
