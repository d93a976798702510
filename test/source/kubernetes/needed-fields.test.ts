import assert from 'node:assert/strict';
import { test } from 'node:test';
import { neededFields } from '../../../src/source/kubernetes/needed-fields.ts';
import type { EndpointSlice, Resource, Service } from '../../../src/source/resources.ts';
import { endpoint, endpointPort, port, service, slice } from '../../support/resources.ts';
import { pod } from '../pod.ts';

const PLAIN = { labels: '', endpointPodNames: false };
const LABELS = { app: 'web' };

test('neededFields() leaves out of a Service what selects Pods, and keeps what is answered', () => {
  const whole = service('shop/web', {
    labels: LABELS,
    selector: LABELS,
    clusterIps: ['10.96.0.1'],
    ports: [port('http/TCP/80')],
  });
  assert.deepEqual(neededFields(PLAIN)(whole), { ...whole, labels: {}, selector: {} });
});

test('neededFields() keeps labels where they decide what is served', () => {
  const trim = neededFields({ ...PLAIN, labels: 'app=web' });
  const objects: Resource[] = [
    service('shop/web', { labels: LABELS }),
    slice('shop/web', [], { labels: LABELS }),
  ];
  for (const object of objects) {
    assert.deepEqual((trim(object) as Service | EndpointSlice).labels, LABELS);
  }
});

test('neededFields() keeps names of Pods where endpoints are called by them', () => {
  const endpoints = [
    endpoint('10.0.0.1', { podName: 'web-0', hostname: 'a' }),
    endpoint('10.0.0.2', { podName: 'web-1', ready: false }),
    endpoint('10.0.0.3'),
  ];
  const held = (endpointPodNames: boolean) =>
    (neededFields({ ...PLAIN, endpointPodNames })(slice('shop/web', endpoints)) as EndpointSlice)
      .endpoints;
  assert.deepEqual(held(true), endpoints);
  assert.deepEqual(
    held(false),
    endpoints.map((each) => ({ ...each, podName: '' })),
  );
});

test('neededFields() leaves of a Pod its addresses, and whether it is gone', () => {
  const whole = pod('shop/web-0', { ips: ['10.0.0.1'], labels: LABELS, ready: true, gone: true });
  const { kind, namespace, name, ips, gone } = whole;
  const empty = { labels: {}, ready: false, hostname: '', subdomain: '', ports: [] };
  assert.deepEqual(neededFields(PLAIN)(whole), { kind, namespace, name, ips, gone, ...empty });
});

test('neededFields() shares equal lists of ports', () => {
  const trim = neededFields(PLAIN);
  const portsOf = (key: string, text: string) =>
    (trim(slice(key, [], { ports: [endpointPort(text)] })) as EndpointSlice).ports;
  assert.equal(portsOf('shop/a', 'http/TCP/80'), portsOf('shop/b', 'http/TCP/80'));
  assert.notEqual(portsOf('shop/a', 'http/TCP/80'), portsOf('shop/b', 'http/TCP/81'));
});
