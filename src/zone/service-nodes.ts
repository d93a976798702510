/**
 * Compiles one Service into the nodes that it owns in one cluster domain, and the pointers to them.
 * In: the Service and its endpoints; out: nodes in the order in which they may be published, each after
 * what it refers to. Kubernetes DNS specification 1.1.0, sections 2.3 (ClusterIP), 2.4 (headless) and
 * 2.5 (ExternalName).
 *
 *   <service>.<namespace>.svc.<domain>                        A, AAAA, SRV, or CNAME
 *   _<port>._<protocol>.<service>...                          SRV
 *   _<protocol>.<service>...                                  nothing: an empty non-terminal
 *   <endpoint>.<service>...                                   A, AAAA
 */
import { isIP } from 'node:net';
import { parseAddress } from '../dns/address.ts';
import { MAX_LABEL_BYTES, MAX_NAME_BYTES, TYPE } from '../dns/constants.ts';
import { FormatError } from '../dns/errors.ts';
import { childName, encodeName, type WireName } from '../dns/name.ts';
import type { EndpointGroup, EndpointPort, Service } from '../source/resources.ts';
import { type EndpointNameOptions, endpointName } from './endpoint-name.ts';
import { MAX_RRS, type Node, type Rrset, type ServiceRrset } from './node.ts';

export interface ServiceInput {
  readonly service: Service;
  readonly groups: readonly EndpointGroup[];
}

export interface ServiceNodesOptions extends EndpointNameOptions {
  readonly domain: WireName;
  /** Index of the domain among the served zones. */
  readonly zone: number;
  readonly ttl: number;
  /** A ClusterIP Service without a ready endpoint has no name. */
  readonly ignoreEmptyService: boolean;
  /** No name comes from an endpoint. */
  readonly noEndpoints: boolean;
}

/** A PTR record to be: the address and the name that it points to. */
export interface Pointer {
  readonly address: Uint8Array;
  readonly target: WireName;
}

export interface ServiceNodes {
  readonly nodes: readonly Node[];
  readonly pointers: readonly Pointer[];
}

const NONE: ServiceNodes = { nodes: [], pointers: [] };

/** Compiles a Service; where it has no name (an empty headless Service), the result is empty. */
export function compileService(input: ServiceInput, options: ServiceNodesOptions): ServiceNodes {
  const { service } = input;
  const owner = serviceName(service, options.domain);
  if (owner === undefined) return NONE;
  if (service.type === 'ExternalName') return compileExternalName(service, owner, options);
  const endpoints = options.noEndpoints ? [] : namedEndpoints(input, options);
  const mayBeEmpty = !service.headless && !options.ignoreEmptyService;
  if (endpoints.length === 0 && !mayBeEmpty) return NONE;
  const targets = service.headless ? endpoints : [clusterIpTarget(service)];
  const named = endpointNodes(owner, endpoints, options);
  return {
    nodes: [...named.nodes, ...serviceAndPortNodes(owner, targets, options)],
    pointers: [...(service.headless ? [] : pointersTo(owner, targets[0])), ...named.pointers],
  };
}

/** Gives `<service>.<namespace>.svc.<domain>`; undefined where that is longer than a name can be. */
export function serviceName(
  service: { name: string; namespace: string },
  domain: WireName,
): WireName | undefined {
  const parent = fittingChildName(service.namespace, childName('svc', domain));
  return parent && fittingChildName(service.name, parent);
}

/** An endpoint's name, the addresses of every endpoint of that name, and the ports of its slices. */
interface NamedEndpoint {
  readonly label: string;
  readonly ipv4: Uint8Array[];
  readonly ipv6: Uint8Array[];
  /** Distinct; shared by the endpoints of a slice. */
  ports: readonly EndpointPort[];
}

/** Joins the ready endpoints of every slice by name; an address that stands in two slices counts once. */
function namedEndpoints(input: ServiceInput, options: ServiceNodesOptions): NamedEndpoint[] {
  const byLabel = new Map<string, NamedEndpoint>();
  for (const group of input.groups) {
    const ports = distinctPorts(group.ports);
    for (const endpoint of group.endpoints) {
      if (!endpoint.ready && !input.service.publishNotReadyAddresses) continue;
      for (const text of endpoint.addresses) {
        const address = parseAddress(text);
        if (address === undefined) continue;
        const label = endpointName(endpoint, text, options);
        const known = byLabel.get(label);
        const named = known ?? { label, ipv4: [], ipv6: [], ports };
        if (known === undefined) byLabel.set(label, named);
        else if (known.ports !== ports) known.ports = distinctPorts([...known.ports, ...ports]);
        addAddress(address.length === 4 ? named.ipv4 : named.ipv6, address);
      }
    }
  }
  return [...byLabel.values()];
}

