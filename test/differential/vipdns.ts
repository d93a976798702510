/** vipdns as a process of its own, from the sources, on the same API server as CoreDNS. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasIpv6 } from '../support/ipv6.ts';
import { type RunningServer, startServer } from '../support/process.ts';
import { DOMAIN } from './cluster-objects.ts';

export interface VipdnsOptions {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly pods: string;
  readonly endpointPodNames: boolean;
  readonly ttl: number;
  readonly negativeTtl: number;
}

/** The ranges that virtual IPs are from. */
export const SERVICE_CIDR = ['10.96.0.0/12', 'fd00:96::/108'];

/** Starts it on every address of the machine, as in a Pod: it is asked by the name of one of them, too. */
export async function startVipdns(options: VipdnsOptions): Promise<RunningServer> {
  const { folder, kubeconfig, pods, endpointPodNames, ttl, negativeTtl } = options;
  const file = join(folder, 'vipdns.yaml');
  const configuration = {
    source: { kubernetes: { kubeconfig } },
    zones: [DOMAIN],
    serviceCidr: SERVICE_CIDR,
    ...{ pods, endpointPodNames, ttl, negativeTtl },
    // What CoreDNS passes on is seen by its upstream, which vipdns does not have.
    forward: [],
  };
  writeFileSync(file, JSON.stringify(configuration));
  const listen = ['--listen', '0.0.0.0:0', ...(hasIpv6 ? ['--listen', '[::]:0'] : [])];
  const server = await startServer('--config', file, ...listen);
  process.once('exit', () => server.child.kill('SIGKILL'));
  return server;
}
