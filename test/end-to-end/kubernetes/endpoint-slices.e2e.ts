/**
 * What Pods hear of Services whose EndpointSlices the cluster itself writes: a real kube-controller-manager makes them
 * of Services with selectors and of Pods. There is no kubelet: the status of a Pod is what the test says.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { namespaceJson } from '../../source/kubernetes/objects.ts';
import { findBinaries, hasControllerManager } from './binaries.ts';
import { ControllerManager } from './controller-manager.ts';
import { type FollowingServer, startFollowing } from './following-server.ts';
import { putNode, putPod, setReady } from './pods.ts';
import type { RealApiServer } from './real-api-server.ts';
import { putObject, readObject, removeObject } from './real-objects.ts';
import { allowReading, startApiServer } from './real-under-test.ts';

const isFound = hasControllerManager(findBinaries() ?? '');
const skip = isFound ? false : 'NOT RUN: there is no kube-controller-manager in KUBEBUILDER_ASSETS';
/** The controller's default of `--max-endpoints-per-slice` is 100. */
const MANY = 250;
const PORTS = [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }];

describe('Services of a real cluster with its endpoint slice controller', { skip }, () => {
  let real: RealApiServer;
  let controllers: ControllerManager;
  let server: FollowingServer;

  before(async () => {
    real = await startApiServer();
    await allowReading(real);
    await putObject(real, 'namespaces', namespaceJson('shop'));
    await putNode(real);
    controllers = new ControllerManager(real);
    server = await startFollowing(real.access);
  });
  after(async () => {
    await server?.close();
    await controllers?.close();
    await real?.close();
  });

  async function putService(name: string, spec: object = {}): Promise<void> {
    await putObject(real, 'services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace: 'shop', name },
      spec: { selector: { app: name }, ports: PORTS, ...spec },
    });
  }

  const slicesOf = async (name: string) => {
    const path = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices';
    const selector = `kubernetes.io/service-name=${name}`;
    const { json } = await real.send('GET', `${path}?labelSelector=${selector}`);
    return (json as { items: { endpoints: unknown[] | null }[] }).items;
  };

  test('a Pod is an answer while it is ready, and only then', async () => {
    await putService('db', { clusterIP: 'None' });
    await putPod(real, 'shop/db-a', { app: 'db', ips: ['10.1.0.1'] });
    await putPod(real, 'shop/db-b', { app: 'db', ips: ['10.1.0.2'], isReady: false });
    await server.pod.eventually('db.shop.svc', '10.1.0.1');
    await setReady(real, 'shop/db-b', true);
    await server.pod.eventually('db.shop.svc', '10.1.0.1,10.1.0.2');
    await setReady(real, 'shop/db-a', false);
    await server.pod.eventually('db.shop.svc', '10.1.0.2');
    assert.equal(
      await server.pod.ask('_http._tcp.db.shop.svc', 'SRV'),
      '10-1-0-2.db.shop.svc:8080',
    );
    await removeObject(real, 'pods', 'shop/db-b');
    await server.pod.eventually('db.shop.svc', 'ENOTFOUND');
  });

  test('a Service that publishes Pods before they are ready does so', async () => {
    await putService('peers', { clusterIP: 'None', publishNotReadyAddresses: true });
    await putPod(real, 'shop/peer', { app: 'peers', ips: ['10.1.1.1'], isReady: false });
    await server.pod.eventually('peers.shop.svc', '10.1.1.1');
  });

  test('Pods with a hostname have names of their own in their headless Service', async () => {
    await putService('queue', { clusterIP: 'None' });
    for (const i of [0, 1]) {
      const names = { hostname: `queue-${i}`, subdomain: 'queue' };
      await putPod(real, `shop/queue-${i}`, { app: 'queue', ips: [`10.1.2.${i}`], ...names });
    }
    await server.pod.eventually('queue.shop.svc', '10.1.2.0,10.1.2.1');
    assert.equal(await server.pod.ask('queue-0.queue.shop.svc'), '10.1.2.0');
    assert.equal(await server.pod.ask('queue-1.queue.shop.svc'), '10.1.2.1');
    assert.equal(
      await server.pod.ask('_http._tcp.queue.shop.svc', 'SRV'),
      'queue-0.queue.shop.svc:8080,queue-1.queue.shop.svc:8080',
    );
    await removeObject(real, 'pods', 'shop/queue-0');
    await server.pod.eventually('queue-0.queue.shop.svc', 'ENOTFOUND');
    assert.equal(await server.pod.ask('queue-1.queue.shop.svc'), '10.1.2.1');
  });

  test('a Service of both families answers with the addresses of each', async () => {
    const ipFamilyPolicy = 'RequireDualStack';
    await putService('web', { ipFamilyPolicy });
    await putService('cache', { ipFamilyPolicy, clusterIP: 'None' });
    const { spec } = (await readObject(real, 'services', 'shop/web')) as {
      spec: { clusterIPs: string[] };
    };
    assert.equal(spec.clusterIPs.length, 2);
    await server.pod.eventually('web.shop.svc', spec.clusterIPs[0]);
    assert.equal(await server.pod.ask('web.shop.svc', 'AAAA'), spec.clusterIPs[1]);
    await putPod(real, 'shop/cache', { app: 'cache', ips: ['10.1.3.1', 'fd00:1::3:1'] });
    await server.pod.eventually('cache.shop.svc', '10.1.3.1');
    await server.pod.eventually('cache.shop.svc', 'fd00:1::3:1', { type: 'AAAA' });
  });

  test('a Service of more Pods than a slice takes has them all, and loses one by one', async () => {
    await putService('crowd', { clusterIP: 'None' });
    const ips = Array.from({ length: MANY }, (_, i) => `10.2.${i >> 7}.${i & 127}`);
    for (const [i, ip] of ips.entries()) {
      await putPod(real, `shop/crowd-${i}`, { app: 'crowd', ips: [ip] });
    }
    const all = (addresses: string[]) => [...addresses].sort().join();
    await server.pod.eventually('crowd.shop.svc', all(ips));
    assert.ok((await slicesOf('crowd')).length > 1, 'all endpoints are in one slice');
    await setReady(real, 'shop/crowd-7', false);
    await server.pod.eventually('crowd.shop.svc', all(ips.filter((_, i) => i !== 7)));
  });

  test('a Service that is deleted takes its names with it', async () => {
    await putService('old', { clusterIP: 'None' });
    await putPod(real, 'shop/old', {
      app: 'old',
      ips: ['10.1.4.1'],
      hostname: 'one',
      subdomain: 'old',
    });
    await server.pod.eventually('one.old.shop.svc', '10.1.4.1');
    await removeObject(real, 'services', 'shop/old');
    for (const name of ['old.shop.svc', 'one.old.shop.svc']) {
      await server.pod.eventually(name, 'ENOTFOUND');
    }
  });

  test('nothing of that was a fault, or took a second list', async () => {
    assert.deepEqual(
      server.lines().filter(({ level }) => level !== 'info'),
      [],
    );
    assert.equal(await server.metric('vipdns_source_api_lists_total'), 3);
  });
});
