/**
 * Names worth asking for: every one that the objects of a cluster may have, and its neighbours, by the objects alone:
 * which of them exist is for the servers to say.
 */
import { parseAddress } from '../../src/dns/address.ts';
import { formatName } from '../../src/dns/name.ts';
import { reverseName } from '../../src/dns/reverse-name.ts';
import { dashedAddress } from '../../src/zone/endpoint-name.ts';
import type { ApiJson } from '../source/kubernetes/emulation/encode-protobuf.ts';
import type { ObjectJson } from '../source/kubernetes/emulation/object-history.ts';
import { DOMAIN } from './cluster-objects.ts';
import type { RandomChoice } from './random-choice.ts';
import type { RandomCluster } from './random-cluster.ts';

/** Endpoints of one slice whose names are asked for. */
const MAX_ENDPOINTS = 6;
/** One name of so many is asked for in another case, too. */
const OTHER_CASE_PERCENT = 4;

const FIXED = [
  DOMAIN,
  ...['svc', 'pod', 'dns', 'ns.dns', 'x.ns.dns', 'dns-version', 'x.dns-version', 'ns', 'foo'],
  ...['_tcp', 'a.b.c.d.e', 'web', 'shop', 'missing.svc', 'missing.pod', 'web.missing.svc'],
].map((name) => (name === DOMAIN ? name : `${name}.${DOMAIN}`));

const OUTSIDE = [
  ...['example.org', 'www.example.org', 'missing.example.net', 'local', 'arpa', 'in-addr.arpa'],
  ...['ip6.arpa', '10.in-addr.arpa', '96.10.in-addr.arpa', '97.10.in-addr.arpa'],
  ...['0.96.10.in-addr.arpa', '112.10.in-addr.arpa', '0.0.112.10.in-addr.arpa'],
  ...['1.0.96.10.in-addr.arpa', '200.97.10.in-addr.arpa', 'x.97.10.in-addr.arpa'],
  ...['300.0.97.10.in-addr.arpa', '01.0.97.10.in-addr.arpa', '1.1.1.97.10.in-addr.arpa'],
  ...['d.f.ip6.arpa', '6.9.0.0.0.0.d.f.ip6.arpa', '7.9.0.0.0.0.d.f.ip6.arpa'],
  ...['244.10.in-addr.arpa', '9.9.244.10.in-addr.arpa', `${DOMAIN}.example.org`],
];

const MISSING_BELOW_SERVICE = [
  ...['missing', 'a.b.c', '_tcp', '_udp', '_sctp', 'tcp', '_', '_._tcp', '_tcp._tcp'],
];

/** First labels of Pods' names that are no addresses of Pods, and some that are no addresses at all. */
const ODD_POD_LABELS = [
  ...['192-0-2-9', '1-2-3', '1-2-3-4-5', '256-1-1-1', '01-2-3-4', '1-2-3-4-', 'web', '-'],
  ...['2001-db8--9', '--1', '--', '1--2--3', 'fd00-244--0', '--ffff-102-304', '12345--1'],
];

/** Gives distinct names, without the dot at the end. */
export function questionNames(cluster: RandomCluster, random: RandomChoice): string[] {
  const names = new Set<string>([...FIXED, ...OUTSIDE]);
  const addNames = (more: readonly string[]) => {
    for (const name of more) names.add(name);
  };
  for (const { metadata } of cluster.objects('namespaces')) addNames(namespaceNames(metadata.name));
  const slices = cluster.objects('endpointslices').map((slice) => sliceOf(slice, random));
  for (const service of cluster.objects('services')) {
    const own = slices.filter(({ parent }) => parent === parentOf(service.metadata));
    addNames(serviceNames(service, own));
    for (const address of virtualIps(service)) addNames(reverseNames(address));
  }
  for (const { parent, labels, addresses } of slices) {
    addNames([parent, ...labels.map((label) => `${label}.${parent}`)]);
    for (const address of addresses) addNames(reverseNames(address));
  }
  for (const { metadata, status } of cluster.objects('pods')) {
    const addresses = (status as { podIPs: { ip: string }[] }).podIPs.map(({ ip }) => ip);
    for (const address of addresses) addNames(podNames(address, String(metadata.namespace)));
  }
  const otherCase = [...names].filter(() => random.chance(OTHER_CASE_PERCENT));
  addNames(otherCase.map((name) => inOtherCase(name, random)));
  addNames([`dns-version.${DOMAIN}`, `ns.dns.${DOMAIN}`, DOMAIN].map((name) => name.toUpperCase()));
  return [...names].filter(isEncodable);
}

