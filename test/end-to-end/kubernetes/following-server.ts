/** vipdns as a process of its own that follows an API server, and what a Pod and a probe hear of it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiAccess } from '../../../src/source/kubernetes/api-access.ts';
import { metricValue } from '../../support/metric-value.ts';
import { type RunningServer, startServerBy } from '../../support/process.ts';
import { kubeconfigOf } from './kubeconfig.ts';
import { StubResolver } from './stub-resolver.ts';

export interface FollowingServer extends RunningServer {
  readonly pod: StubResolver;
  /** Gives the value of a metric, by its name with its labels; undefined where there is no such line. */
  metric(series: string): Promise<number | undefined>;
  /** What /ready says. */
  ready(): Promise<string>;
  close(): Promise<void>;
}

export interface FollowingOptions {
  /** What differs from the defaults. */
  readonly configuration?: object;
  /** Runs it elsewhere, such as `ip netns exec NAME`. */
  readonly runner?: readonly string[];
}

/** Resolves when everything has been listed. */
export async function startFollowing(
  access: ApiAccess,
  { configuration, runner = [] }: FollowingOptions = {},
): Promise<FollowingServer> {
  const folder = mkdtempSync(join(tmpdir(), 'vipdns-following-'));
  const inFolder = (name: string) => join(folder, name);
  writeFileSync(inFolder('kubeconfig'), JSON.stringify(kubeconfigOf(access)));
  const kubernetes = { kubeconfig: inFolder('kubeconfig') };
  const written = { source: { kubernetes }, ...configuration };
  writeFileSync(inFolder('vipdns.yaml'), JSON.stringify(written));
  const server = await startServerBy(runner, ['--config', inFolder('vipdns.yaml')]);
  const get = async (path: string) => (await fetch(`${server.http}${path}`)).text();
  return {
    ...server,
    pod: new StubResolver(`127.0.0.1:${server.port}`),
    metric: async (series) => metricValue(await get('/metrics'), series),
    ready: () => get('/ready'),
    async close() {
      await server.stop('SIGINT');
      rmSync(folder, { recursive: true });
    },
  };
}
