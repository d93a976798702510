/**
 * What the files of config/kubernetes allow is enough, on a real API server and with nothing beside it; what is missing
 * of it is told, and healed when it is given.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { namespaceJson, serviceJson } from '../../source/kubernetes/objects.ts';
import { eventually, followReal } from './following-source.ts';
import type { RealApiServer } from './real-api-server.ts';
import { putObject, removeObject } from './real-objects.ts';
import { startApiServer } from './real-under-test.ts';
import { applyFile, untilAllowed } from './roles.ts';
import { requestToken, SERVICE_ACCOUNT, ServiceAccountFiles } from './service-account.ts';

interface Case {
  readonly files: readonly string[];
  /** What the files are for, as KubernetesSource has it. */
  readonly options: { readonly needsPods?: boolean; readonly namespaces?: readonly string[] };
  /** All that the last of the files allows to read. */
  readonly resources: readonly string[];
}

const CASES: readonly Case[] = [
  { files: ['rbac.yaml'], options: {}, resources: ['services', 'endpointslices', 'namespaces'] },
  { files: ['rbac.yaml', 'pods.yaml'], options: { needsPods: true }, resources: ['pods'] },
  {
    files: ['namespaced.yaml'],
    options: { namespaces: ['shop'] },
    resources: ['services', 'endpointslices'],
  },
];

describe('the roles of config/kubernetes on a real API server', () => {
  let real: RealApiServer;
  let account: ServiceAccountFiles;

  before(async () => {
    real = await startApiServer();
    for (const namespace of ['shop', 'kube-system']) {
      await putObject(real, 'namespaces', namespaceJson(namespace));
    }
    await putObject(real, 'services', serviceJson('shop/web', '10.96.8.1'));
    account = new ServiceAccountFiles(real);
    await applyFile(real, 'rbac.yaml');
    account.writeToken(await requestToken(real));
  });
  after(async () => {
    await real?.close();
    account?.remove();
  });

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
        const permission = { user: SERVICE_ACCOUNT, verb: 'watch', resource, namespace };
        await untilAllowed(real, permission, false);
      }
    }
  }

  for (const { files, options, resources } of CASES) {
    const [namespace] = options.namespaces ?? [];
    const where = namespace === undefined ? {} : { namespace };

    /** Puts what the files have, and waits for it to hold. */
    async function apply(without = ''): Promise<void> {
      for (const file of files) await applyFile(real, file, { ...where, without });
      for (const resource of resources) {
        const group = groupOf(resource);
        const permission = { user: SERVICE_ACCOUNT, verb: 'watch', resource, group, ...where };
        await untilAllowed(real, permission, resource !== without);
      }
    }

    test(`${files.join(' and ')}: all is followed and in step`, async (t) => {
      await removeRoles();
      await apply();
      const following = followReal(t, { readAccess: account.createAccess(), ...options });
      const { source, store, events } = following;
      await eventually('watches', () => source.isComplete && following.isFollowing());
      assert.ok(store.service('shop/web'));
      assert.equal(await source.prove(), true);
      assert.equal(await source.prove('quick'), true);
      const faults = events.filter(({ level }) => level !== 'info');
      assert.deepEqual(faults, []);
    });

    for (const resource of resources) {
      test(`${files.join(' and ')} without ${resource}: told, and healed`, async (t) => {
        await removeRoles();
        await apply(resource);
        const following = followReal(t, { readAccess: account.createAccess(), ...options });
        const { source, faults, events } = following;
        await eventually('the refusal', () => faults('ERR_API_FORBIDDEN').length > 0);
        const { reason, ...fields } = faults('ERR_API_FORBIDDEN')[0].fields;
        assert.equal(fields.resource, resource);
        const place = namespace === undefined ? '' : ` in namespace "${namespace}"`;
        const role = namespace === undefined ? 'a ClusterRole' : `a Role${place}`;
        const rule = `{apiGroups: ["${groupOf(resource)}"], resources: ["${resource}"], verbs: ["list", "watch"]}`;
        assert.ok(String(reason).startsWith(`Cannot watch ${resource}${place}: 403 Forbidden`));
        assert.ok(String(reason).endsWith(`: ${role} has to allow ${rule}`), String(reason));
        assert.equal(source.isComplete, false);
        await apply();
        await eventually('everything listed', () => source.isComplete);
        assert.equal(faults('ERR_API_FORBIDDEN').length, 1);
        assert.ok(events.some(({ message }) => message === 'objects followed again'));
      });
    }
  }
});

function groupOf(resource: string): string {
  return resource === 'endpointslices' ? 'discovery.k8s.io' : '';
}
