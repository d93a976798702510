/** A source that follows an emulated API server, at a time that the test moves. */
import type { TestContext } from 'node:test';
import type { ApiAccess } from '../../../src/source/kubernetes/api-access.ts';
import {
  KubernetesSource,
  type KubernetesSourceOptions,
} from '../../../src/source/kubernetes/kubernetes-source.ts';
import type { ReflectorStatus } from '../../../src/source/kubernetes/reflector.ts';
import type { SourceEvent } from '../../../src/source/kubernetes/reflector-log.ts';
import { Store } from '../../../src/source/store.ts';
import { FakeClock, until } from '../../support/fake-clock.ts';
import { ApiServerEmulation, type EmulationOptions } from './emulation/api-server.ts';

export interface Harness {
  readonly server: ApiServerEmulation;
  readonly clock: FakeClock;
  readonly store: Store;
  readonly source: KubernetesSource;
  readonly events: SourceEvent[];
  /** What the next request is sent with. */
  access: ApiAccess;
  /** Keys of all Services that are held. */
  services(): string[];
  status(plural: string): ReflectorStatus;
  synced(): Promise<void>;
  /** Waits until as many watches are open as there are resources. */
  followed(): Promise<void>;
  faults(code: string): SourceEvent[];
  /** Requests so far, as `watch services`. */
  count(request: string): number;
}

export interface HarnessOptions extends EmulationOptions {
  readonly source?: Partial<KubernetesSourceOptions>;
  /** Before the source starts. */
  readonly prepare?: (server: ApiServerEmulation) => void;
}

/** Starts both; they end with the test. */
export async function follow(t: TestContext, options: HarnessOptions = {}): Promise<Harness> {
  const server = new ApiServerEmulation(options);
  await server.listen();
  options.prepare?.(server);
  const clock = new FakeClock();
  const store = new Store();
  const events: SourceEvent[] = [];
  const source = new KubernetesSource({
    readAccess: () => harness.access,
    store,
    namespaces: [],
    labels: '',
    needsPods: false,
    onChange: () => {},
    onEvent: (event) => events.push(event),
    clock,
    // No jitter: what waits for a random time does not wait.
    random: () => 0,
    ...options.source,
  });
  const harness: Harness = {
    server,
    clock,
    store,
    source,
    events,
    access: { server: server.url },
    services: () =>
      [...store.services()].map(({ namespace, name }) => `${namespace}/${name}`).sort(),
    status: (plural) => {
      const found = source.statuses.find(({ scope }) => scope.resource.plural === plural);
      if (found === undefined) throw new Error(`Cannot find ${plural} among what is followed`);
      return found;
    },
    synced: () => until('everything listed', () => source.isComplete),
    followed: () =>
      until('watches open', () => source.statuses.every(({ isConnected }) => isConnected)),
    faults: (code) => events.filter(({ fields }) => fields.code === code),
    count: (request) =>
      server.requests.filter(({ verb, plural }) => `${verb} ${plural}` === request).length,
  };
  t.after(async () => {
    await source.stop();
    await server.close();
  });
  source.start();
  return harness;
}
