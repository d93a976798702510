import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ALL_FIELDS,
  type NeededFields,
  trimmed,
} from '../../../src/source/kubernetes/needed-fields.ts';
import { SharedPorts } from '../../../src/source/kubernetes/shared-ports.ts';
import type { EndpointSlice, Pod, Resource, Service } from '../../../src/source/resources.ts';
import { endpoint, endpointPort, port, service, slice } from '../../support/resources.ts';
import { pod } from '../pod.ts';

const FEWEST: NeededFields = {
  labels: false,
  selection: false,
  podNames: false,
  podDetails: false,
};
const LABELS = { app: 'web' };

function trim<R extends Resource>(resource: R, needed: NeededFields = FEWEST): R {
  return trimmed(resource, needed, new SharedPorts()) as R;
}

test('trimmed() leaves out of a Service what selects Pods, and keeps what is answered', () => {
  const whole: Service = {
    ...service('shop/web', { labels: LABELS, selector: LABELS, clusterIps: ['10.96.0.1'] }),
    ipFamilies: ['IPv4'],
    ports: [port('http/TCP/80')],
  };
  const { ipFamilies: _, ...rest } = whole;
  assert.deepEqual(trim(whole), { ...rest, labels: {}, selector: {} });
  assert.deepEqual(trim(whole, ALL_FIELDS), whole);
});

test('trimmed() keeps labels where they decide what is served', () => {
  const needed = { ...FEWEST, labels: true };
  assert.deepEqual(trim(service('shop/web', { labels: LABELS }), needed).labels, LABELS);
  assert.deepEqual(trim(slice('shop/web', [], { labels: LABELS }), needed).labels, LABELS);
  assert.deepEqual(trim(slice('shop/web', [], { labels: LABELS })).labels, {});
});

test('trimmed() keeps the names of Pods where endpoints are called by them', () => {
  const whole = slice('shop/web', [endpoint('10.0.0.1', { podName: 'web-0' })]);
  const podNames = (held: EndpointSlice) => held.endpoints.map(({ podName }) => podName);
  assert.deepEqual(podNames(trim(whole)), ['']);
  assert.deepEqual(podNames(trim(whole, { ...FEWEST, podNames: true })), ['web-0']);
});

test('trimmed() leaves of a Pod its addresses, and whether it is gone', () => {
  const whole = pod('shop/web-0', { ips: ['10.0.0.1'], labels: LABELS, ready: true, gone: true });
  const held: Pod = trim(whole);
  const rest = { labels: {}, ready: false, hostname: '', subdomain: '', ports: [] };
  assert.deepEqual(JSON.parse(JSON.stringify(held)), { ...whole, ...rest });
  assert.deepEqual([held.kind, held.ips, held.ready, held.ports], ['Pod', ['10.0.0.1'], false, []]);
  for (const ips of [[], ['10.0.0.1', 'fd00::1']]) {
    assert.deepEqual(trim(pod('shop/web-0', { ips })).ips, ips);
  }
});

test('SharedPorts gives the same list for equal ones, and another for all others', () => {
  const shared = new SharedPorts();
  const lists = [
    [],
    [endpointPort('http/TCP/80')],
    [endpointPort('http/TCP/81')],
    [endpointPort('http/UDP/80')],
    [endpointPort('https/TCP/80')],
    [endpointPort('http/TCP/80'), endpointPort('http/TCP/81')],
    [{ ...endpointPort('http/TCP/80'), name: '4 http TCP 80;4' }],
    [port('http/TCP/80')],
    [{ ...port('http/TCP/80'), targetPort: 'web' }],
    [{ ...port('http/TCP/80'), targetPort: '80' }],
  ];
  const first = lists.map((list) => shared.share(list));
  assert.equal(new Set(first).size, lists.length);
  for (const [i, list] of lists.entries()) {
    assert.deepEqual(first[i], list);
    assert.equal(shared.share(structuredClone(list)), first[i]);
  }
});

test('SharedPorts keeps nothing that its owner goes on to change', () => {
  const shared = new SharedPorts();
  const list = [endpointPort('http/TCP/80')];
  const held = shared.share(list);
  list.length = 0;
  assert.deepEqual(held, [endpointPort('http/TCP/80')]);
});
