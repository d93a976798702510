import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { grantedProcessors } from '../src/granted-processors.ts';

/** Gives the processors granted by a file system of these files, of 16 that there are. */
function granted(t: TestContext, files: Record<string, string>): number {
  const root = mkdtempSync(join(tmpdir(), 'vipdns-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return grantedProcessors({ root, schedulable: 16 });
}

const CGROUP = 'proc/self/cgroup';

test('grantedProcessors() is what can be scheduled on where there is no quota', (t) => {
  assert.equal(granted(t, {}), 16);
  assert.equal(granted(t, { [CGROUP]: '0::/\n' }), 16);
  assert.equal(granted(t, { [CGROUP]: '0::/\n', 'sys/fs/cgroup/cpu.max': 'max 100000\n' }), 16);
  assert.ok(grantedProcessors() >= 1 && grantedProcessors() <= availableParallelism());
});

test('grantedProcessors() is the quota of a container, whole processors, at least one', (t) => {
  for (const [quota, processors] of [
    ['50000 100000', 1],
    ['100000 100000', 1],
    ['199999 100000', 1],
    ['350000 100000', 3],
    ['400000 50000', 8],
    ['9900000 100000', 16],
  ] as const) {
    const files = { [CGROUP]: '0::/\n', 'sys/fs/cgroup/cpu.max': `${quota}\n` };
    assert.equal(granted(t, files), processors, quota);
  }
});

test('grantedProcessors() is the least quota of all groups above', (t) => {
  const pod = 'sys/fs/cgroup/kubepods.slice/pod1';
  const files = {
    [CGROUP]: '0::/kubepods.slice/pod1/container\n',
    'sys/fs/cgroup/kubepods.slice/cpu.max': '800000 100000\n',
    [`${pod}/cpu.max`]: '200000 100000\n',
    [`${pod}/container/cpu.max`]: 'max 100000\n',
  };
  assert.equal(granted(t, files), 2);
});

test('grantedProcessors() finds its own group where only that is mounted, under the path of the host', (t) => {
  const files = { [CGROUP]: '0::/system.slice/x\n', 'sys/fs/cgroup/cpu.max': '300000 100000\n' };
  assert.equal(granted(t, files), 3);
});

test('grantedProcessors() reads cgroups of version 1, and of both versions together', (t) => {
  const v1 = {
    [CGROUP]: '5:memory:/x\n4:cpu,cpuacct:/docker/abc\n0::/\n',
    'sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us': '250000\n',
    'sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us': '100000\n',
    'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
    'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
  };
  assert.equal(granted(t, v1), 2);
  assert.equal(granted(t, { ...v1, 'sys/fs/cgroup/unified/cpu.max': '100000 100000\n' }), 1);
});

test('grantedProcessors() passes over files that hold something else', (t) => {
  const files = { [CGROUP]: 'nonsense\n0::/\n', 'sys/fs/cgroup/cpu.max': '0 0\n' };
  assert.equal(granted(t, files), 16);
});
