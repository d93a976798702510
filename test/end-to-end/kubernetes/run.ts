/**
 * Runs what needs a real API server. Where there is none and none can be built it says so, loudly; with
 * `--if-possible` that is no failure. `--found-only` builds none.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { findBinaries, hasControllerManager } from './binaries.ts';

const binaries = findBinaries({ mayBuild: !process.argv.includes('--found-only') });
if (binaries === undefined) {
  console.error('NOT RUN: end-to-end tests with a real API server');
  console.error('They need etcd and kube-apiserver in KUBEBUILDER_ASSETS, or Go to build them.');
  process.exit(process.argv.includes('--if-possible') ? 0 : 1);
}
if (!hasControllerManager(binaries)) {
  console.error(`NOT RUN: what needs kube-controller-manager, which is not in ${binaries}`);
}
const files = globSync('test/end-to-end/**/*.e2e.ts');
// Some of them measure times, which two API servers that start beside each other would spoil.
const options = ['--test', '--test-timeout=120000', '--test-concurrency=1'];
const { status } = spawnSync(process.execPath, [...options, ...files], {
  stdio: 'inherit',
  env: { ...process.env, KUBEBUILDER_ASSETS: binaries },
});
process.exit(status ?? 1);
