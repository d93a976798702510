import assert from 'node:assert/strict';
import { test } from 'node:test';
import { neededFields } from '../../../src/source/kubernetes/needed-fields.ts';
import type { EndpointSlice, Pod, Resource, Service } from '../../../src/source/resources.ts';
import { endpointPort, port, service, slice } from '../../support/resources.ts';
import { pod } from '../pod.ts';

const PLAIN = { labels: '' };
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
  const trim = neededFields({ labels: 'app=web' });
  const objects: Resource[] = [
    service('shop/web', { labels: LABELS }),
    slice('shop/web', [], { labels: LABELS }),
  ];
  for (const object of objects) {
    assert.deepEqual((trim(object) as Service | EndpointSlice).labels, LABELS);
  }
});

test('neededFields() leaves of a Pod its addresses, and whether it is gone', () => {
  const whole = pod('shop/web-0', { ips: ['10.0.0.1'], labels: LABELS, ready: true, gone: true });
  const held = neededFields(PLAIN)(whole) as Pod;
  const { kind, namespace, name, ips, gone } = whole;
  assert.deepEqual({ ...held }, { kind, namespace, name, ips, gone, labels: {} });
  assert.deepEqual([held.ready, held.hostname, held.ports], [false, '', []]);
});

test('neededFields() shares equal lists of ports', () => {
  const trim = neededFields(PLAIN);
  const portsOf = (key: string, text: string) =>
    (trim(slice(key, [], { ports: [endpointPort(text)] })) as EndpointSlice).ports;
  assert.equal(portsOf('shop/a', 'http/TCP/80'), portsOf('shop/b', 'http/TCP/80'));
  assert.notEqual(portsOf('shop/a', 'http/TCP/80'), portsOf('shop/b', 'http/TCP/81'));
});
