/**
 * Finds etcd, kube-apiserver and kube-controller-manager: where KUBEBUILDER_ASSETS says, or in a cache, into which they
 * are built once from their Go modules. That takes some minutes, and 4 GB for modules and what the compiler keeps;
 * later runs take no time.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const KUBERNETES_VERSION = '1.36.3';
const ETCD_VERSION = '3.6.4';
const KUBERNETES_COMMANDS = ['kube-apiserver', 'kube-controller-manager'];

/** Folder with `etcd` and `kube-apiserver`; undefined where they are not, and cannot or may not be built. */
export function findBinaries({ mayBuild = true } = {}): string | undefined {
  const assets = process.env.KUBEBUILDER_ASSETS;
  if (assets !== undefined && hasAll(assets, ['etcd', 'kube-apiserver'])) return assets;
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const folder = join(cache, 'vipdns', `kubernetes-${KUBERNETES_VERSION}-etcd-${ETCD_VERSION}`);
  const built = ['etcd', ...KUBERNETES_COMMANDS];
  if (hasAll(folder, built)) return folder;
  if (!mayBuild || !hasGo()) return undefined;
  console.log(`building ${built.join(', ')} once, into ${folder}: this takes some minutes`);
  build(folder);
  return hasAll(folder, built) ? folder : undefined;
}

/** Whether there is a `kube-controller-manager` beside the others, as envtest's folders have none. */
export function hasControllerManager(folder: string): boolean {
  return hasAll(folder, ['kube-controller-manager']);
}

function hasAll(folder: string, names: readonly string[]): boolean {
  return names.every((name) => existsSync(join(folder, name)));
}

function hasGo(): boolean {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function build(folder: string): void {
  const sources = join(folder, 'build');
  const etcd = join(sources, 'etcd');
  const kubernetes = join(sources, 'kubernetes');
  for (const each of [etcd, kubernetes]) mkdirSync(each, { recursive: true });
  const etcdModule = `go.etcd.io/etcd/server/v3`;
  writeModule(etcd, { go: '1.24', lines: [`require ${etcdModule} v${ETCD_VERSION}`] });
  compile(etcd, { module: etcdModule, output: join(folder, 'etcd') });
  writeModule(kubernetes, kubernetesModule(kubernetes));
  for (const name of KUBERNETES_COMMANDS) {
    compile(kubernetes, { module: `k8s.io/kubernetes/cmd/${name}`, output: join(folder, name) });
  }
}

/** Kubernetes replaces its staging modules by folders of its own; outside of it their releases stand for them. */
function kubernetesModule(folder: string): { go: string; lines: string[] } {
  const version = `v${KUBERNETES_VERSION}`;
  const arguments_ = ['mod', 'download', '-json', `k8s.io/kubernetes@${version}`];
  const { GoMod } = JSON.parse(execFileSync('go', arguments_, { cwd: folder, encoding: 'utf8' }));
  const text = readFileSync(GoMod, 'utf8');
  const staging = [...text.matchAll(/^\s*(k8s\.io\/[a-z-]+) => \.\/staging/gm)];
  const released = `v${KUBERNETES_VERSION.replace(/^1\./, '0.')}`;
  return {
    go: /^go (\S+)/m.exec(text)?.[1] ?? '1.26',
    lines: [
      ...text.split('\n').filter((line) => line.startsWith('godebug ')),
      `require k8s.io/kubernetes ${version}`,
      ...staging.map(([, name]) => `replace ${name} => ${name} ${released}`),
    ],
  };
}

function writeModule(folder: string, { go, lines }: { go: string; lines: string[] }): void {
  const text = ['module vipdns.test/binaries', `go ${go}`, ...lines, ''].join('\n');
  writeFileSync(join(folder, 'go.mod'), text);
}

function compile(folder: string, { module, output }: { module: string; output: string }): void {
  execFileSync('go', ['build', '-trimpath', '-ldflags', '-s -w', '-o', output, module], {
    cwd: folder,
    env: { ...process.env, GOFLAGS: '-mod=mod -buildvcs=false' },
    stdio: 'inherit',
  });
}
