/** The configuration as a whole: defaults, files, flags, and every mistake in its line. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ConfigurationError } from '../../src/config/configuration.ts';
import { loadConfiguration, type Overrides } from '../../src/config/load-configuration.ts';

const folder = mkdtempSync(join(tmpdir(), 'vipdns-config-'));
after(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'config.yaml');

function load(text: string, overrides: Overrides = {}) {
  writeFileSync(file, text);
  return loadConfiguration({ file, overrides });
}

/** The mistakes of a file, its folder taken away. */
function mistakesOf(text: string, overrides: Overrides = {}): string[] {
  try {
    load(text, overrides);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error));
    assert.equal(error.code, 'ERR_CONFIGURATION');
    assert.equal(error.message, error.mistakes.join('\n'));
    return error.mistakes.map((mistake) => mistake.replace(file, 'config.yaml'));
  }
  return [];
}

const CACHE = {
  entries: 20_000,
  bytes: 32 << 20,
  maxTtlSeconds: 3600,
  negativeMaxTtlSeconds: 300,
  serveStaleSeconds: 3600,
  prefetch: true,
};

test('loadConfiguration() gives the defaults where there is no file', () => {
  assert.deepEqual(loadConfiguration({}), {
    listen: [{ address: '127.0.0.1', port: 1053 }],
    http: { address: '127.0.0.1', port: 9153 },
    source: { manifests: ['config/demo'], kubernetes: null },
    zones: ['cluster.local'],
    reverseZones: [],
    serviceCidr: ['10.96.0.0/12'],
    ttl: 5,
    negativeTtl: 5,
    pods: 'disabled',
    endpointPodNames: false,
    noEndpoints: false,
    ignoreEmptyService: false,
    namespaces: [],
    namespaceLabels: '',
    labels: '',
    responders: 'auto',
    io: 'auto',
    lameduckMs: 5000,
    stateDir: '',
    log: { level: 'info' },
    forward: [],
    cache: CACHE,
    hosts: [],
    rewrite: [],
    filterAaaa: false,
  });
  for (const empty of ['', '# nothing\n', '---\n', '{}']) {
    assert.deepEqual(load(empty), loadConfiguration({}), JSON.stringify(empty));
  }
});

test('loadConfiguration() takes every option from the file', () => {
  const text = `
    listen: ["0.0.0.0:53", "[2001:DB8::1]:53", "192.0.2.1:0", "192.0.2.1:0"]
    http: "[::]:9153"
    source: {manifests: [a, /b]}
    zones: [Cluster.Local., example.org]
    reverseZones: [244.10.IN-ADDR.ARPA, 8.b.d.0.1.0.0.2.ip6.arpa.]
    serviceCidr: [10.96.0.0/12, "fd00:96::/108"]
    ttl: 0
    negativeTtl: 3600
    pods: verified
    endpointPodNames: true
    noEndpoints: true
    ignoreEmptyService: true
    namespaceLabels: "team in (a, b)"
    labels: "!hidden"
    responders: 16
    io: dgram
    lameduck: 500ms
    stateDir: /var/lib/vipdns
    log: {level: silent}
    forward:
      - {zones: [".", CORP.example.], upstreams: [/etc/resolv.conf]}
      - {zones: [10.in-addr.arpa], upstreams: ["tls://192.0.2.9", "192.0.2.9"], policy: round_robin}
    cache: {entries: 1, bytes: 4MiB, maxTtl: 24h, negativeMaxTtl: 0s, serveStale: 0s, prefetch: false}
    hosts: {DB.corp.example.: [192.0.2.7, "2001:DB8:0::7"]}
    rewrite:
      - {from: Old.corp.example, to: web.shop.svc.cluster.local.}
      - {from: "*.Corp.example", to: "*.shop.svc.cluster.local"}
    filterAaaa: true
  `;
  assert.deepEqual(load(text), {
    listen: [
      { address: '0.0.0.0', port: 53 },
      { address: '2001:db8::1', port: 53 },
      { address: '192.0.2.1', port: 0 },
      { address: '192.0.2.1', port: 0 },
    ],
    http: { address: '::', port: 9153 },
    source: { manifests: ['a', '/b'], kubernetes: null },
    zones: ['cluster.local', 'example.org'],
    reverseZones: ['244.10.in-addr.arpa', '8.b.d.0.1.0.0.2.ip6.arpa'],
    serviceCidr: ['10.96.0.0/12', 'fd00:96::/108'],
    ttl: 0,
    negativeTtl: 3600,
    pods: 'verified',
    endpointPodNames: true,
    noEndpoints: true,
    ignoreEmptyService: true,
    namespaces: [],
    namespaceLabels: 'team in (a, b)',
    labels: '!hidden',
    responders: 16,
    io: 'dgram',
    lameduckMs: 500,
    stateDir: '/var/lib/vipdns',
    log: { level: 'silent' },
    forward: [
      {
        zones: ['', 'corp.example'],
        upstreams: [{ kind: 'resolvConf', path: '/etc/resolv.conf' }],
        policy: 'fastest',
      },
      {
        zones: ['10.in-addr.arpa'],
        upstreams: [
          {
            kind: 'server',
            transport: 'tls',
            address: '192.0.2.9',
            port: 853,
            serverName: '192.0.2.9',
          },
          { kind: 'server', transport: 'udp', address: '192.0.2.9', port: 53, serverName: '' },
        ],
        policy: 'roundRobin',
      },
    ],
    cache: {
      entries: 1,
      bytes: 4 << 20,
      maxTtlSeconds: 86_400,
      negativeMaxTtlSeconds: 0,
      serveStaleSeconds: 0,
      prefetch: false,
    },
    hosts: [{ name: 'db.corp.example', addresses: ['192.0.2.7', '2001:db8::7'] }],
    rewrite: [
      { from: 'old.corp.example', to: 'web.shop.svc.cluster.local' },
      { from: '*.corp.example', to: '*.shop.svc.cluster.local' },
    ],
    filterAaaa: true,
  });
});

