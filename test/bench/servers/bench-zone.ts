/**
 * The zone that every server is measured with, as a plain list: Services with a virtual IP, as many as asked for,
 * and beside them headless Services of 15 and of 100 endpoints, as many at every size. What a server wants to read
 * (zone files, manifests, objects of the API) is made of it.
 */

export const CLUSTER_DOMAIN = 'cluster.local';

/** Holds every address of the zone. */
export const REVERSE_ZONE = '10.in-addr.arpa';

export const SERVICE_CIDR = '10.96.0.0/12';

/** Seconds, for every record of every server. */
export const TTL = 5;

export const PORT_NAME = 'http';
export const PORT_NUMBER = 80;

const SERVICES_PER_NAMESPACE = 20;
const HEADLESS: readonly { readonly endpoints: number; readonly count: number }[] = [
  { endpoints: 15, count: 100 },
  { endpoints: 100, count: 20 },
];

export interface BenchService {
  readonly namespace: string;
  readonly name: string;
  readonly clusterIp: string;
}

export interface BenchHeadless {
  readonly namespace: string;
  readonly name: string;
  readonly addresses: readonly string[];
}

export interface BenchZone {
  readonly namespaces: readonly string[];
  readonly services: readonly BenchService[];
  readonly headless: readonly BenchHeadless[];
}

/** Builds a zone of so many Services with a virtual IP. */
export function buildBenchZone(names: number): BenchZone {
  const namespaceCount = Math.max(1, Math.floor(names / SERVICES_PER_NAMESPACE));
  const namespaces = Array.from({ length: namespaceCount }, (_, i) => `ns-${i}`);
  const services = Array.from({ length: names }, (_, i) => ({
    namespace: namespaces[i % namespaceCount],
    name: `svc-${i}`,
    // The first addresses of the range are what a cluster keeps for itself.
    clusterIp: addressAt(96, i + 256),
  }));
  return { namespaces, services, headless: buildHeadless(namespaces) };
}

function buildHeadless(namespaces: readonly string[]): BenchHeadless[] {
  let address = 256;
  return HEADLESS.flatMap(({ endpoints, count }) =>
    Array.from({ length: count }, (_, i) => ({
      namespace: namespaces[i % namespaces.length],
      name: `set-${endpoints}-${i}`,
      addresses: Array.from({ length: endpoints }, () => addressAt(244, address++)),
    })),
  );
}

/** Gives the address that many after 10.`second`.0.0. */
function addressAt(second: number, offset: number): string {
  return `10.${second + (offset >> 16)}.${(offset >> 8) & 255}.${offset & 255}`;
}

export function ownerNameOf({ namespace, name }: { namespace: string; name: string }): string {
  return `${name}.${namespace}.svc.${CLUSTER_DOMAIN}`;
}

export function reverseNameOf(address: string): string {
  return `${address.split('.').reverse().join('.')}.in-addr.arpa`;
}
