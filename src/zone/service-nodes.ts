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
import { TYPE } from '../dns/constants.ts';
import { FormatError } from '../dns/errors.ts';
import { childName, encodeName, type WireName } from '../dns/name.ts';
import type { EndpointGroup, EndpointPort, Service } from '../source/resources.ts';
import { type EndpointNameOptions, endpointName } from './endpoint-name.ts';
import type { Node, Rrset, ServiceRrset, ServiceTarget } from './node.ts';

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
  if (service.type === 'ExternalName') return compileExternalName(service, owner, options);
  const endpoints = options.noEndpoints ? [] : namedEndpoints(input, options);
  if (service.headless) {
    return endpoints.length === 0 ? NONE : compileHeadless(owner, endpoints, options);
  }
  if (options.ignoreEmptyService && endpoints.length === 0) return NONE;
  return compileClusterIp(service, owner, { ...options, endpoints });
}

/** Gives `<service>.<namespace>.svc.<domain>`. */
export function serviceName(
  service: { name: string; namespace: string },
  domain: WireName,
): WireName {
  return childName(service.name, childName(service.namespace, childName('svc', domain)));
}

/** An endpoint's name, the addresses of every endpoint of that name, and the ports of its slices. */
interface NamedEndpoint {
  readonly label: string;
  readonly ipv4: Uint8Array[];
  readonly ipv6: Uint8Array[];
  readonly ports: EndpointPort[];
}