test('loadConfiguration() forwards to /etc/resolv.conf in a cluster, unless the file says nothing', () => {
  const upstreams = [{ kind: 'resolvConf', path: '/etc/resolv.conf' }];
  const all = [{ zones: [''], upstreams, policy: 'fastest' }];
  assert.deepEqual(load('source: {kubernetes: {}}').forward, all);
  assert.deepEqual(load('{source: {kubernetes: {}}, forward: null}').forward, all);
  assert.deepEqual(load('{source: {kubernetes: {}}, forward: []}').forward, []);
  assert.deepEqual(load('source: {manifests: [a]}').forward, []);
});

test('loadConfiguration() leaves what a mapping of cache does not name at its default', () => {
  assert.deepEqual(load('cache: {maxTtl: 30s}').cache, { ...CACHE, maxTtlSeconds: 30 });
});

test('loadConfiguration() gives what can be handed to a thread and not be changed', () => {
  const configuration = load('{source: {kubernetes: {}}, hosts: {a.example: [192.0.2.1]}}');
  assert.deepEqual(structuredClone(configuration), configuration);
  const { listen, source, zones, log, forward, hosts } = configuration;
  const inner = [listen[0], source.kubernetes, forward[0].upstreams[0], hosts[0].addresses];
  for (const value of [configuration, listen, source, zones, log, forward, hosts, ...inner]) {
    assert.ok(Object.isFrozen(value));
  }
});

test('loadConfiguration() puts flags before the file and the file before defaults', () => {
  const text = 'ttl: 7\nzones: [a.example.org]\nlog: {level: warn}\nlisten: [nonsense]';
  const overrides = {
    listen: ['192.0.2.1:53'],
    source: { manifests: ['x', 'y'] },
    zones: ['b.example.org'],
  };
  const { listen, source, zones, ttl, negativeTtl, log } = load(text, overrides);
  assert.deepEqual(listen, [{ address: '192.0.2.1', port: 53 }]);
  assert.deepEqual([source.manifests, zones], [['x', 'y'], ['b.example.org']]);
  assert.deepEqual([ttl, negativeTtl, log.level], [7, 5, 'warn']);
});

test('loadConfiguration() does not blame the file where a flag is wrong', () => {
  const overrides = {
    listen: ['192.0.2.1:53', '8.8.8'],
    http: 'x',
    zones: ['example.org', 'sub.example.org'],
    source: { manifests: [''] },
    log: { level: 'loud' },
  };
  assert.deepEqual(mistakesOf('ttl: x', overrides).toSorted(), [
    'config.yaml: ttl: expected whole seconds from 0 to 3600: received "x"',
    'http: expected an IP address with a port, such as "127.0.0.1:1053" or "[::1]:1053": received "x"',
    'listen[1]: expected an IP address with a port, such as "127.0.0.1:1053" or "[::1]:1053": received "8.8.8"',
    'log.level: expected one of "trace", "debug", "info", "warn", "error", "fatal", "silent": received "loud"',
    'source.manifests[0]: expected the path of a folder: received ""',
    'zones[1]: expected a zone neither at, below nor above "example.org": received "sub.example.org"',
  ]);
});

