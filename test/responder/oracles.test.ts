/** dns-packet and dns2, written by others, read what we write: any Service, any question about it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAddress, parseAddress } from '../../src/dns/address.ts';
import { readWithDns2 } from '../support/dns2.ts';
import { buildQuery, printResponse } from '../support/records.ts';
import { endpoint, endpointPort, port, service, slice } from '../support/resources.ts';
import { TCP, TestZone, UDP } from '../support/zone.ts';

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z0-9])?$/);
const address = fc.oneof(fc.ipV4(), fc.ipV6().map(canonical));

const input = fc.record({
  name: label,
  namespace: label,
  kind: fc.constantFrom('clusterIp', 'headless', 'external'),
  addresses: fc.uniqueArray(address, { minLength: 1, maxLength: 40 }),
  hostnames: fc.boolean(),
  ports: fc.uniqueArray(fc.tuple(label, fc.integer({ min: 1, max: 65_535 })), {
    maxLength: 4,
    selector: ([name]) => name,
  }),
  target: fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.')),
});

const question = fc.record({
  prefix: fc.constantFrom('', 'missing', '_tcp', '_first._tcp', 'host-0'),
  type: fc.constantFrom('A', 'AAAA', 'SRV', 'TXT', 'SOA', 'NS', 'PTR', 'ANY', 'MX', 'CNAME'),
  payloadBytes: fc.constantFrom(undefined, 512, 1232, 4096),
  transport: fc.constantFrom(UDP, TCP),
});

function canonical(text: string): string {
  return formatAddress(parseAddress(text) ?? new Uint8Array(16));
}

type Input = typeof input extends fc.Arbitrary<infer T> ? T : never;

function zoneOf({ name, namespace, kind, addresses, hostnames, ports, target }: Input): TestZone {
  const zone = new TestZone();
  const key = `${namespace}/${name}`;
  const portTexts = ports.map(([portName, number]) => `${portName}/TCP/${number}`);
  const endpoints = addresses.map((each, i) =>
    endpoint(each, hostnames ? { hostname: `host-${i}` } : {}),
  );
  zone.zone.setService(key, {
    service: service(key, {
      type: kind === 'external' ? 'ExternalName' : 'ClusterIP',
      externalName: kind === 'external' ? target : '',
      headless: kind === 'headless',
      clusterIps: kind === 'clusterIp' ? addresses.slice(0, 2) : [],
      ports: portTexts.map(port),
    }),
    groups: [slice(key, endpoints, { ports: portTexts.map(endpointPort) })],
  });
  return zone;
}

test('Responder.respond() writes what dns-packet and dns2 both read, and read alike', () => {
  fc.assert(
    fc.property(input, question, (objects, { prefix, type, payloadBytes, transport }) => {
      const zone = zoneOf(objects);
      const first: string = objects.ports[0]?.[0] ?? 'none';
      const before = prefix === '' ? '' : `${prefix.replace('first', first)}.`;
      const name = `${before}${objects.name}.${objects.namespace}.svc.cluster.local`;
      const query = buildQuery(
        `${name} ${type}`,
        payloadBytes === undefined ? {} : { payloadBytes },
      );
      const bytes = zone.send(query, transport);
      const printed = printResponse(bytes);
      const read = readWithDns2(bytes);
      const most = transport === TCP ? 65_535 : Math.min(payloadBytes ?? 512, 1232);
      assert.ok(bytes.length <= most);
      assert.deepEqual(
        read.answers.map((record) => record.name),
        printed.answer.map((line) => line.split('. ')[0]),
      );
      assert.equal(read.authorities.length, printed.authority.length);
      assert.equal(read.header.aa, 1);
      assert.equal(read.header.tc, printed.flags.includes('tc') ? 1 : 0);
      for (const record of read.answers) {
        if (record.type !== 1) continue;
        assert.ok(objects.addresses.includes(record.address ?? ''));
      }
    }),
    { numRuns: 1000 },
  );
});
