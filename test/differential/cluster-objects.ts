/** Random objects of one kind each, as a user or a controller may write them: odd ones more often than in life. */
import type { ApiJson } from '../source/kubernetes/emulation/encode-protobuf.ts';
import type { IpFamily, VirtualIps } from './cluster-addresses.ts';
import type { RandomChoice } from './random-choice.ts';

export interface PortJson extends ApiJson {
  readonly name?: string;
  readonly protocol: string;
  readonly port: number;
}

export interface ObjectId {
  readonly namespace: string;
  readonly name: string;
}

export const DOMAIN = 'cluster.local';

/** Port names that are also names of protocols, Services and namespaces. */
export const PORT_NAMES = [
  'http',
  'https',
  'dns',
  'dns-tcp',
  'metrics',
  'tcp',
  'udp',
  'web',
  'svc',
];
const PROTOCOLS = ['TCP', 'TCP', 'UDP', 'SCTP'];
const NUMBERS = [53, 80, 443, 8080, 9090];
const FAMILIES: readonly (readonly IpFamily[])[] = [
  ['IPv4'],
  ['IPv4'],
  ['IPv6'],
  ['IPv4', 'IPv6'],
  ['IPv6', 'IPv4'],
];
const HOSTNAMES = ['web-0', 'web-1', 'db', 'tcp', 'udp', 'http'];
/** What an ExternalName leads to besides Services of the cluster. */
const OUTSIDE = ['www.example.org', 'example.org.', 'missing.example.net', '192.0.2.7'];

export function createPorts(
  random: RandomChoice,
  { mayBeNone }: { mayBeNone: boolean },
): PortJson[] {
  if (mayBeNone && random.chance(12)) return [];
  if (random.chance(15)) return [{ protocol: random.pick(PROTOCOLS), port: random.pick(NUMBERS) }];
  const names = random.sample(PORT_NAMES, 1 + random.below(3));
  const ports = names.map((name) => ({
    name,
    protocol: random.pick(PROTOCOLS),
    port: random.pick(NUMBERS),
  }));
  // One number may stand for several protocols, but not twice for one.
  return ports.filter(
    ({ protocol, port }, i) =>
      ports.findIndex((other) => other.protocol === protocol && other.port === port) === i,
  );
}

export function createClusterIpService(
  id: ObjectId,
  random: RandomChoice,
  ips: VirtualIps,
): ApiJson {
  const ipFamilies = random.pick(FAMILIES);
  const clusterIPs = ipFamilies.map((family) => ips.next(family));
  const ports = createPorts(random, { mayBeNone: false });
  return service(id, {
    type: random.chance(80) ? 'ClusterIP' : 'LoadBalancer',
    clusterIP: clusterIPs[0],
    clusterIPs,
    ...familiesOf(ipFamilies),
    ports,
    ...(random.chance(10) && { externalIPs: ['198.51.100.7'] }),
  });
}

export function createHeadlessService(id: ObjectId, random: RandomChoice): ApiJson {
  const ports = createPorts(random, { mayBeNone: true });
  return service(id, {
    type: 'ClusterIP',
    clusterIP: 'None',
    clusterIPs: ['None'],
    ...familiesOf(random.pick(FAMILIES)),
    ...(ports.length > 0 && { ports }),
  });
}

/** `inside` are names of the cluster that it may lead to, whether there is something or not. */
export function createExternalNameService(
  id: ObjectId,
  random: RandomChoice,
  inside: readonly string[],
): ApiJson {
  const externalName = random.chance(50) ? random.pick(OUTSIDE) : random.pick(inside);
  const ports = createPorts(random, { mayBeNone: true });
  return service(id, { type: 'ExternalName', externalName, ...(ports.length > 0 && { ports }) });
}

export interface SliceOptions {
  readonly index: number;
  readonly family: IpFamily;
  readonly count: number;
  readonly ports: readonly PortJson[];
  readonly nextAddress: (family: IpFamily) => string;
}

/** A slice of a Service that may be there or not. */
export function createSlice(id: ObjectId, random: RandomChoice, options: SliceOptions): ApiJson {
  const { namespace, name } = id;
  const { index, family, ports, nextAddress } = options;
  const naming = random.pick(['hostnames', 'some', 'none', 'none']);
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace,
      name: `${name.slice(0, 50)}-slice-${index}`,
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType: family,
    ...(ports.length > 0 && { ports }),
    endpoints: Array.from({ length: options.count }, (_, i) => ({
      addresses: [nextAddress(family)],
      conditions: createConditions(random),
      ...(naming === 'hostnames' && { hostname: `${name.slice(0, 40)}-${i}` }),
      ...(naming === 'some' && random.chance(50) && { hostname: random.pick(HOSTNAMES) }),
      ...(random.chance(60) && {
        targetRef: { kind: 'Pod', namespace, name: `${name.slice(0, 30)}-pod-${index}-${i}` },
      }),
    })),
  };
}

export function createPod(id: ObjectId, random: RandomChoice, ips: readonly string[]): ApiJson {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...id },
    spec: { containers: [{ name: 'main', image: 'example.org/main' }] },
    status: {
      phase: random.pick(['Running', 'Running', 'Running', 'Pending', 'Succeeded', 'Failed']),
      podIP: ips[0],
      podIPs: ips.map((ip) => ({ ip })),
    },
  };
}

/** Ready may be unknown, which counts as ready. */
function createConditions(random: RandomChoice): ApiJson {
  if (random.chance(70)) return { ready: true, serving: true, terminating: false };
  if (random.chance(30)) return {};
  const terminating = random.chance(50);
  return { ready: false, serving: terminating, terminating };
}

function familiesOf(ipFamilies: readonly IpFamily[]): ApiJson {
  return {
    ipFamilies,
    ipFamilyPolicy: ipFamilies.length === 2 ? 'RequireDualStack' : 'SingleStack',
  };
}

function service(id: ObjectId, spec: ApiJson): ApiJson {
  return { apiVersion: 'v1', kind: 'Service', metadata: { ...id }, spec };
}