const SOCKET = 'an IP address with a port, such as "127.0.0.1:1053" or "[::1]:1053"';
const ZONE = 'a domain name outside in-addr.arpa, such as "cluster.local"';
const REVERSE = 'a zone below in-addr.arpa or ip6.arpa, such as "244.10.in-addr.arpa"';
const PREFIX = 'an address prefix without host bits, such as "10.96.0.0/12" or "fd00:96::/108"';
const SECONDS = 'whole seconds from 0 to 3600';
const DURATION = 'a duration, such as "500ms", "5s" or "1m"';
const SELECTOR = 'a label selector, such as "app=web,tier in (front, back)"';
const RESPONDERS = '"auto", or a number from 1 to 16';

/** A file of one line, and its mistakes after the file's name. */
const MISTAKES: readonly [string, ...string[]][] = [
  ['lisen: []', '"lisen" is no option; did you mean "listen"'],
  ['upstream: x', '"upstream" is no option'],
  ['__proto__: x', '"__proto__" is no option'],
  ['log: {levle: info}', '"log.levle" is no option; did you mean "log.level"'],
  ['source: {manifest: [a]}', '"source.manifest" is no option; did you mean "source.manifests"'],
  ['listen: ["192.0.2.1:53", "8.8.8"]', `listen[1]: expected ${SOCKET}: received "8.8.8"`],
  [
    'listen: [53, null]',
    `listen[0]: expected ${SOCKET}: received 53`,
    `listen[1]: expected ${SOCKET}: received nothing`,
  ],
  ['listen: "192.0.2.1:53"', 'listen: expected a list: received "192.0.2.1:53"'],
  ['listen: []', 'listen: expected at least one entry: received []'],
  ['listen:', 'listen: expected a list: received nothing'],
  [
    'listen: ["0.0.0.0:53", "192.0.2.1:53", "[::]:53", "[::]:53"]',
    'listen[1]: expected an address that "0.0.0.0:53" leaves free: received "192.0.2.1:53"',
    'listen[3]: expected an address that "[::]:53" leaves free: received "[::]:53"',
  ],
  [
    'http: "0.0.0.0:1053"',
    'http: expected an address that "127.0.0.1:1053" leaves free: received "0.0.0.0:1053"',
  ],
  ['http: 9153', `http: expected ${SOCKET}: received 9153`],
  ['source: config/demo', 'source: expected a mapping: received "config/demo"'],
  ['source: {manifests: []}', 'source.manifests: expected at least one entry: received []'],
  [
    'source: {manifests: [a], kubernetes: {}}',
    'source.manifests: expected nothing where "source.kubernetes" is set: received ["a"]',
  ],
  [
    'source: {kubernetes: {context: here}}',
    'source.kubernetes.context: expected nothing where "source.kubernetes.kubeconfig" is not set: received "here"',
  ],
  ['source: {kubernetes: true}', 'source.kubernetes: expected a mapping: received true'],
  [
    'source: {kubernetes: {kubeconf: a}}',
    '"source.kubernetes.kubeconf" is no option; did you mean "source.kubernetes.kubeconfig"',
  ],
  [
    'source: {manifests: [a, a]}',
    'source.manifests[1]: expected an entry that is not listed yet: received "a"',
  ],
  ['zones: []', 'zones: expected at least one entry: received []'],
  ['zones: ["."]', `zones[0]: expected ${ZONE}: received "."`],
  ['zones: [a..b]', `zones[0]: expected ${ZONE}: received "a..b"`],
  [
    'zones: ["a b", -a, 1.5]',
    `zones[0]: expected ${ZONE}: received "a b"`,
    `zones[1]: expected ${ZONE}: received "-a"`,
    `zones[2]: expected ${ZONE}: received 1.5`,
  ],
  ['zones: [10.in-addr.arpa]', `zones[0]: expected ${ZONE}: received "10.in-addr.arpa"`],
  [
    'zones: [A.example.org, a.example.org.]',
    'zones[1]: expected a zone neither at, below nor above "a.example.org": received "a.example.org."',
  ],
  [
    'zones: [b.a.example.org, a.example.org]',
    'zones[1]: expected a zone neither at, below nor above "b.a.example.org": received "a.example.org"',
  ],
  [
    'reverseZones: [example.org, in-addr.arpa]',
    `reverseZones[0]: expected ${REVERSE}: received "example.org"`,
    `reverseZones[1]: expected ${REVERSE}: received "in-addr.arpa"`,
  ],
  [
    'serviceCidr: [10.96.0.1/12, 10.96.0.0, "::/129"]',
    ...['10.96.0.1/12', '10.96.0.0', '::/129'].map(
      (text, i) => `serviceCidr[${i}]: expected ${PREFIX}: received "${text}"`,
    ),
  ],
  [
    'serviceCidr: [10.0.0.0/8, "fd00::/108", 10.96.0.0/12]',
    'serviceCidr[2]: expected a prefix that does not overlap "10.0.0.0/8": received "10.96.0.0/12"',
  ],
  ['ttl: 3601', `ttl: expected ${SECONDS}: received 3601`],
  ['ttl: -1', `ttl: expected ${SECONDS}: received -1`],
  ['ttl: 1.5', `ttl: expected ${SECONDS}: received 1.5`],
  ['negativeTtl: "5"', `negativeTtl: expected ${SECONDS}: received "5"`],
  ['pods: on', 'pods: expected one of "disabled", "insecure", "verified": received "on"'],
  ['noEndpoints: yes', 'noEndpoints: expected true or false: received "yes"'],
  [
    'namespaces: [Shop, a.b]',
    'namespaces[0]: expected the name of a namespace: received "Shop"',
    'namespaces[1]: expected the name of a namespace: received "a.b"',
  ],
  [
    'namespaces: [a, b, a]',
    'namespaces[2]: expected an entry that is not listed yet: received "a"',
  ],
  [
    '{namespaces: [a], namespaceLabels: "b=c"}',
    'namespaceLabels: expected nothing where "namespaces" is set: received "b=c"',
  ],
  [
    'labels: "app in (web"',
    `labels: expected ${SELECTOR} (expected "," or ")", found the end): received "app in (web"`,
  ],
  ['labels: {app: web}', `labels: expected ${SELECTOR}: received {"app":"web"}`],
  ['responders: 0', `responders: expected ${RESPONDERS}: received 0`],
  ['responders: 17', `responders: expected ${RESPONDERS}: received 17`],
  ['responders: many', `responders: expected ${RESPONDERS}: received "many"`],
  ['io: koffi', 'io: expected one of "auto", "batch", "dgram": received "koffi"'],
  ['lameduck: 5', `lameduck: expected ${DURATION}: received 5`],
  ['lameduck: 5d', `lameduck: expected ${DURATION}: received "5d"`],
  ['stateDir:', 'stateDir: expected the path of a folder: received nothing'],
  ['log: info', 'log: expected a mapping: received "info"'],
];

