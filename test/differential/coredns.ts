/**
 * CoreDNS beside vipdns: where COREDNS says, in the PATH, or in a cache, into which it is built once from its Go
 * module, which takes some minutes. It serves the zone by the `kubernetes` plugin as kubeadm configures it, and
 * passes other names to an upstream that is a second server in the same process.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '../bench/servers/free-port.ts';
import { findProgram } from '../bench/servers/program.ts';
import { DOMAIN } from './cluster-objects.ts';

const VERSION = '1.14.7';
const MODULE = `github.com/coredns/coredns@v${VERSION}`;
const START_LIMIT_MS = 60_000;

/** What the upstream says, which nobody else does: how an answer shows whose it is. */
export const UPSTREAM = {
  /** Of every name in `example.org`. */
  address: '192.0.2.53',
  /** In the SOA of NXDOMAIN for all other names. */
  mname: 'upstream.example.',
} as const;

/** Gives the program; undefined where it is not, and cannot or may not be built. */
export function findCoredns({ mayBuild = true } = {}): string | undefined {
  const known = process.env.COREDNS || findProgram('coredns');
  if (known !== undefined) return known;
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const folder = join(cache, 'vipdns', `coredns-${VERSION}`);
  const program = join(folder, 'coredns');
  if (existsSync(program)) return program;
  if (!mayBuild || findProgram('go') === undefined) return undefined;
  console.log(`building CoreDNS ${VERSION} once, into ${folder}: this takes some minutes`);
  mkdirSync(folder, { recursive: true });
  const environment = { ...process.env, GOBIN: folder, GOFLAGS: '-mod=mod -buildvcs=false' };
  execFileSync('go', ['install', MODULE], { cwd: folder, env: environment, stdio: 'inherit' });
  return program;
}

export interface CorednsOptions {
  readonly program: string;
  readonly folder: string;
  readonly kubeconfig: string;
  /** Of both servers the same. */
  readonly pods: string;
  readonly endpointPodNames: boolean;
  readonly ttl: number;
}

export interface RunningCoredns {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts it on every address of the machine, as in a Pod: only then it knows its own. */
export async function startCoredns(options: CorednsOptions): Promise<RunningCoredns> {
  const port = await findFreePort();
  const file = join(options.folder, 'Corefile');
  writeFileSync(file, corefile(options, { port, upstream: await findFreePort() }));
  const child = spawn(options.program, ['-conf', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const killWithUs = () => child.kill('SIGKILL');
  process.on('exit', killWithUs);
  let output = '';
  const ended = once(child, 'exit');
  const serving = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
        if (output.includes(`CoreDNS-`)) resolve();
      });
    }
    const fail = () => reject(new Error(`Cannot start CoreDNS: it said "${output}"`));
    child.once('exit', fail);
    AbortSignal.timeout(START_LIMIT_MS).addEventListener('abort', fail);
  });
  await serving;
  return {
    port,
    async stop() {
      child.kill('SIGKILL');
      await ended;
      process.off('exit', killWithUs);
    },
  };
}

function corefile(
  { kubeconfig, pods, endpointPodNames, ttl }: CorednsOptions,
  { port, upstream }: { port: number; upstream: number },
): string {
  return `.:${port} {
    errors
    kubernetes ${DOMAIN} in-addr.arpa ip6.arpa {
        kubeconfig ${kubeconfig} test
        pods ${pods}
        ${endpointPodNames ? 'endpoint_pod_names' : ''}
        fallthrough in-addr.arpa ip6.arpa
        ttl ${ttl}
    }
    forward . 127.0.0.1:${upstream}
    loadbalance
}
.:${upstream} {
    bind 127.0.0.1
    template IN A example.org {
        answer "{{ .Name }} 60 IN A ${UPSTREAM.address}"
    }
    template ANY ANY . {
        rcode NXDOMAIN
        authority ". 60 IN SOA ${UPSTREAM.mname} hostmaster.example. 1 7200 1800 86400 60"
    }
}
`;
}
