/**
 * Service (v1): what is served of it, and what it asks for where it is to have virtual IPs. Defaults and
 * checks are those of the API server, which does not see these objects.
 */
import { isIPv4 } from 'node:net';
import type { IpFamily, Service, ServicePort } from '../resources.ts';
import { PROTOCOLS } from './decode-endpoint-slice.ts';
import type { Metadata } from './decode-object.ts';
import type { Field } from './field.ts';
import { ADDRESS, DNS_LABEL, DOMAIN_NAME, TARGET_PORT_NAME } from './text-rules.ts';

export type IpFamilyPolicy = 'SingleStack' | 'PreferDualStack' | 'RequireDualStack';

/** What a Service says of its virtual IPs. */
export interface VipRequest {
  /** Addresses that it names, at most one of a family. */
  readonly given: readonly string[];
  /** Families that it names, primary first; there may be fewer than addresses, or none. */
  readonly families: readonly IpFamily[];
  readonly policy: IpFamilyPolicy;
}

const TYPES = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'] as const;
const POLICIES = ['SingleStack', 'PreferDualStack', 'RequireDualStack'] as const;
const FAMILIES = ['IPv4', 'IPv6'] as const;

/** Decodes a Service; its `clusterIps` are those that it names itself. */
export function decodeService(
  object: Field,
  metadata: Metadata,
): { resource: Service; vipRequest?: VipRequest } {
  const spec = object.get('spec');
  const type = spec.get('type').oneOf(TYPES, { absent: 'ClusterIP' });
  const given = type === 'ExternalName' ? noClusterIps(spec) : decodeClusterIps(spec);
  const headless = given === 'None';
  const clusterIps = headless ? [] : given;
  const families = decodeFamilies(spec.get('ipFamilies'), clusterIps);
  const resource: Service = {
    kind: 'Service',
    ...metadata,
    type,
    clusterIps,
    headless,
    externalName: type === 'ExternalName' ? spec.get('externalName').requiredText(DOMAIN_NAME) : '',
    ports: decodePorts(spec.get('ports')),
    publishNotReadyAddresses: spec.get('publishNotReadyAddresses').boolean({ absent: false }),
    selector: type === 'ExternalName' ? {} : spec.get('selector').labels(),
    ...(families.length > 0 && { ipFamilies: families }),
  };
  if (headless && type !== 'ClusterIP')
    spec.get('type').addMistake('ClusterIP, with clusterIP None');
  const policy = decodePolicy(spec, Math.max(families.length, clusterIps.length));
  if (headless || type === 'ExternalName') return { resource };
  return { resource, vipRequest: { given: clusterIps, families, policy } };
}

function noClusterIps(spec: Field): 'None' | [] {
  for (const field of [spec.get('clusterIP'), ...spec.get('clusterIPs').items()]) {
    const isAbsent = !field.isPresent || field.value === '' || field.value === 'None';
    if (!isAbsent) field.addMistake('no cluster IP, with type ExternalName');
  }
  return [];
}

/** Gives the addresses of `clusterIP` and `clusterIPs`, which must agree, in the order of the latter. */
function decodeClusterIps(spec: Field): 'None' | string[] {
  const one = spec.get('clusterIP');
  const all = spec.get('clusterIPs').items({ max: 2 });
  const isEmpty = !one.isPresent || one.value === '';
  if (!isEmpty && all.length > 0 && one.value !== all[0].value) {
    one.addMistake('the first of clusterIPs');
  }
  const fields = all.length > 0 ? all : isEmpty ? [] : [one];
  if (fields.length === 1 && fields[0].value === 'None') return 'None';
  const addresses = fields.map((field) => field.requiredText(ADDRESS));
  if (addresses.length === 2 && isIPv4(addresses[0]) === isIPv4(addresses[1])) {
    spec.get('clusterIPs').addMistake('at most one address of a family');
  }
  return addresses;
}

function decodeFamilies(list: Field, clusterIps: readonly string[]): IpFamily[] {
  const ofAddresses = clusterIps.map((ip) => (isIPv4(ip) ? 'IPv4' : 'IPv6'));
  const families = list.items({ max: 2 }).map((family) => family.oneOf(FAMILIES));
  if (families.length === 2 && families[0] === families[1])
    list.addMistake('two different families');
  const agree = ofAddresses.every((family, i) => i >= families.length || family === families[i]);
  if (!agree) list.addMistake(`the families of the cluster IPs (${ofAddresses.join(', ')})`);
  return families;
}

/** Two families, or two addresses, ask for both without a policy. */
function decodePolicy(spec: Field, families: number): IpFamilyPolicy {
  const field = spec.get('ipFamilyPolicy');
  const policy = field.oneOf(POLICIES, {
    absent: families > 1 ? 'RequireDualStack' : 'SingleStack',
  });
  if (families > 1 && policy === 'SingleStack') {
    field.addMistake('PreferDualStack or RequireDualStack, with two families');
  }
  return policy;
}

function decodePorts(list: Field): ServicePort[] {
  const items = list.items();
  const names = new Set<string>();
  const numbers = new Set<string>();
  return items.map((item) => {
    const name = item.get('name');
    const port: ServicePort = {
      name: items.length > 1 ? name.requiredText(DNS_LABEL) : name.text(DNS_LABEL),
      protocol: item.get('protocol').oneOf(PROTOCOLS, { absent: 'TCP' }),
      port: item.get('port').wholeNumber({ min: 1, max: 65_535 }),
      targetPort: decodeTargetPort(item),
    };
    const number = `${port.protocol}/${port.port}`;
    if (names.has(port.name) && port.name !== '')
      name.addMistake('a name that no other port here has');
    if (numbers.has(number)) {
      item.get('port').addMistake(`a ${port.protocol} port that no other port here has`);
    }
    names.add(port.name);
    numbers.add(number);
    return port;
  });
}

/** The port itself where nothing else is said. */
function decodeTargetPort(item: Field): number | string {
  const field = item.get('targetPort');
  const { value } = field;
  if (typeof value === 'string' && value !== '') return field.text(TARGET_PORT_NAME);
  const isAbsent = !field.isPresent || value === '' || value === 0;
  return (isAbsent ? item.get('port') : field).wholeNumber({ min: 1, max: 65_535 });
}
