import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { decodeDocument } from '../../../src/source/manifests/decode-object.ts';
import { formatProblem } from '../../../src/source/manifests/problem.ts';
import type { Resource } from '../../../src/source/resources.ts';

/** Decodes YAML that has no mistakes. */
function decode(text: string): Resource[] {
  const { objects, mistakes } = decodeDocument(parse(text));
  assert.deepEqual([...mistakes], []);
  return objects.map(({ resource }) => resource);
}

/** The mistakes in a document, as `path: expected` and what was received. */
function mistakes(text: string): string[] {
  return [...decodeDocument(parse(text)).mistakes].map(
    ({ path, expected, received }) => `${path}: ${expected}: ${received}`,
  );
}

function manifest(kind: string, body: string, metadata = '{name: web, namespace: shop}'): string {
  const apiVersion = kind === 'EndpointSlice' ? 'discovery.k8s.io/v1' : 'v1';
  return `{apiVersion: ${apiVersion}, kind: ${kind}, metadata: ${metadata}, ${body}}`;
}

const withSpec = (spec: string) => manifest('Service', `spec: {${spec}}`);

describe('decodeDocument()', () => {
  test('decodes a Service with the defaults of the API server', () => {
    assert.deepEqual(decode(manifest('Service', 'spec: {ports: [{port: 80}]}', '{name: web}')), [
      {
        kind: 'Service',
        namespace: 'default',
        name: 'web',
        labels: {},
        type: 'ClusterIP',
        clusterIps: [],
        headless: false,
        externalName: '',
        ports: [{ name: '', protocol: 'TCP', port: 80, targetPort: 80 }],
        publishNotReadyAddresses: false,
        selector: {},
      },
    ]);
  });

  test('decodes every field of a Service that is served', () => {
    const text = manifest(
      'Service',
      `spec: {type: LoadBalancer, clusterIP: 192.0.2.1, clusterIPs: [192.0.2.1, "2001:db8::1"],
        ipFamilies: [IPv4, IPv6], ipFamilyPolicy: PreferDualStack, publishNotReadyAddresses: true,
        selector: {app: web}, ports: [{name: http, port: 80, targetPort: web},
        {name: dns, port: 53, protocol: UDP, targetPort: 5353}]}, status: {loadBalancer: {}}`,
      '{name: web, namespace: shop, labels: {team: a}, resourceVersion: "7", uid: x}',
    );
    const { objects } = decodeDocument(parse(text));
    assert.deepEqual(objects, [
      {
        resource: {
          kind: 'Service',
          namespace: 'shop',
          name: 'web',
          labels: { team: 'a' },
          type: 'LoadBalancer',
          clusterIps: ['192.0.2.1', '2001:db8::1'],
          headless: false,
          externalName: '',
          ports: [
            { name: 'http', protocol: 'TCP', port: 80, targetPort: 'web' },
            { name: 'dns', protocol: 'UDP', port: 53, targetPort: 5353 },
          ],
          publishNotReadyAddresses: true,
          selector: { app: 'web' },
          ipFamilies: ['IPv4', 'IPv6'],
        },
        vipRequest: {
          given: ['192.0.2.1', '2001:db8::1'],
          families: ['IPv4', 'IPv6'],
          policy: 'PreferDualStack',
        },
      },
    ]);
  });

  test('decodes headless Services and ExternalName, which ask for no virtual IP', () => {
    for (const spec of [
      'clusterIP: None',
      'clusterIP: None, clusterIPs: [None]',
      'clusterIPs: [None]',
    ]) {
      const [{ resource, vipRequest }] = decodeDocument(parse(withSpec(spec))).objects;
      assert.equal(resource.kind === 'Service' && resource.headless, true, spec);
      assert.equal(vipRequest, undefined, spec);
    }
    for (const target of ['www.example.org', 'WWW.example.org.', '192.0.2.1', '"2001:db8::1"']) {
      const spec = `type: ExternalName, externalName: ${target}`;
      const [{ resource, vipRequest }] = decodeDocument(parse(withSpec(spec))).objects;
      const externalName = resource.kind === 'Service' ? resource.externalName : '';
      assert.equal(externalName, target.replaceAll('"', ''));
      assert.equal(vipRequest, undefined);
    }
  });

  for (const [spec, ...expected] of [
    ['ports: [{port: http}]', 'spec.ports[0].port: a whole number from 1 to 65535: "http"'],
    ['ports: [{port: 0}]', 'spec.ports[0].port: a whole number from 1 to 65535: 0'],
    ['ports: [{}]', 'spec.ports[0].port: a whole number from 1 to 65535: nothing'],
    ['ports: {port: 80}', 'spec.ports: a list: {"port":80}'],
    ['ports: [{port: 80, protocol: tcp}]', 'spec.ports[0].protocol: one of TCP, UDP, SCTP: "tcp"'],
    [
      'ports: [{port: 80, name: a}, {port: 81, name: a}]',
      'spec.ports[1].name: a name that no other port here has: "a"',
    ],
    [
      'ports: [{port: 80, name: a}, {port: 80, name: b}]',
      'spec.ports[1].port: a TCP port that no other port here has: 80',
    ],
    [
      'ports: [{port: 80}, {port: 81, name: b}]',
      'spec.ports[0].name: a DNS label (1 to 63 of a-z, 0-9 and "-", no "-" at either end): nothing',
    ],
    [
      'ports: [{port: 80, targetPort: 70000}]',
      'spec.ports[0].targetPort: a whole number from 1 to 65535: 70000',
    ],
    [
      'ports: [{port: 80, targetPort: "80"}]',
      'spec.ports[0].targetPort: a port from 1 to 65535, or a port name (1 to 15 of a-z, 0-9 and single "-", a letter): "80"',
    ],
    [
      'type: Internal',
      'spec.type: one of ClusterIP, NodePort, LoadBalancer, ExternalName: "Internal"',
    ],
    ['type: NodePort, clusterIP: None', 'spec.type: ClusterIP, with clusterIP None: "NodePort"'],
    ['type: ExternalName', 'spec.externalName: a domain name of at most 253 characters: nothing'],
    [
      'type: ExternalName, externalName: a..b',
      'spec.externalName: a domain name of at most 253 characters: "a..b"',
    ],
    [
      'type: ExternalName, externalName: a.example.org, clusterIP: 192.0.2.1',
      'spec.clusterIP: no cluster IP, with type ExternalName: "192.0.2.1"',
    ],
    ['clusterIP: 192.0.2.256', 'spec.clusterIP: an IP address: "192.0.2.256"'],
    ['clusterIP: "fe80::1%eth0"', 'spec.clusterIP: an IP address: "fe80::1%eth0"'],
    ['clusterIPs: [None, 192.0.2.1]', 'spec.clusterIPs[0]: an IP address: "None"'],
    [
      'clusterIP: 192.0.2.1, clusterIPs: [192.0.2.2]',
      'spec.clusterIP: the first of clusterIPs: "192.0.2.1"',
    ],
    [
      'clusterIPs: [192.0.2.1, 192.0.2.2]',
      'spec.clusterIPs: at most one address of a family: ["192.0.2.1","192.0.2.2"]',
    ],
    [
      'clusterIP: 192.0.2.1, ipFamilies: [IPv6]',
      'spec.ipFamilies: the families of the cluster IPs (IPv4): ["IPv6"]',
    ],
    ['ipFamilies: [IPv6, IPv6]', 'spec.ipFamilies: two different families: ["IPv6","IPv6"]'],
    [
      'ipFamilyPolicy: SingleStack, ipFamilies: [IPv4, IPv6]',
      'spec.ipFamilyPolicy: PreferDualStack or RequireDualStack, with two families: "SingleStack"',
    ],
    ['selector: {app: 1}', 'spec.selector.app: a string: 1'],
    ['publishNotReadyAddresses: "yes"', 'spec.publishNotReadyAddresses: true or false: "yes"'],
  ]) {
    test(`reports a Service with ${spec}`, () => {
      assert.deepEqual(mistakes(withSpec(spec)), expected);
    });
  }

  test('reports all mistakes of an object at once, and every object of a list on its own', () => {
    const list = `apiVersion: v1
kind: List
items:
- ${manifest('Service', 'spec: {type: 1, ports: [{port: 0}, {port: 99999, name: B}]}')}
- ${manifest('Service', 'spec: {}', '{name: good}')}
- ${manifest('Pod', 'spec: 7', '{name: UPPER}')}
`;
    const decoded = decodeDocument(parse(list));
    assert.deepEqual(
      Array.from(decoded.mistakes, ({ path }) => path),
      [
        'items[0].spec.type',
        'items[0].spec.ports[0].name',
        'items[0].spec.ports[0].port',
        'items[0].spec.ports[1].name',
        'items[0].spec.ports[1].port',
        'items[2].metadata.name',
        'items[2].spec',
      ],
    );
    assert.deepEqual(
      decoded.objects.map(({ resource }) => resource.name),
      ['good'],
    );
    assert.deepEqual(decoded.broken, [{ kind: 'Service', key: 'shop/web' }]);
    assert.equal(decoded.hasUnknown, true);
  });

  test('gives the items of a typed list their kind', () => {
    const text = `{apiVersion: discovery.k8s.io/v1, kind: EndpointSliceList, metadata: {resourceVersion: "1"},
      items: [{metadata: {name: a}, addressType: IPv4, endpoints: null, ports: null}]}`;
    assert.deepEqual(decode(text), [
      {
        kind: 'EndpointSlice',
        namespace: 'default',
        name: 'a',
        labels: {},
        serviceName: '',
        addressType: 'IPv4',
        endpoints: [],
        ports: [],
      },
    ]);
    assert.deepEqual(decode('{apiVersion: v1, kind: ServiceList, items: []}'), []);
  });

  test('counts what is not served, also a Service of another group', () => {
    const text = `{apiVersion: v1, kind: List, items: [{apiVersion: apps/v1, kind: Deployment},
      {apiVersion: serving.example.org/v1, kind: Service}, {apiVersion: v1, kind: constructor}]}`;
    const { objects, mistakes: found, skipped } = decodeDocument(parse(text));
    assert.deepEqual([objects, [...found], skipped], [[], [], 3]);
  });

  for (const [text, expected] of [
    ['text', ': a Kubernetes object: "text"'],
    ['[1]', ': a Kubernetes object: [1]'],
    ['{apiVersion: v1}', 'kind: a kind, such as Service: nothing'],
    ['{kind: Service}', 'apiVersion: a version, such as v1: nothing'],
    ['{apiVersion: v1, kind: List}', 'items: a list: nothing'],
    [
      manifest('Service', 'spec: {}', '{}'),
      'metadata.name: a DNS label (1 to 63 of a-z, 0-9 and "-", no "-" at either end): nothing',
    ],
    [
      manifest('Service', 'spec: {}', '{name: a.b}'),
      'metadata.name: a DNS label (1 to 63 of a-z, 0-9 and "-", no "-" at either end): "a.b"',
    ],
    [manifest('Pod', '', '{name: a, labels: [b]}'), 'metadata.labels: a mapping: ["b"]'],
    [
      manifest('Pod', '', '{name: a, labels: {"example.org/b": [c]}}'),
      'metadata.labels."example.org/b": a string: ["c"]',
    ],
  ]) {
    test(`reports ${text}`, () => {
      assert.deepEqual(mistakes(text), [expected]);
    });
  }

  test('decodes an EndpointSlice', () => {
    const text = manifest(
      'EndpointSlice',
      `addressType: IPv6, ports: [{name: http, port: 80}, {name: any, protocol: UDP, port: null}], endpoints: [
        {addresses: ["2001:db8::1"], conditions: {ready: true}, hostname: a, targetRef: {kind: Pod, name: p}},
        {addresses: ["2001:db8::2", "2001:db8::3"], conditions: {ready: false}, targetRef: {kind: Node, name: n}},
        {addresses: ["2001:db8::4"], conditions: {}}, {addresses: ["2001:db8::5"], conditions: {ready: null}},
        {addresses: ["2001:db8::6"]}]`,
      '{name: a.b, namespace: shop, labels: {kubernetes.io/service-name: web}}',
    );
    const [resource] = decode(text);
    assert.equal(resource.kind, 'EndpointSlice');
    assert.equal(resource.serviceName, 'web');
    assert.deepEqual(resource.ports, [
      { name: 'http', protocol: 'TCP', port: 80 },
      { name: 'any', protocol: 'UDP', port: 0 },
    ]);
    assert.deepEqual(
      resource.endpoints.map((one) => [one.addresses.length, one.ready, one.hostname, one.podName]),
      [
        [1, true, 'a', 'p'],
        [2, false, '', ''],
        [1, true, '', ''],
        [1, true, '', ''],
        [1, true, '', ''],
      ],
    );
  });

  for (const [body, expected] of [
    ['endpoints: []', 'addressType: one of IPv4, IPv6, FQDN: nothing'],
    ['addressType: IPv4, endpoints: [{}]', 'endpoints[0].addresses: a list of 1 to 100 items: 0'],
    [
      `addressType: IPv4, endpoints: [{addresses: [${'192.0.2.1,'.repeat(101)}]}]`,
      'endpoints[0].addresses: a list of 1 to 100 items: 101',
    ],
    [
      'addressType: IPv4, endpoints: [{addresses: ["2001:db8::1"]}]',
      'endpoints[0].addresses[0]: an IPv4 address: "2001:db8::1"',
    ],
    [
      'addressType: IPv6, endpoints: [{addresses: [192.0.2.1]}]',
      'endpoints[0].addresses[0]: an IPv6 address: "192.0.2.1"',
    ],
    [
      'addressType: FQDN, endpoints: [{addresses: [""]}]',
      'endpoints[0].addresses[0]: a domain name of at most 253 characters: ""',
    ],
    [
      'addressType: IPv4, endpoints: [{addresses: [192.0.2.1], conditions: {ready: "true"}}]',
      'endpoints[0].conditions.ready: true or false: "true"',
    ],
    [
      'addressType: IPv4, ports: [{port: 65536}]',
      'ports[0].port: a whole number from 1 to 65535: 65536',
    ],
  ]) {
    test(`reports an EndpointSlice with ${body.slice(0, 80)}`, () => {
      assert.deepEqual(mistakes(manifest('EndpointSlice', body)), [expected]);
    });
  }

  test('decodes Endpoints', () => {
    const text = manifest(
      'Endpoints',
      `subsets: [{addresses: [{ip: 192.0.2.1, hostname: a, targetRef: {kind: Pod, name: p}}],
        notReadyAddresses: [{ip: "2001:db8::1"}], ports: [{name: http, port: 80, protocol: TCP}]}]`,
    );
    assert.deepEqual(decode(text), [
      {
        kind: 'Endpoints',
        namespace: 'shop',
        name: 'web',
        subsets: [
          {
            endpoints: [
              { addresses: ['192.0.2.1'], ready: true, hostname: 'a', podName: 'p' },
              { addresses: ['2001:db8::1'], ready: false, hostname: '', podName: '' },
            ],
            ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
          },
        ],
      },
    ]);
    assert.deepEqual(mistakes(manifest('Endpoints', 'subsets: [{addresses: [{}]}]')), [
      'subsets[0].addresses[0].ip: an IP address: nothing',
    ]);
  });

  test('decodes a Pod', () => {
    const text = manifest(
      'Pod',
      `spec: {hostname: first, subdomain: web, containers: [{name: a}, {name: b, ports: [
        {name: web, containerPort: 8080}, {containerPort: 9090}, {name: dns, containerPort: 53, protocol: UDP}]}]},
        status: {phase: Running, podIP: 192.0.2.1, podIPs: [{ip: 192.0.2.1}, {ip: "2001:db8::1"}],
        conditions: [{type: Initialized, status: "True"}, {type: Ready, status: "True"}]}`,
    );
    assert.deepEqual(decode(text), [
      {
        kind: 'Pod',
        namespace: 'shop',
        name: 'web',
        labels: {},
        ips: ['192.0.2.1', '2001:db8::1'],
        ready: true,
        gone: false,
        hostname: 'first',
        subdomain: 'web',
        ports: [
          { name: 'web', protocol: 'TCP', port: 8080 },
          { name: 'dns', protocol: 'UDP', port: 53 },
        ],
      },
    ]);
  });

  for (const [body, expected] of [
    ['spec: {containers: []}', { ips: [], ready: false, gone: false }],
    ['status: {phase: Pending, podIP: ""}', { ips: [], ready: false, gone: false }],
    ['status: {podIP: 192.0.2.1}', { ips: ['192.0.2.1'], ready: false, gone: false }],
    [
      'status: {conditions: [{type: Ready, status: "False"}]}',
      { ips: [], ready: false, gone: false },
    ],
    ['status: {phase: Succeeded}', { ips: [], ready: false, gone: true }],
    ['status: {phase: Failed}', { ips: [], ready: false, gone: true }],
  ] as const) {
    test(`decodes a Pod with ${body}`, () => {
      const [resource] = decode(manifest('Pod', body));
      assert.equal(resource.kind, 'Pod');
      const { ips, ready, gone } = resource;
      assert.deepEqual({ ips, ready, gone }, expected);
    });
  }

  test('takes a Pod that is being deleted for gone', () => {
    const metadata = '{name: a, deletionTimestamp: "2026-01-01T00:00:00Z"}';
    const [resource] = decode(manifest('Pod', '', metadata));
    assert.equal(resource.kind === 'Pod' && resource.gone, true);
  });

  test('decodes a Namespace', () => {
    assert.deepEqual(decode(manifest('Namespace', '', '{name: shop, labels: {team: a}}')), [
      { kind: 'Namespace', name: 'shop', labels: { team: 'a' } },
    ]);
  });
});

test('formatProblem() gives one line with file, document and path, as far as there are any', () => {
  const problem = { expected: 'a whole number', received: '"http"' };
  assert.equal(
    formatProblem({ file: 'shop.yaml', document: 3, path: 'spec.ports[0].port', ...problem }),
    'shop.yaml, document 3, spec.ports[0].port: expected a whole number: received "http"',
  );
  assert.equal(
    formatProblem({ file: 'shop.json', document: 0, path: '', ...problem }),
    'shop.json: expected a whole number: received "http"',
  );
});
