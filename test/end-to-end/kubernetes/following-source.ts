/** A source that follows a real API server in this process, where a test sees what it holds and tells. */
import type { TestContext } from 'node:test';
import {
  KubernetesSource,
  type KubernetesSourceOptions,
} from '../../../src/source/kubernetes/kubernetes-source.ts';
import type { SourceEvent } from '../../../src/source/kubernetes/reflector-log.ts';
import { Store } from '../../../src/source/store.ts';
import { until } from '../../support/fake-clock.ts';

const NEVER_TOO_LONG_MS = 40_000;

export interface FollowingSource {
  readonly source: KubernetesSource;
  readonly store: Store;
  readonly events: readonly SourceEvent[];
  /** What was told with a code so far. */
  faults(code: string): SourceEvent[];
  /** Whether every resource has a watch at present. */
  isFollowing(): boolean;
}

/** Starts it; it is stopped after the test. */
export function followReal(
  t: TestContext,
  options: Partial<KubernetesSourceOptions> & Pick<KubernetesSourceOptions, 'readAccess'>,
): FollowingSource {
  const store = new Store();
  const events: SourceEvent[] = [];
  const source = new KubernetesSource({
    store,
    namespaces: [],
    labels: '',
    needsPods: false,
    onChange: () => {},
    onEvent: (event) => events.push(event),
    ...options,
  });
  t.after(() => source.stop());
  source.start();
  return {
    source,
    store,
    events,
    faults: (code) => events.filter(({ fields }) => fields.code === code),
    isFollowing: () => source.statuses.every(({ isConnected }) => isConnected),
  };
}

export function eventually(what: string, isTrue: () => boolean): Promise<void> {
  return until(what, isTrue, NEVER_TOO_LONG_MS);
}
