/** API objects as the API server may hold them, in their JSON form, for property tests. */
import fc from 'fast-check';
import type { ApiJson } from './emulation/encode-protobuf.ts';

const name = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
const ipv4 = fc.ipV4();
const ipv6 = fc.ipV6();
const protocol = fc.constantFrom('TCP', 'UDP', 'SCTP');
const port = fc.integer({ min: 1, max: 65_535 });
const labels = fc.dictionary(
  fc.oneof(name, fc.constantFrom('app', '__proto__', 'kubernetes.io/service-name')),
  fc.oneof(name, fc.constantFrom('', 'web', 'Grün')),
  { maxKeys: 4 },
);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const metadata = fc.record(
  {
    name,
    namespace: name,
    uid: fc.uuid(),
    resourceVersion: fc.nat().map((version) => String(version + 1)),
    labels,
    annotations: fc.dictionary(name, fc.string(), { maxKeys: 2 }),
    managedFields: fc.array(fc.record({ manager: fc.string() }), { maxLength: 2 }),
    deletionTimestamp: fc.constant('2026-01-01T00:00:00Z'),
    creationTimestamp: fc.constant('2026-01-01T00:00:00Z'),
  },
  { requiredKeys: ['name', 'namespace', 'resourceVersion'] },
);

/** Ports with names and numbers of their own. */
const servicePorts = fc.uniqueArray(
  fc.record(
    {
      name,
      protocol,
      port,
      targetPort: fc.oneof(port, fc.stringMatching(/^[a-z]{1,10}$/)),
      nodePort: port,
      appProtocol: fc.string(),
    },
    { requiredKeys: ['name', 'port', 'protocol'] },
  ),
  { maxLength: 4, selector: (each) => each.name, comparator: (a, b) => a === b },
);

const addresses = fc.oneof(
  fc.constant({ clusterIP: 'None', clusterIPs: ['None'] }),
  ipv4.map((ip) => ({ clusterIP: ip, clusterIPs: [ip], ipFamilies: ['IPv4'] })),
  ipv4.map((ip) => ({ clusterIP: ip })),
  fc.tuple(ipv6, ipv4).map(([six, four]) => ({
    clusterIP: six,
    clusterIPs: [six, four],
    ipFamilies: ['IPv6', 'IPv4'],
  })),
);

const virtualIpSpec = fc
  .tuple(addresses, fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer', undefined))
  .map(([ips, type]) =>
    ips.clusterIP === 'None' ? { ...ips, type: 'ClusterIP' } : { ...ips, type },
  );
const aliasSpec = fc.constantFrom('example.org', 'Host_1.example.org.').map((externalName) => ({
  type: 'ExternalName',
  externalName,
}));

export const serviceJson: fc.Arbitrary<ApiJson> = fc
  .tuple(
    metadata,
    fc.oneof({ weight: 4, arbitrary: virtualIpSpec }, aliasSpec),
    fc.record({
      ports: optional(servicePorts),
      selector: optional(labels),
      publishNotReadyAddresses: optional(fc.boolean()),
      sessionAffinity: fc.constant('None'),
    }),
  )
  .filter(([, , { ports = [] }]) => distinct(ports.map((each) => `${each.protocol}/${each.port}`)))
  .map(([meta, spec, rest]) =>
    object('v1', 'Service', { metadata: meta, spec: { ...rest, ...spec } }),
  );

const endpoint = (address: fc.Arbitrary<string>) =>
  fc.record(
    {
      addresses: fc.array(address, { minLength: 1, maxLength: 2 }),
      conditions: fc.record(
        { ready: fc.boolean(), serving: fc.boolean(), terminating: fc.boolean() },
        { requiredKeys: [] },
      ),
      hostname: name,
      targetRef: fc.record({
        kind: fc.constantFrom('Pod', 'Node'),
        name: fc.oneof(name, fc.string()),
        uid: fc.uuid(),
      }),
      nodeName: name,
      zone: name,
    },
    { requiredKeys: ['addresses'] },
  );

const slicePorts = fc.uniqueArray(
  fc.record(
    { name, protocol: optional(protocol), port: optional(port) },
    { requiredKeys: ['name'] },
  ),
  { maxLength: 3, selector: (each) => each.name },
);

export const endpointSliceJson: fc.Arbitrary<ApiJson> = fc
  .tuple(
    metadata,
    fc.oneof(
      fc.record({
        addressType: fc.constant('IPv4'),
        endpoints: fc.array(endpoint(ipv4), { maxLength: 5 }),
      }),
      fc.record({
        addressType: fc.constant('IPv6'),
        endpoints: fc.array(endpoint(ipv6), { maxLength: 5 }),
      }),
    ),
    slicePorts,
  )
  .map(([meta, rest, ports]) =>
    object('discovery.k8s.io/v1', 'EndpointSlice', { metadata: meta, ...rest, ports }),
  );

export const namespaceJson: fc.Arbitrary<ApiJson> = metadata.map(({ namespace: _, ...meta }) =>
  object('v1', 'Namespace', { metadata: meta, status: { phase: 'Active' } }),
);

export const podJson: fc.Arbitrary<ApiJson> = fc
  .tuple(
    metadata,
    fc.record(
      {
        containers: fc.array(
          fc.record({
            name,
            image: fc.string(),
            ports: fc.array(
              fc.record(
                { name, containerPort: port, protocol: optional(protocol) },
                { requiredKeys: ['containerPort'] },
              ),
              { maxLength: 2 },
            ),
          }),
          { maxLength: 2 },
        ),
        hostname: name,
        subdomain: name,
      },
      { requiredKeys: [] },
    ),
    fc.record(
      {
        phase: fc.constantFrom('Pending', 'Running', 'Succeeded', 'Failed'),
        podIP: ipv4,
        podIPs: fc.array(fc.record({ ip: fc.oneof(ipv4, ipv6) }), { maxLength: 2 }),
        conditions: fc.array(
          fc.record({
            type: fc.constantFrom('Ready', 'PodScheduled'),
            status: fc.constantFrom('True', 'False', 'Unknown'),
          }),
          { maxLength: 3 },
        ),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([meta, spec, status]) => object('v1', 'Pod', { metadata: meta, spec, status }));

/** As it comes over the wire: without what is undefined. */
function object(apiVersion: string, kind: string, fields: ApiJson): ApiJson {
  return JSON.parse(JSON.stringify({ apiVersion, kind, ...fields }));
}

function distinct(texts: readonly string[]): boolean {
  return new Set(texts).size === texts.length;
}
