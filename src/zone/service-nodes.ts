/**
 * Compiles one Service into the nodes that it owns in one cluster domain, but for those of its endpoints, of which
 * there may be thousands (`endpoint-records.ts`). In: the Service and its endpoints; out: nodes in the order in which
 * they may be published, each after what it refers to. Kubernetes DNS specification 1.1.0, sections 2.3 (ClusterIP),
 * 2.4 (headless) and 2.5 (ExternalName).
 *
 *   <service>.<namespace>.svc.<domain>                        A, AAAA, SRV, or CNAME
 *   _<port>._<protocol>.<service>...                          SRV
 *   _<protocol>.<service>...                                  nothing: an empty non-terminal
 */
import { isIP } from 'node:net';
import { IPV4_BYTES, IPV6_BYTES, parseAddress } from '../dns/address.ts';
import { MAX_LABEL_BYTES, MAX_NAME_BYTES, TYPE } from '../dns/constants.ts';
import { FormatError } from '../dns/errors.ts';
import { childName, encodeName, nameKey, type WireName, writeLabel } from '../dns/name.ts';
import type { EndpointPort, Service } from '../source/resources.ts';
import { distinctPorts, type NamedEndpoints, type NamedTarget } from './named-endpoints.ts';
import { MAX_RRS, type Node, type Rrset, type ServiceRrset } from './node.ts';

export interface ServiceNodesOptions {
  /** Index of the domain among the served zones. */
  readonly zone: number;
  readonly ttl: number;
}

const SVC = encodeName('svc').subarray(0, -1);

/** Compiles a Service that has a name. `endpoints` are those with names. */
export function compileService(
  service: Service,
  owner: WireName,
  { endpoints, ...options }: ServiceNodesOptions & { readonly endpoints: NamedEndpoints },
): Node[] {
  if (service.type === 'ExternalName') return compileExternalName(service, owner, options);
  const targets = service.headless ? endpoints.targets() : [clusterIpTarget(service)];
  return serviceAndPortNodes(owner, targets, options);
}

/** Gives `<service>.<namespace>.svc.<domain>`; undefined where that is longer than a name can be. */
export function serviceName(
  { name, namespace }: { name: string; namespace: string },
  domain: WireName,
): WireName | undefined {
  const parentBytes = 1 + namespace.length + SVC.length + domain.length;
  const areLabels = name.length <= MAX_LABEL_BYTES && namespace.length <= MAX_LABEL_BYTES;
  if (!areLabels || 1 + name.length + parentBytes > MAX_NAME_BYTES) return undefined;
  const bytes = new Uint8Array(1 + name.length + parentBytes);
  const at = writeLabel(namespace, bytes, writeLabel(name, bytes, 0));
  bytes.set(SVC, at);
  bytes.set(domain, at + SVC.length);
  return bytes;
}

function compileExternalName(
  service: Service,
  owner: WireName,
  { zone, ttl }: ServiceNodesOptions,
): Node[] {
  const target = externalTarget(service.externalName);
  if (target === undefined) return [];
  return [{ owner, zone, rrsets: [{ type: TYPE.CNAME, ttl, rdatas: [target] }] }];
}

