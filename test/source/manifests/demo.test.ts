import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ManifestSource } from '../../../src/source/manifests/manifest-source.ts';
import { endpointsFor } from '../../../src/source/service-endpoints.ts';
import { Store } from '../../../src/source/store.ts';

test('config/demo is read without a problem, and shows each kind of Service', () => {
  const store = new Store();
  const source = new ManifestSource({
    folders: [fileURLToPath(new URL('../../../config/demo', import.meta.url))],
    serviceCidr: ['10.96.0.0/12'],
    store,
  });
  source.read();
  assert.deepEqual(source.problems, []);
  const lines = [...store.services()].map((service) => {
    const endpoints = endpointsFor(store, service).flatMap((group) => group.endpoints);
    const addresses = source.vips.get(`${service.namespace}/${service.name}`);
    const vips = addresses?.isAllocated ? 'allocated' : service.clusterIps.join(' ');
    const target = service.headless ? 'headless' : vips || service.externalName;
    const ready = endpoints.filter((endpoint) => endpoint.ready).length;
    return `${service.namespace}/${service.name} ${target}, ${ready} of ${endpoints.length} ready`;
  });
  assert.deepEqual(lines.sort(), [
    'monitoring/prometheus 10.96.30.10, 0 of 0 ready',
    'payments/api 10.96.20.10, 0 of 0 ready',
    'payments/bank gateway.example.org, 0 of 0 ready',
    'payments/workers headless, 2 of 2 ready',
    'shop/cart allocated, 0 of 0 ready',
    'shop/checkout api.payments.svc.cluster.local, 0 of 0 ready',
    'shop/db headless, 2 of 3 ready',
    'shop/search 10.96.10.20 fd00:96::1014, 0 of 0 ready',
    'shop/web 10.96.10.10, 2 of 2 ready',
  ]);
  assert.deepEqual([...store.namespaces()].sort(), ['monitoring', 'payments', 'shop']);
});
