/** A kubeconfig for an API server under test. */
import type { ApiAccess } from '../../../src/source/kubernetes/api-access.ts';

export function kubeconfigOf({ server, token, tls }: ApiAccess): object {
  const authority = tls?.ca && {
    'certificate-authority-data': Buffer.from(String(tls.ca)).toString('base64'),
    ...(tls.servername !== undefined && { 'tls-server-name': tls.servername }),
  };
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server: server.href, ...authority } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    users: [{ name: 'test', user: { token } }],
  };
}