/** Joins the ready endpoints of every slice by name; an address that stands in two slices counts once. */
function namedEndpoints(input: ServiceInput, options: ServiceNodesOptions): NamedEndpoint[] {
  const byLabel = new Map<string, NamedEndpoint>();
  for (const group of input.groups) {
    for (const endpoint of group.endpoints) {
      if (!endpoint.ready && !input.service.publishNotReadyAddresses) continue;
      for (const text of endpoint.addresses) {
        const address = parseAddress(text);
        if (address === undefined) continue;
        const label = endpointName(endpoint, text, options);
        const named = byLabel.get(label) ?? { label, ipv4: [], ipv6: [], ports: [] };
        byLabel.set(label, named);
        addAddress(address.length === 4 ? named.ipv4 : named.ipv6, address);
        for (const port of group.ports) addPort(named.ports, port);
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

function compileClusterIp(
  service: Service,
  owner: WireName,
  options: ServiceNodesOptions & { endpoints: readonly NamedEndpoint[] },
): ServiceNodes {
  const own: NamedEndpoint = { label: '', ipv4: [], ipv6: [], ports: [] };
  for (const text of service.clusterIps) {
    const address = parseAddress(text);
    if (address) addAddress(address.length === 4 ? own.ipv4 : own.ipv6, address);
  }
  for (const port of service.ports) addPort(own.ports, port);
  const endpoints = endpointNodes(owner, options.endpoints, options);
  return {
    nodes: [...endpoints.nodes, ...serviceAndPortNodes(owner, [own], options)],
    pointers: [
      ...[...own.ipv4, ...own.ipv6].map((address) => ({ address, target: owner })),
      ...endpoints.pointers,
    ],
  };
}

function compileHeadless(
  owner: WireName,
  named: readonly NamedEndpoint[],
  options: ServiceNodesOptions,
): ServiceNodes {
  const endpoints = endpointNodes(owner, named, options);
  return {
    nodes: [...endpoints.nodes, ...serviceAndPortNodes(owner, named, options)],
    pointers: endpoints.pointers,
  };
}

function endpointNodes(
  parent: WireName,
  endpoints: readonly NamedEndpoint[],
  { zone, ttl }: ServiceNodesOptions,
): ServiceNodes {
  const nodes: Node[] = [];
  const pointers: Pointer[] = [];
  for (const endpoint of endpoints) {
    const owner = childName(endpoint.label, parent);
    nodes.push({ owner, zone, rrsets: addressRrsets([endpoint], ttl) });
    for (const address of [...endpoint.ipv4, ...endpoint.ipv6]) {
      pointers.push({ address, target: owner });
    }
  }
  return { nodes, pointers };
}

/** The node of the Service itself, of each of its named ports, and of what lies between. */
function serviceAndPortNodes(
  owner: WireName,
  targets: readonly NamedEndpoint[],
  { zone, ttl }: ServiceNodesOptions,
): Node[] {
  const all = serviceRrset(targets, { ttl, labelsBeforeParent: 0 });
  const nodes: Node[] = [
    { owner, zone, rrsets: [...addressRrsets(targets, ttl), ...(all === undefined ? [] : [all])] },
  ];
  const protocols = new Set<string>();
  for (const { name, protocol } of distinctPorts(targets)) {
    if (name === '') continue;
    const protocolName = childName(`_${protocol}`, owner);
    if (!protocols.has(protocol)) nodes.push({ owner: protocolName, zone, rrsets: [] });
    protocols.add(protocol);
    const rrset = serviceRrset(targets, { ttl, labelsBeforeParent: 2, name, protocol });
    if (rrset) nodes.push({ owner: childName(`_${name}`, protocolName), zone, rrsets: [rrset] });
  }
  return nodes;
}

function addressRrsets(endpoints: readonly NamedEndpoint[], ttl: number): Rrset[] {
  const ipv4 = distinct(endpoints.flatMap((endpoint) => endpoint.ipv4));
  const ipv6 = distinct(endpoints.flatMap((endpoint) => endpoint.ipv6));
  return [
    ...(ipv4.length > 0 ? [{ type: TYPE.A, ttl, rdatas: ipv4 }] : []),
    ...(ipv6.length > 0 ? [{ type: TYPE.AAAA, ttl, rdatas: ipv6 }] : []),
  ];
}

/**
 * Builds the SRV records of every port, or of those of one name and protocol. The weight shares 100 among
 * all pairs of address and port, as CoreDNS does; within one RRset it is the same for all.
 */
function serviceRrset(
  targets: readonly NamedEndpoint[],
  wanted: { ttl: number; labelsBeforeParent: number; name?: string; protocol?: string },
): ServiceRrset | undefined {
  const records: { port: number; target: number }[] = [];
  let pairs = 0;
  for (const [target, { ports, ipv4, ipv6 }] of targets.entries()) {
    const numbers = new Set<number>();
    for (const { name, protocol, port } of ports) {
      const isWanted =
        wanted.name === undefined || (wanted.name === name && wanted.protocol === protocol);
      if (!isWanted || port === 0) continue;
      pairs += ipv4.length + ipv6.length;
      if (!numbers.has(port)) records.push({ port, target });
      numbers.add(port);
    }
  }
  if (records.length === 0) return undefined;
  const { ttl, labelsBeforeParent } = wanted;
  const weight = Math.max(Math.floor(100 / pairs), 1);
  return {
    type: TYPE.SRV,
    ttl,
    weight,
    labelsBeforeParent,
    records,
    targets: targets.map(asTarget),
  };
}

function asTarget({ label, ipv4, ipv6 }: NamedEndpoint): ServiceTarget {
  return { label, ipv4, ipv6 };
}

function distinctPorts(targets: readonly NamedEndpoint[]): EndpointPort[] {
  const ports: EndpointPort[] = [];
  const seen = new Set<string>();
  for (const port of targets.flatMap((target) => target.ports)) {
    const key = `${port.protocol}/${port.name}`;
    if (!seen.has(key)) ports.push(port);
    seen.add(key);
  }
  return ports;
}

function addPort(ports: EndpointPort[], port: EndpointPort): void {
  const isKnown = ports.some(
    (other) =>
      other.name === port.name && other.protocol === port.protocol && other.port === port.port,
  );
  if (!isKnown) ports.push(port);
}

function addAddress(addresses: Uint8Array[], address: Uint8Array): void {
  if (!addresses.some((other) => isEqual(other, address))) addresses.push(address);
}

function distinct(addresses: Uint8Array[]): Uint8Array[] {
  if (addresses.length < 2) return addresses;
  return [...new Map(addresses.map((address) => [address.join(), address])).values()];
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
