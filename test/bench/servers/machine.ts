/** Where and when figures were taken, which is half of what they mean. */
import { spawnSync } from 'node:child_process';
import { cpus, release } from 'node:os';
import { findDnsperf } from './dnsperf.ts';
import type { Processors } from './processors.ts';
import { versionOf } from './program.ts';

export interface Machine {
  readonly processorModel: string;
  readonly processorCount: number;
  readonly processors: Processors;
  readonly kernel: string;
  readonly dnsperf: string;
  readonly date: string;
  readonly commit: string;
}

export function describeMachine(processors: Processors): Machine {
  const models = cpus();
  return {
    processorModel: models[0]?.model.trim() ?? 'unknown',
    processorCount: models.length,
    processors,
    kernel: release(),
    dnsperf: versionOf(findDnsperf() ?? 'dnsperf', '-h'),
    date: new Date().toISOString().slice(0, 10),
    commit: describeCommit(),
  };
}

function describeCommit(): string {
  const commit = git('rev-parse', '--short', 'HEAD');
  if (commit === '') return 'unknown';
  // The reports themselves change at each run.
  const changes = git('status', '--porcelain', '--', '.', ':(exclude,glob)test/bench/**/README.md');
  return changes === '' ? commit : `${commit} with changes`;
}

/** Gives nothing where there is no repository, or no git. */
function git(...arguments_: string[]): string {
  return (spawnSync('git', arguments_, { encoding: 'utf8' }).stdout ?? '').trim();
}