function namespaceNames(namespace: string): string[] {
  return [
    ...['svc', 'pod', '_tcp.svc'].map((kind) => `${namespace}.${kind}.${DOMAIN}`),
    ...['missing', '_tcp', 'a.b.missing'].map((label) => `${label}.${namespace}.svc.${DOMAIN}`),
    ...ODD_POD_LABELS.map((label) => `${label}.${namespace}.pod.${DOMAIN}`),
    `${namespace}.${DOMAIN}`,
  ];
}

/** What a slice gives names to, with some of its endpoints. */
interface Slice {
  /** Name of its Service, whether there is one or not. */
  readonly parent: string;
  readonly ports: readonly ApiJson[];
  /** Every label that an endpoint may be called by, ready or not, whatever is configured. */
  readonly labels: readonly string[];
  readonly addresses: readonly string[];
}

function sliceOf({ metadata, ports, endpoints }: ObjectJson, random: RandomChoice): Slice {
  const labels = metadata.labels as ApiJson;
  const some = random.sample((endpoints ?? []) as ApiJson[], MAX_ENDPOINTS);
  const addresses = some.flatMap((endpoint) => endpoint.addresses as string[]);
  return {
    parent: parentOf({ ...metadata, name: String(labels['kubernetes.io/service-name']) }),
    ports: (ports ?? []) as ApiJson[],
    labels: some.flatMap(({ hostname, targetRef }, i) => [
      dashedAddress(addresses[i]),
      ...(hostname === undefined ? [] : [String(hostname)]),
      ...(targetRef === undefined ? [] : [String((targetRef as ApiJson).name)]),
    ]),
    addresses,
  };
}

function parentOf({ namespace, name }: ObjectJson['metadata']): string {
  return `${name}.${namespace}.svc.${DOMAIN}`;
}

function serviceNames({ metadata, spec }: ObjectJson, slices: readonly Slice[]): string[] {
  const parent = parentOf(metadata);
  const own = ((spec as ApiJson).ports ?? []) as ApiJson[];
  const below = new Set(MISSING_BELOW_SERVICE);
  for (const { name, protocol } of [...own, ...slices.flatMap(({ ports }) => ports)]) {
    for (const labels of portLabels(name ?? 'unnamed', String(protocol))) below.add(labels);
  }
  for (const label of slices.flatMap(({ labels }) => labels)) {
    for (const labels of [label, `x.${label}`, `_${label}`]) below.add(labels);
  }
  return [parent, ...[...below].map((labels) => `${labels}.${parent}`)];
}

/** As they should be, and in other ways. */
function portLabels(port: unknown, protocol: string): string[] {
  const transport = protocol.toLowerCase();
  return [
    ...[`_${port}._${transport}`, `${port}.${transport}`, `_${port}.${transport}`],
    ...[`_${port}`, `_${port}._wrong`, `x._${port}._${transport}`],
  ];
}

function virtualIps({ spec }: ObjectJson): string[] {
  const { clusterIPs = [] } = spec as { clusterIPs?: string[] };
  return clusterIPs.filter((address) => address !== 'None');
}

/** The name itself, one below, those above, and the next address. */
function reverseNames(address: string): string[] {
  const name = reverseText(address);
  const [first, ...above] = name.split('.');
  const next = ((Number.parseInt(first, 16) + 1) % 10).toString();
  return [name, `x.${name}`, above.join('.'), above.slice(1).join('.'), [next, ...above].join('.')];
}

function reverseText(address: string): string {
  const bytes = parseAddress(address);
  if (bytes === undefined) throw new Error(`Cannot reverse "${address}": it is no address`);
  return formatName(reverseName(bytes)).replace(/\.$/, '');
}

function podNames(address: string, namespace: string): string[] {
  const name = `${dashedAddress(address)}.${namespace}.pod.${DOMAIN}`;
  const elsewhere = `${dashedAddress(address)}.empty.pod.${DOMAIN}`;
  return [name, elsewhere, `x.${name}`, `_x._tcp.${name}`, `a.b.c.${name}`];
}

function inOtherCase(name: string, random: RandomChoice): string {
  return [...name].map((each) => (random.chance(50) ? each.toUpperCase() : each)).join('');
}

function isEncodable(name: string): boolean {
  return name.length <= 253 && name.split('.').every((label) => label.length <= 63);
}
