/**
 * The Kubernetes API as the source: the resources that a configuration needs, and no others, each followed by a
 * reflector of its own. In: how to reach the API server, what is served; out: objects in the store.
 *
 * With `namespaces` each of them is followed by itself, so that a Role in each is enough. Their own objects then
 * cannot be seen: a namespace that is configured exists.
 */
import type { ObjectKey, Resource } from '../resources.ts';
import type { Store } from '../store.ts';
import type { ReadAccess } from './api-access.ts';
import { ApiClient } from './api-client.ts';
import { API_RESOURCES } from './api-resource.ts';
import { type Clock, SYSTEM_CLOCK } from './clock.ts';
import type { WatchedKind } from './codec.ts';
import type { ObjectHandler } from './held-resource.ts';
import { JsonCodec } from './json/json-codec.ts';
import { ALL_FIELDS, type NeededFields, trimmed } from './needed-fields.ts';
import { ProtobufCodec } from './protobuf/protobuf-codec.ts';
import type { ProofDepth } from './prover.ts';
import { Reflector, type ReflectorStatus } from './reflector.ts';
import type { SourceEvent } from './reflector-log.ts';
import type { Scope } from './resource-requests.ts';
import { SharedPorts } from './shared-ports.ts';
import { SnapshotFile } from './snapshot-file.ts';
import { SnapshotKeeper } from './snapshot-keeper.ts';

/** Objects of a list wait so long for more of them. */
const LISTING_PAUSE_MS = 20;

export interface KubernetesSourceOptions {
  readonly readAccess: ReadAccess;
  /** Takes the objects; nothing else may write to it. */
  readonly store: Store;
  /** The only namespaces that are followed; all where it is empty. */
  readonly namespaces: readonly string[];
  /** Label selector of Services, EndpointSlices and Pods; empty for all. */
  readonly labels: string;
  /** Whether Pods are served (`pods: verified`). */
  readonly needsPods: boolean;
  /** Folder for the snapshot; empty for none. */
  readonly stateDir?: string;
  /** Tells apart whose snapshot it is. */
  readonly cluster?: string;
  /** Since when what an earlier run has held is served without its objects, which are then not read. */
  readonly servedSince?: number | undefined;
  /** Whether they are read where that is not so; default true. */
  readonly mayRestore?: boolean;
  /** What is held of objects; by default everything that is ever served of them. */
  readonly needed?: NeededFields;
  /** Called when a batch of changes has changed the store. */
  readonly onChange: () => void;
  readonly onEvent: (event: SourceEvent) => void;
  readonly clock?: Clock;
  readonly random?: () => number;
}

export class KubernetesSource {
  readonly #options: KubernetesSourceOptions;
  readonly #client: ApiClient;
  readonly #reflectors: readonly Reflector[];
  readonly #stopping = new AbortController();
  #running: Promise<unknown> = Promise.resolve();
  #isChangeScheduled = false;
  readonly #keeper: SnapshotKeeper | undefined;
  #isSnapshotBehind = false;
  #restoredFrom: number | undefined;

