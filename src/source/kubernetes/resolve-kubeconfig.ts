/**
 * A process of its own: resolves a kubeconfig and prints what it comes to as JSON, or a line on standard error.
 *
 *   node resolve-kubeconfig.ts FILE CONTEXT        an empty context is the current one
 */
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import type { ResolvedKubeconfig } from './kubeconfig-access.ts';

try {
  const [, , file = '', context = ''] = process.argv;
  process.stdout.write(JSON.stringify(await resolve(file, context)));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

async function resolve(file: string, context: string): Promise<ResolvedKubeconfig> {
  const config = new KubeConfig();
  config.loadFromFile(file);
  if (context !== '') {
    if (config.getContextObject(context) === null)
      throw new Error(`it has no context "${context}"`);
    config.setCurrentContext(context);
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error(`context "${config.currentContext}" has no cluster`);
  if (cluster.proxyUrl) throw new Error('its proxy-url is not supported');
  const isPlain = cluster.server.startsWith('http:');
  // The library refuses plain HTTP to a server whose certificate it was to check, and there is none.
  config.clusters = config.clusters.map((each) =>
    each.name === cluster.name && isPlain ? { ...each, skipTLSVerify: true } : each,
  );
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const token = bearerTokenOf(options);
  return { server: cluster.server, ...(token !== undefined && { token }), tls: tlsOf(options) };
}

function bearerTokenOf({ headers = {} }: RequestOptions): string | undefined {
  const { Authorization: header } = headers as Record<string, unknown>;
  const [, token] = /^Bearer\s+(\S+)$/.exec(String(header ?? '')) ?? [];
  return token;
}

/** As texts: certificates and keys are in PEM. */
function tlsOf(options: RequestOptions): ResolvedKubeconfig['tls'] {
  const { ca, cert, key, servername, rejectUnauthorized } = options;
  return {
    ...(ca !== undefined && { ca: String(ca) }),
    ...(cert !== undefined && { cert: String(cert) }),
    ...(key !== undefined && { key: String(key) }),
    ...(servername !== undefined && { servername }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
  };
}
