/**
 * Access as a Pod has it: the service account's files, under exactly what the files of config/kubernetes allow. What is
 * missing of that is told, and healed when it is given.
 */
import assert from 'node:assert/strict';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  KubernetesSource,
  type KubernetesSourceOptions,
} from '../../../src/source/kubernetes/kubernetes-source.ts';
import type { SourceEvent } from '../../../src/source/kubernetes/reflector-log.ts';
import { Store } from '../../../src/source/store.ts';
import { namespaceJson, serviceJson } from '../../source/kubernetes/objects.ts';
import { TcpProxy } from '../../source/kubernetes/tcp-proxy.ts';
import { until } from '../../support/fake-clock.ts';
import type { RealApiServer } from './real-api-server.ts';
import { putObject, removeObject } from './real-objects.ts';
import { startApiServer } from './real-under-test.ts';
import { applyFile, untilAllowed } from './roles.ts';
import { sendJson } from './send-json.ts';
import {
  requestToken,
  SERVICE_ACCOUNT,
  ServiceAccountFiles,
  signToken,
} from './service-account.ts';

const NEVER_TOO_LONG_MS = 40_000;
/** The API server allows for clocks that differ by this. */
const LEEWAY_SECONDS = 60;

/** Files, what they are for, and each resource that they allow. */
const CASES = [
  {
    files: ['rbac.yaml'],
    options: {},
    resources: ['services', 'endpointslices', 'namespaces'],
  },
  {
    files: ['rbac.yaml', 'pods.yaml'],
    options: { needsPods: true },
    resources: ['pods'],
  },
  {
    files: ['namespaced.yaml'],
    options: { namespaces: ['shop'] },
    resources: ['services', 'endpointslices'],
  },
];

