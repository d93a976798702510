import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { ConfigurationError } from '../../src/config/configuration.ts';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { configurationSchema } from '../../src/config/schema.ts';

const DEFAULT_FILE = 'config/default.yaml';
const SCHEMA_FILE = 'config/vipdns.schema.json';

suite('loadConfiguration()', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vipdns-'));
  after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'vipdns.yaml');

  function load(text: string, overrides = {}) {
    writeFileSync(file, text);
    return loadConfiguration({ file, overrides });
  }

  /** The mistakes of a text, without the file's path before each. */
  function mistakesOf(text: string): string[] {
    try {
      load(text);
    } catch (error) {
      assert.ok(error instanceof ConfigurationError);
      assert.equal(error.code, 'ERR_CONFIGURATION');
      return error.mistakes.map((mistake) => mistake.replace(`${file}: `, ''));
    }
    return [];
  }

  test('gives the defaults for an empty file and for none', () => {
    assert.deepEqual(load(''), loadConfiguration({}));
    const { listen, lameduckMs, zones } = loadConfiguration({});
    assert.deepEqual(
      { listen, lameduckMs, zones },
      {
        listen: [{ address: '127.0.0.1', port: 1053 }],
        lameduckMs: 5000,
        zones: ['cluster.local'],
      },
    );
  });

  test('takes flags before the file, and the file before defaults', () => {
    const configuration = load('zones: [example.org]\nttl: 7\n', { zones: ['example.net'] });
    assert.deepEqual(configuration.zones, ['example.net']);
    assert.equal(configuration.ttl, 7);
    assert.equal(configuration.negativeTtl, 5);
  });

  const rows: Record<string, string[]> = {
    'lisen: []': ['lisen: expected an option, perhaps listen: received "lisen"'],
    'log: {levl: info}': ['log.levl: expected an option, perhaps level: received "levl"'],
    'ttl: 3601\nnegativeTtl: -1': [
      'ttl: expected at most 3600: received 3601',
      'negativeTtl: expected at least 0: received -1',
    ],
    'ttl: soon': ['ttl: expected whole seconds from 0 to 3600: received "soon"'],
    'listen: [8.8.8, "127.0.0.1:65536", "::1:53"]': [
      'listen[0]: expected an IP address with a port, such as "127.0.0.1:1053" or "[::1]:1053": received "8.8.8"',
      'listen[1]: expected an IP address with a port, such as "127.0.0.1:1053" or "[::1]:1053": received "127.0.0.1:65536"',
      'listen[2]: expected an IP address with a port, such as "127.0.0.1:1053" or "[::1]:1053": received "::1:53"',
    ],
    'listen: []': ['listen: expected at least one: received []'],
    'listen: ["127.0.0.1:53", "127.0.0.1:53"]': [
      'listen[1]: expected an address that is not listed yet: received "127.0.0.1:53"',
    ],
    'zones: [a..b, "."]': [
      'zones[0]: expected a domain name, such as "cluster.local": received "a..b"',
      'zones[1]: expected a domain name, such as "cluster.local": received "."',
    ],
    'zones: [cluster.local, svc.cluster.local]': [
      'zones[1]: expected a zone that is not at or below "cluster.local": received "svc.cluster.local"',
    ],
    'zones: [cluster.local, Cluster.Local.]': [
      'zones[1]: expected a zone that is not at or below "cluster.local": received "Cluster.Local."',
    ],
    'reverseZones: [example.org]': [
      'reverseZones[0]: expected a zone below in-addr.arpa or ip6.arpa, such as "244.10.in-addr.arpa": received "example.org"',
    ],
    'serviceCidr: [10.96.0.1/12]': [
      'serviceCidr[0]: expected an address prefix without host bits, such as "10.96.0.0/12" or "fd00:96::/108": received "10.96.0.1/12"',
    ],
    'pods: some': ['pods: expected one of "disabled", "insecure", "verified": received "some"'],
    'responders: 17': ['responders: expected at most 16: received 17'],
    'responders: many': ['responders: expected "auto", or a number from 1 to 16: received "many"'],
    'lameduck: 5': ['lameduck: expected a duration, such as "500ms", "5s" or "1m": received 5'],
    'source: {}': ['source.manifests: expected a list: received nothing'],
    'source: demo': ['source: expected a mapping: received "demo"'],
    'labels: "a in"': [
      'labels: expected a label selector, such as "app=web,tier in (front, back)": received "a in"',
    ],
    'namespaces: [shop]\nnamespaceLabels: a=b': [
      'namespaceLabels: expected nothing where namespaces is set: received "a=b"',
    ],
    'namespaces: [Shop]': ['namespaces[0]: expected the name of a namespace: received "Shop"'],
    '- a': ['expected a mapping of options: received ["a"]'],
    'ttl: 5\nttl: 6': ['line 2, column 1: expected YAML: received Map keys must be unique'],
    'ttl: [': [
      'line 1, column 7: expected YAML: received Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
  };
  for (const [text, mistakes] of Object.entries(rows)) {
    test(`tells what is wrong in ${JSON.stringify(text)}`, () => {
      assert.deepEqual(mistakesOf(text), mistakes);
    });
  }

  test('tells that a file cannot be read', () => {
    assert.throws(() => loadConfiguration({ file: join(folder, 'missing') }), {
      code: 'ERR_CONFIGURATION',
      message: /missing: expected a readable file: received ENOENT/,
    });
  });
});

test('config/default.yaml names every option, with its default', () => {
  assert.deepEqual(loadConfiguration({ file: DEFAULT_FILE }), loadConfiguration({}));
  const named = parse(readFileSync(DEFAULT_FILE, 'utf8'));
  assert.deepEqual(Object.keys(named), Object.keys(configurationSchema.shape));
});

test('config/vipdns.schema.json is what the schema says; UPDATE=1 writes it anew', () => {
  const schema = { title: 'vipdns', ...z.toJSONSchema(configurationSchema, { io: 'input' }) };
  const text = `${JSON.stringify(schema, undefined, 2)}\n`;
  if (process.env.UPDATE === '1') writeFileSync(SCHEMA_FILE, text);
  assert.equal(readFileSync(SCHEMA_FILE, 'utf8'), text);
});