function compileExternalName(
  service: Service,
  owner: WireName,
  options: ServiceNodesOptions,
): ServiceNodes {
  const target = externalTarget(service.externalName);
  if (target === undefined) return NONE;
  const rrset = { type: TYPE.CNAME, ttl: options.ttl, rdatas: [target] };
  return { nodes: [{ owner, zone: options.zone, rrsets: [rrset] }], pointers: [] };
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

/** The Service itself as the one target of its records, at its virtual IPs. */
function clusterIpTarget(service: Service): NamedEndpoint {
  const ports = distinctPorts(service.ports);
  const target: NamedEndpoint = { label: '', ipv4: [], ipv6: [], ports };
  for (const text of service.clusterIps) {
    const address = parseAddress(text);
    if (address) addAddress(address.length === 4 ? target.ipv4 : target.ipv6, address);
  }
  return target;
}

function pointersTo(target: WireName, { ipv4, ipv6 }: NamedEndpoint): Pointer[] {
  return [...ipv4, ...ipv6].map((address) => ({ address, target }));
}

function endpointNodes(
  parent: WireName,
  endpoints: readonly NamedEndpoint[],
  { zone, ttl }: ServiceNodesOptions,
): ServiceNodes {
  const nodes: Node[] = [];
  const pointers: Pointer[] = [];
  for (const endpoint of endpoints) {
    const owner = fittingChildName(endpoint.label, parent);
    if (owner === undefined) continue;
    nodes.push({ owner, zone, rrsets: addressRrsets([endpoint], ttl) });
    pointers.push(...pointersTo(owner, endpoint));
  }
  return { nodes, pointers };
}

/** The node of the Service itself, of each of its named ports, and of what lies between. */
function serviceAndPortNodes(
  owner: WireName,
  endpoints: readonly NamedEndpoint[],
  { zone, ttl }: ServiceNodesOptions,
): Node[] {
  // The Service itself has its name already.
  const targets = endpoints.filter(({ label }) => label === '' || fitsBefore(label, owner));
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

/** Goes over every port of every target once; a port without a number has no record. */
function recordsByPort(targets: readonly NamedEndpoint[]): {
  all: PortRecords;
  named: readonly PortRecords[];
} {
  const all: PortRecords = { name: '', protocol: '', records: [], pairs: 0 };
  const named = new Map<string, PortRecords>();
  for (const [target, { ports, ipv4, ipv6 }] of targets.entries()) {
    const numbers = new Set<number>();
    for (const { name, protocol, port } of ports) {
      if (port === 0) continue;
      const pairs = ipv4.length + ipv6.length;
      if (!numbers.has(port)) all.records.push({ port, target });
      numbers.add(port);
      all.pairs += pairs;
      if (name === '') continue;
      const key = `${protocol}/${name}`;
      const own = named.get(key) ?? { name, protocol, records: [], pairs: 0 };
      named.set(key, own);
      own.records.push({ port, target });
      own.pairs += pairs;
    }
  }
  return { all, named: [...named.values()] };
}

function addressRrsets(endpoints: readonly NamedEndpoint[], ttl: number): Rrset[] {
  const ipv4 = distinct(endpoints.flatMap((endpoint) => endpoint.ipv4));
  const ipv6 = distinct(endpoints.flatMap((endpoint) => endpoint.ipv6));
  return [
    ...(ipv4.length > 0 ? [{ type: TYPE.A, ttl, rdatas: ipv4 }] : []),
    ...(ipv6.length > 0 ? [{ type: TYPE.AAAA, ttl, rdatas: ipv6 }] : []),
  ];
}

function distinctPorts(ports: readonly EndpointPort[]): readonly EndpointPort[] {
  if (ports.length < 2) return ports;
  const byKey = new Map(
    ports.map((port) => [`${port.protocol}/${port.name}/${port.port}`, port] as const),
  );
  return byKey.size === ports.length ? ports : [...byKey.values()];
}

/** As `childName()`; undefined where the label or the name would be too long, and so cannot exist. */
function fittingChildName(label: string, parent: WireName): WireName | undefined {
  return fitsBefore(label, parent) ? childName(label, parent) : undefined;
}

function fitsBefore(label: string, parent: WireName): boolean {
  return label.length <= MAX_LABEL_BYTES && 1 + label.length + parent.length <= MAX_NAME_BYTES;
}

function addAddress(addresses: Uint8Array[], address: Uint8Array): void {
  if (addresses.length >= MAX_RRS) return;
  if (!addresses.some((other) => Buffer.compare(other, address) === 0)) addresses.push(address);
}

function distinct(addresses: Uint8Array[]): Uint8Array[] {
  if (addresses.length < 2) return addresses;
  return [...new Map(addresses.map((address) => [address.join(), address])).values()];
}