describe('the service account of vipdns on a real API server', () => {
  let real: RealApiServer;
  let proxy: TcpProxy;
  let files: ServiceAccountFiles;

  before(async () => {
    real = await startApiServer();
    for (const namespace of ['shop', 'kube-system']) {
      await putObject(real, 'namespaces', namespaceJson(namespace));
    }
    await putObject(real, 'services', serviceJson('shop/web', '10.96.8.1'));
    proxy = new TcpProxy(() => Number(real.access.server.port));
    await proxy.listen();
    files = new ServiceAccountFiles(real, String(proxy.port));
    await applyFile(real, 'rbac.yaml');
    files.writeToken(await requestToken(real));
  });
  after(async () => {
    await proxy?.refuse();
    await real?.close();
    files?.remove();
  });

  function follow(t: TestContext, options: Partial<KubernetesSourceOptions> = {}) {
    const store = new Store();
    const events: SourceEvent[] = [];
    const source = new KubernetesSource({
      readAccess: files.createAccess(),
      store,
      namespaces: [],
      labels: '',
      needsPods: false,
      onChange: () => {},
      onEvent: (event) => events.push(event),
      ...options,
    });
    t.after(() => source.stop());
    source.start();
    const faults = (code: string) => events.filter(({ fields }) => fields.code === code);
    const isFollowing = () => source.statuses.every(({ isConnected }) => isConnected);
    return { source, store, faults, events, isFollowing };
  }

  /** Leaves the service account without any role. */
  async function removeRoles(): Promise<void> {
    for (const name of ['vipdns', 'vipdns-pods']) {
      await removeObject(real, 'clusterrolebindings', name);
      await removeObject(real, 'clusterroles', name);
    }
    await removeObject(real, 'rolebindings', 'shop/vipdns');
    await removeObject(real, 'roles', 'shop/vipdns');
    for (const namespace of ['', 'shop']) {
      for (const resource of ['services', 'pods']) {
        await untilAllowed(
          real,
          { user: SERVICE_ACCOUNT, verb: 'watch', resource, namespace },
          false,
        );
      }
    }
  }

  for (const { files: names, options, resources } of CASES) {
    const namespace = options.namespaces?.[0];
    const permission = (resource: string) => ({
      user: SERVICE_ACCOUNT,
      verb: 'watch',
      resource,
      ...(resource === 'endpointslices' && { group: 'discovery.k8s.io' }),
      ...(namespace !== undefined && { namespace }),
    });

    /** Puts what the files have, and waits for the last of it. */
    async function apply(without?: string): Promise<void> {
      for (const name of names) {
        await applyFile(real, name, {
          ...(namespace !== undefined && { namespace }),
          ...(without !== undefined && { without }),
        });
      }
      for (const resource of resources) {
        await untilAllowed(real, permission(resource), resource !== without);
      }
    }

    test(`${names.join(' and ')} is enough, and in step`, async (t) => {
      await removeRoles();
      await apply();
      const { source, store, isFollowing, events } = follow(t, options);
      await until('everything listed', () => source.isComplete && isFollowing(), NEVER_TOO_LONG_MS);
      assert.ok(store.service('shop/web'));
      assert.equal(await source.prove(), true);
      assert.equal(await source.prove('quick'), true);
      assert.deepEqual(
        events.filter(({ level }) => level !== 'info'),
        [],
      );
    });

    for (const resource of resources) {
      test(`${names.join(' and ')} without ${resource}: told, and healed`, async (t) => {
        await removeRoles();
        await apply(resource);
        const { source, faults, events } = follow(t, options);
        await until('the refusal', () => faults('ERR_API_FORBIDDEN').length > 0, NEVER_TOO_LONG_MS);
        const [{ fields }] = faults('ERR_API_FORBIDDEN');
        assert.equal(fields.resource, resource);
        const group = resource === 'endpointslices' ? 'discovery.k8s.io' : '';
        const place = namespace === undefined ? '' : ` in namespace "${namespace}"`;
        const role = namespace === undefined ? 'a ClusterRole' : `a Role${place}`;
        const reason = String(fields.reason);
        assert.ok(reason.startsWith(`Cannot watch ${resource}${place}: 403 Forbidden`), reason);
        const rule = `{apiGroups: ["${group}"], resources: ["${resource}"], verbs: ["list", "watch"]}`;
        assert.ok(reason.endsWith(`${role} has to allow ${rule}`), reason);
        assert.equal(source.isComplete, false);
        await apply();
        await until('everything listed', () => source.isComplete, NEVER_TOO_LONG_MS);
        assert.equal(faults('ERR_API_FORBIDDEN').length, 1);
        assert.ok(events.some(({ message }) => message === 'objects followed again'));
      });
    }
  }

  test('a token is replaced before it ends, and one that has ended is told until it is', async (t) => {
    await removeRoles();
    await applyFile(real, 'rbac.yaml');
    await untilAllowed(real, { user: SERVICE_ACCOUNT, verb: 'watch', resource: 'namespaces' });
    const now = Math.floor(Date.now() / 1000);
    const first = await signToken(real, now + 3 - LEEWAY_SECONDS);
    const isKnown = async () => {
      const access = { ...real.access, token: first };
      const { status } = await sendJson({ access, method: 'GET', path: '/api/v1/services' });
      return status === 200;
    };
    assert.ok(await isKnown());
    files.writeToken(first);
    const { source, store, faults, isFollowing } = follow(t);
    await until('watches', () => source.isComplete && isFollowing(), NEVER_TOO_LONG_MS);
    const second = await requestToken(real);
    files.writeToken(second);
    while (await isKnown()) await sleep(500);

    proxy.reset();
    await until('the loss', () => !isFollowing(), NEVER_TOO_LONG_MS);
    await until('watches', isFollowing, NEVER_TOO_LONG_MS);
    assert.deepEqual(faults('ERR_API_UNAUTHORIZED'), []);

    files.writeToken(first);
    proxy.reset();
    await until(
      'the refusals',
      () => faults('ERR_API_UNAUTHORIZED').length === 3,
      NEVER_TOO_LONG_MS,
    );
    assert.match(
      String(faults('ERR_API_UNAUTHORIZED')[0].fields.reason),
      /^Cannot watch [a-z]+: 401 Unauthorized/,
    );
    assert.ok(store.service('shop/web'));
    files.writeToken(second);
    await until('watches', isFollowing, NEVER_TOO_LONG_MS);
    await putObject(real, 'services', serviceJson('shop/api', '10.96.8.2'));
    await until('the change', () => store.service('shop/api') !== undefined, NEVER_TOO_LONG_MS);
  });
});