for (const [text, ...expected] of MISTAKES) {
  test(`loadConfiguration() refuses ${text}`, () => {
    assert.deepEqual(
      mistakesOf(text),
      expected.map((mistake) => `config.yaml: ${mistake}`),
    );
  });
}

test('loadConfiguration() reports mistakes of every kind at once', () => {
  const text =
    'lisen: x\nttl: x\nttl: 5\nzones: [a.example.org, example.org]\nlisten: [y]\nhttp: "127.0.0.1:1053"';
  assert.deepEqual(mistakesOf(text).toSorted(), [
    'config.yaml: "lisen" is no option; did you mean "listen"',
    'config.yaml: line 3, column 1: Map keys must be unique',
    `config.yaml: listen[0]: expected ${SOCKET}: received "y"`,
    'config.yaml: zones[1]: expected a zone neither at, below nor above "a.example.org": received "example.org"',
  ]);
});

test('loadConfiguration() cuts what would fill the screen', () => {
  const [mistake] = mistakesOf(`stateDir: [${'aaaaaaaaa, '.repeat(1000)}]`);
  assert.ok(mistake.length < 250 && mistake.endsWith('...'), mistake);
});

test('loadConfiguration() says where a file is not YAML, or not a mapping', () => {
  const cases: readonly [string, RegExp][] = [
    ['listen: [', /^config\.yaml: line 1, column \d+: \S/],
    ['a: b: c', /^config\.yaml: line 1, column \d+: \S/],
    ['ttl: 5\n---\nttl: 6', /^config\.yaml: line 2, column 1: \S/],
    ['labels: !custom x', /^config\.yaml: line 1, column 9: \S/],
    ['labels: *nowhere', /^config\.yaml: .*nowhere/],
    ['- a', /^config\.yaml: expected a mapping of options: received \["a"\]$/],
    ['5', /^config\.yaml: expected a mapping of options: received 5$/],
  ];
  for (const [text, expected] of cases) {
    const mistakes = mistakesOf(text);
    assert.match(mistakes[0] ?? 'none', expected, text);
  }
});

test('loadConfiguration() ends at aliases that would grow without bound', () => {
  const levels = Array.from(
    { length: 12 },
    (_, i) => `x${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}]`,
  );
  const mistakes = mistakesOf(`x0: &a0 [y]\n${levels.join('\n')}`);
  assert.equal(mistakes.length, 1);
  assert.match(mistakes[0], /^config\.yaml: .*alias/i);
});

test('loadConfiguration() says why a file cannot be read', () => {
  const missing = join(folder, 'missing.yaml');
  assert.throws(() => loadConfiguration({ file: missing }), {
    code: 'ERR_CONFIGURATION',
    message: `Cannot read configuration "${missing}": no such file or directory`,
  });
  assert.throws(() => loadConfiguration({ file: folder }), /: illegal operation on a directory$/);
});
