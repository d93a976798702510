import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Resource, Service } from '../../src/source/resources.ts';
import { endpointsFor } from '../../src/source/service-endpoints.ts';
import { Store } from '../../src/source/store.ts';
import { endpoint, endpointPort, port, service, slice } from '../support/resources.ts';
import { pod } from './pod.ts';

function storeOf(...resources: Resource[]): Store {
  const store = new Store();
  for (const resource of resources) store.put(resource);
  return store;
}

const WEB: Service = service('shop/web', {
  selector: { app: 'web' },
  ports: [port('http/TCP/80')],
});
const GROUP = { endpoints: [endpoint('192.0.2.9')], ports: [endpointPort('http/TCP/80')] };

test('endpointsFor() takes slices first, then Endpoints, then Pods', () => {
  const held = slice('shop/web', [endpoint('192.0.2.8')]);
  const store = storeOf(
    WEB,
    pod('shop/a'),
    { kind: 'Endpoints', namespace: 'shop', name: 'web', subsets: [GROUP] },
    held,
  );
  assert.deepEqual(endpointsFor(store, WEB), [held]);
  store.remove('EndpointSlice', 'shop/web-1');
  assert.deepEqual(endpointsFor(store, WEB), [GROUP]);
  store.remove('Endpoints', 'shop/web');
  assert.deepEqual(endpointsFor(store, WEB), [
    {
      endpoints: [endpoint('192.0.2.1', { podName: 'a' })],
      ports: [endpointPort('http/TCP/80')],
    },
  ]);
});

test('endpointsFor() gives no Pod to a Service without selector', () => {
  assert.deepEqual(endpointsFor(storeOf(pod('shop/a')), service('shop/web')), []);
});

test('endpointsFor() leaves out Pods that are gone or have no address, and marks those not ready', () => {
  const store = storeOf(
    pod('shop/a', { gone: true }),
    pod('shop/b', { ips: [] }),
    pod('shop/c', { ready: false }),
  );
  const [{ endpoints }, ...others] = endpointsFor(store, WEB);
  assert.deepEqual(endpoints, [endpoint('192.0.2.1', { podName: 'c', ready: false })]);
  assert.deepEqual(others, []);
});

test("endpointsFor() takes the addresses of the Service's families", () => {
  const store = storeOf(pod('shop/a', { ips: ['192.0.2.1', '2001:db8::1'] }));
  const addresses = (fields: Partial<Service>) =>
    endpointsFor(store, { ...WEB, ...fields }).flatMap((group) =>
      group.endpoints.flatMap((one) => one.addresses),
    );
  assert.deepEqual(addresses({}), ['192.0.2.1', '2001:db8::1']);
  assert.deepEqual(addresses({ ipFamilies: ['IPv6'] }), ['2001:db8::1']);
  assert.deepEqual(addresses({ clusterIps: ['192.0.2.100'] }), ['192.0.2.1']);
});

test('endpointsFor() finds target ports by name and protocol in each Pod', () => {
  const named = { ...WEB, ports: [{ ...port('http/TCP/80'), targetPort: 'web' }] };
  const store = storeOf(
    pod('shop/a', { ports: [endpointPort('web/TCP/8080')] }),
    pod('shop/b', { ports: [endpointPort('web/TCP/9090')] }),
    pod('shop/c', { ports: [endpointPort('web/UDP/8080')] }),
    pod('shop/d', { ports: [endpointPort('web/TCP/8080')] }),
  );
  assert.deepEqual(
    endpointsFor(store, named).map(({ endpoints, ports }) => [
      endpoints.map(({ podName }) => podName).join(' '),
      ports.map(({ name, port: number }) => `${name} ${number}`).join(),
    ]),
    [
      ['a d', 'http 8080'],
      ['b', 'http 9090'],
      ['c', ''],
    ],
  );
});

test("endpointsFor() gives a Pod's hostname where its subdomain is the Service", () => {
  const store = storeOf(
    pod('shop/a', { hostname: 'first', subdomain: 'web' }),
    pod('shop/b', { hostname: 'second', subdomain: 'db' }),
    pod('shop/c', { hostname: 'third' }),
  );
  const [{ endpoints }] = endpointsFor(store, WEB);
  assert.deepEqual(
    endpoints.map(({ hostname }) => hostname),
    ['first', '', ''],
  );
});