/** Gives the target of an ExternalName; undefined where it is no domain name, an address among them. */
export function externalTarget(externalName: string): WireName | undefined {
  if (isIP(externalName) !== 0) return undefined;
  try {
    return encodeName(externalName);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** Gives the virtual IPs of a Service, each once. */
export function clusterAddresses({ headless, clusterIps }: Service): Uint8Array[] {
  const addresses: Uint8Array[] = [];
  for (const text of headless ? [] : clusterIps) {
    const address = parseAddress(text);
    if (address) addAddress(addresses, address);
  }
  return addresses;
}

/** The Service itself as the one target of its records, at its virtual IPs. */
function clusterIpTarget(service: Service): NamedTarget {
  const addresses = clusterAddresses(service);
  return {
    label: new Uint8Array(),
    ipv4: addresses.filter(({ length }) => length === IPV4_BYTES),
    ipv6: addresses.filter(({ length }) => length === IPV6_BYTES),
    ports: distinctPorts(service.ports),
  };
}

/** The node of the Service itself, of each of its named ports, and of what lies between. */
function serviceAndPortNodes(
  owner: WireName,
  endpoints: readonly NamedTarget[],
  { zone, ttl }: ServiceNodesOptions,
): Node[] {
  // The Service itself has its name already.
  const targets = endpoints.filter(({ label }) => label.length === 0 || fitsBefore(label, owner));
  const { all, named } = recordsByPort(targets);
  const serviceRrset = (ports: PortRecords, labelsBeforeParent: number): ServiceRrset => ({
    type: TYPE.SRV,
    ttl,
    weight: Math.max(Math.floor(100 / ports.pairs), 1),
    labelsBeforeParent,
    records: ports.records,
    targets,
  });
  const nodes: Node[] = [
    {
      owner,
      zone,
      rrsets: [
        ...addressRrsets(endpoints, ttl),
        ...(all.records.length > 0 ? [serviceRrset(all, 0)] : []),
      ],
    },
  ];
  const protocols = new Set<string>();
  for (const ports of named) {
    const protocolName = fittingChildName(`_${ports.protocol}`, owner);
    const portName = protocolName && fittingChildName(`_${ports.name}`, protocolName);
    if (protocolName === undefined || portName === undefined) continue;
    if (!protocols.has(ports.protocol)) nodes.push({ owner: protocolName, zone, rrsets: [] });
    protocols.add(ports.protocol);
    nodes.push({ owner: portName, zone, rrsets: [serviceRrset(ports, 2)] });
  }
  return nodes;
}

/** SRV records to be, of one port name or of all. */
interface PortRecords {
  readonly name: string;
  readonly protocol: string;
  readonly records: { readonly port: number; readonly target: number }[];
  /** Pairs of address and port: 100 is shared among them for the weight, as CoreDNS does. */
  pairs: number;
}

/** What each target with the same ports gets. */
interface PortPlan {
  /** Distinct; a port without a number has no record. */
  readonly numbers: readonly number[];
  readonly named: readonly { readonly port: number; readonly own: PortRecords }[];
  /** Of all ports with a number. */
  readonly count: number;
}

/** Goes over every target once; those of a slice share their ports, and so what is to be known of these. */
function recordsByPort(targets: readonly NamedTarget[]): {
  all: PortRecords;
  named: readonly PortRecords[];
} {
  const all: PortRecords = { name: '', protocol: '', records: [], pairs: 0 };
  const named = new Map<string, PortRecords>();
  const plans = new Map<readonly EndpointPort[], PortPlan>();
  for (const [target, { ports, ipv4, ipv6 }] of targets.entries()) {
    const plan = plans.get(ports) ?? planOf(ports, named);
    plans.set(ports, plan);
    const addresses = ipv4.length + ipv6.length;
    for (const port of plan.numbers) all.records.push({ port, target });
    all.pairs += addresses * plan.count;
    for (const { port, own } of plan.named) {
      own.records.push({ port, target });
      own.pairs += addresses;
    }
  }
  return { all, named: [...named.values()] };
}

function planOf(ports: readonly EndpointPort[], records: Map<string, PortRecords>): PortPlan {
  const numbered = ports.filter(({ port }) => port !== 0);
  const named = numbered.filter(({ name }) => name !== '');
  return {
    numbers: [...new Set(numbered.map(({ port }) => port))],
    named: named.map(({ name, protocol, port }) => {
      const key = `${protocol}/${name}`;
      const own = records.get(key) ?? { name, protocol, records: [], pairs: 0 };
      records.set(key, own);
      return { port, own };
    }),
    count: numbered.length,
  };
}

function addressRrsets(endpoints: readonly NamedTarget[], ttl: number): Rrset[] {
  const ipv4 = distinct(endpoints.flatMap((endpoint) => endpoint.ipv4));
  const ipv6 = distinct(endpoints.flatMap((endpoint) => endpoint.ipv6));
  return [
    ...(ipv4.length > 0 ? [{ type: TYPE.A, ttl, rdatas: ipv4 }] : []),
    ...(ipv6.length > 0 ? [{ type: TYPE.AAAA, ttl, rdatas: ipv6 }] : []),
  ];
}

/** As `childName()`; undefined where the label or the name would be too long, and so cannot exist. */
function fittingChildName(label: string, parent: WireName): WireName | undefined {
  return fitsBefore(label, parent) ? childName(label, parent) : undefined;
}

function fitsBefore(label: string | Uint8Array, parent: WireName): boolean {
  return label.length <= MAX_LABEL_BYTES && 1 + label.length + parent.length <= MAX_NAME_BYTES;
}

function addAddress(addresses: Uint8Array[], address: Uint8Array): void {
  if (addresses.length >= MAX_RRS) return;
  if (!addresses.some((other) => Buffer.compare(other, address) === 0)) addresses.push(address);
}

function distinct(addresses: Uint8Array[]): Uint8Array[] {
  if (addresses.length < 2) return addresses;
  return [...new Map(addresses.map((address) => [addressKey(address), address])).values()];
}

/** A number where that does, which costs no text. */
function addressKey(address: Uint8Array): number | string {
  if (address.length !== IPV4_BYTES) return nameKey(address);
  return (address[0] << 24) | (address[1] << 16) | (address[2] << 8) | address[3];
}
