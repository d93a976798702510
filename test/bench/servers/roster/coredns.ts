/**
 * CoreDNS as clusters run it: the `kubernetes` plugin on a Kubernetes API, kubeadm's options but for what forwards
 * and probes. Kubeadm keeps the cluster domain out of the cache, many others do not; so there are two of it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLUSTER_DOMAIN, TTL } from '../bench-zone.ts';
import { findProgram, versionOf } from '../program.ts';
import type { Server } from './server.ts';

export const coredns = createCoredns('coredns', []);
export const corednsWithCache = createCoredns('coredns-cache', ['cache 30']);

function createCoredns(name: string, plugins: readonly string[]): Server {
  return {
    name,
    isEcho: false,
    lacks: [],
    find: () => process.env.COREDNS || findProgram('coredns'),
    versionOf: (program) => versionOf(program, '-version'),
    async configure({ folder, program, port, kubernetesApi, upstreams = [] }) {
      const file = join(folder, 'Corefile');
      writeFileSync(
        file,
        `.:${port} {
    bind 127.0.0.1
    errors
    kubernetes ${CLUSTER_DOMAIN} in-addr.arpa ip6.arpa {
        endpoint ${await kubernetesApi()}
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl ${TTL}
    }
    prometheus 127.0.0.1:0
    loadbalance
${[...plugins, ...forwardingPlugins(upstreams)].map((plugin) => `    ${plugin}\n`).join('')}}
`,
      );
      return { program, arguments: ['-conf', file], environment: { GOMAXPROCS: '1' } };
    },
  };
}

/** Gives what kubeadm writes for all other names, but for `loop`, which asks upstreams by itself. */
function forwardingPlugins(upstreams: readonly number[]): string[] {
  if (upstreams.length === 0) return [];
  const addresses = upstreams.map((port) => `127.0.0.1:${port}`).join(' ');
  return [
    `forward . ${addresses} {\n        max_concurrent 1000\n    }`,
    `cache 30 {\n        disable success ${CLUSTER_DOMAIN}\n        disable denial ${CLUSTER_DOMAIN}\n    }`,
  ];
}
