/** A Pod for tests, with every field that a test does not care about. */
import type { Pod } from '../../src/source/resources.ts';

export function pod(key: string, fields: Partial<Pod> = {}): Pod {
  const [namespace, name] = key.split('/');
  return {
    kind: 'Pod',
    namespace,
    name,
    labels: { app: 'web' },
    ips: ['192.0.2.1'],
    ready: true,
    gone: false,
    hostname: '',
    subdomain: '',
    ports: [],
    ...fields,
  };
}