  constructor(options: KubernetesSourceOptions) {
    this.#options = options;
    const { readAccess, clock = SYSTEM_CLOCK, random = Math.random, onEvent } = options;
    const codecs = {
      protobuf: new ProtobufCodec(options.needed),
      json: new JsonCodec(options.needed),
    };
    const client = new ApiClient({ readAccess, codecs, clock });
    this.#client = client;
    this.#keeper = this.#createKeeper();
    this.#reflectors = scopesFor(options).map((scope) => {
      const handler = this.#createHandler(scope.resource.kind);
      return new Reflector({ scope, client, handler, clock, random, onEvent });
    });
  }

  /**
   * When what is served was true, in milliseconds since the epoch; undefined where it is no snapshot, which it is until
   * `onChange` has been called with everything listed.
   */
  get staleSince(): number | undefined {
    return this.#restoredFrom;
  }

  /** Follows the cluster until `stop()`, whatever happens on the way. */
  start(): void {
    const { namespaces, store } = this.#options;
    for (const name of namespaces) store.put({ kind: 'Namespace', name, labels: {} });
    this.#restore();
    const { signal } = this.#stopping;
    this.#running = Promise.all(this.#reflectors.map((reflector) => reflector.run(signal)));
  }

  /** Ends everything at once; nothing is called back once it is done. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#client.close();
    if (this.#isSnapshotBehind) this.#keeper?.noteChange();
    await this.#keeper?.close();
  }

  /** Whether every object has been listed once: what is not in the store does not exist. */
  get isComplete(): boolean {
    return this.#reflectors.every(({ status }) => status.hasSynced);
  }

  /** Whether that is so of these kinds; other resources may be refused, or come later. */
  haveSynced(kinds: readonly WatchedKind[]): boolean {
    return this.#reflectors.every(
      ({ status: { scope, hasSynced } }) => hasSynced || !kinds.includes(scope.resource.kind),
    );
  }

  /** How it goes, resource by resource. */
  get statuses(): readonly ReflectorStatus[] {
    return this.#reflectors.map(({ status }) => status);
  }

  /** Compares everything that is held with the server; true where all is in step. What is not is listed anew. */
  async prove(depth: ProofDepth = 'thorough'): Promise<boolean> {
    const proofs = await Promise.all(this.#reflectors.map((reflector) => reflector.prove(depth)));
    return proofs.every((isProved) => isProved);
  }

  #createKeeper(): SnapshotKeeper | undefined {
    const { stateDir = '', cluster = '', namespaces, labels, needsPods, store } = this.#options;
    if (stateDir === '') return undefined;
    const subject = JSON.stringify({ cluster, namespaces, labels, needsPods });
    return new SnapshotKeeper({
      file: new SnapshotFile(stateDir, subject),
      clock: this.#options.clock ?? SYSTEM_CLOCK,
      resources: () => (this.isComplete ? store.resources() : undefined),
      onEvent: this.#options.onEvent,
    });
  }

  /** Serves what an earlier run has held, until the first lists are there. */
  #restore(): void {
    const { servedSince, mayRestore = true, needed = ALL_FIELDS } = this.#options;
    this.#restoredFrom = servedSince;
    if (servedSince !== undefined || !mayRestore) return;
    const snapshot = this.#keeper?.read();
    if (snapshot === undefined) return;
    const reflectorOf = new Map(
      this.#reflectors.map((each) => [scopeKey(each.status.scope), each] as const),
    );
    const sharedPorts = new SharedPorts();
    let objects = 0;
    for (const resource of snapshot.resources) {
      if (resource.kind === 'Endpoints') continue;
      const namespace = resource.kind === 'Namespace' ? '' : resource.namespace;
      const { kind } = resource;
      const reflector = reflectorOf.get(`${kind} ${namespace}`) ?? reflectorOf.get(`${kind} `);
      reflector?.restore(trimmed(resource, needed, sharedPorts));
      objects++;
    }
    this.#restoredFrom = snapshot.takenAt;
    const takenAt = new Date(snapshot.takenAt).toISOString();
    const fields = { code: 'ERR_STALE', takenAt, objects };
    this.#options.onEvent({
      level: 'warn',
      message: 'serving a snapshot of an earlier run',
      fields,
    });
    this.#scheduleChange();
  }

  #createHandler(kind: WatchedKind): ObjectHandler {
    const { store } = this.#options;
    return {
      put: (resource: Resource, key: ObjectKey) => {
        this.#isSnapshotBehind = true;
        store.put(resource, key);
      },
      remove: (key: ObjectKey) => {
        this.#isSnapshotBehind = true;
        store.remove(kind, key);
      },
      flush: () => this.#scheduleChange(),
    };
  }

  /**
   * What comes in one turn of the event loop, of whatever resource, is acted on once: events come in thousands. As
   * long as lists come, there is more to it than that.
   */
  #scheduleChange(): void {
    if (this.#isChangeScheduled) return;
    this.#isChangeScheduled = true;
    const tell = () => {
      this.#isChangeScheduled = false;
      if (!this.#stopping.signal.aborted) this.#tellChange();
    };
    if (this.isComplete) setImmediate(tell);
    else setTimeout(tell, LISTING_PAUSE_MS);
  }

  #tellChange(): void {
    const { onChange, onEvent } = this.#options;
    if (this.#isSnapshotBehind) this.#keeper?.noteChange();
    this.#isSnapshotBehind = false;
    if (this.#restoredFrom !== undefined && this.isComplete) this.#restoredFrom = undefined;
    try {
      onChange();
    } catch (error) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      const fields = { code: 'ERR_HANDLER', reason };
      onEvent({ level: 'error', message: 'changes not taken in', fields });
    }
  }
}

function scopeKey({ resource, namespace }: Scope): string {
  return `${resource.kind} ${namespace}`;
}

function scopesFor({ namespaces, labels, needsPods }: KubernetesSourceOptions): Scope[] {
  const kinds: WatchedKind[] = [
    'Service',
    'EndpointSlice',
    ...(needsPods ? (['Pod'] as const) : []),
  ];
  const places = namespaces.length > 0 ? namespaces : [''];
  const scopes = places.flatMap((namespace) =>
    kinds.map((kind) => ({ resource: API_RESOURCES[kind], namespace, labelSelector: labels })),
  );
  if (namespaces.length > 0) return scopes;
  return [...scopes, { resource: API_RESOURCES.Namespace, namespace: '', labelSelector: '' }];
}
