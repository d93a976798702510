/**
 * The zone thread as the main thread sees it: its shared memory, and what it tells. A thread that takes another's
 * place starts with new memory, since what the dead one left may be half done; until that is complete, responders
 * go on answering from the old.
 */
import type { Configuration, SocketAddress } from './config/configuration.ts';
import type { EarlyThread } from './early-thread.ts';
import { type LogFunction, logEvent } from './monitoring/log-event.ts';
import { ownAddresses } from './own-addresses.ts';
import { releaseProgramPages } from './program-pages.ts';
import { collectGarbage, trimMalloc } from './return-memory.ts';
import type { VipMemory } from './source/manifests/vip-allocator.ts';
import { StartError } from './start-error.ts';
import { Supervisor } from './supervisor.ts';
import { peekKey } from './table/peek-key.ts';
import { createTable } from './table/table.ts';
import {
  ZONE_THREAD,
  type ZoneMemory,
  type ZoneSummary,
  type ZoneThreadCommand,
  type ZoneThreadData,
  type ZoneThreadMessage,
} from './threads.ts';
import { createZoneStatus, isWhole, ZoneStatus } from './zone/status.ts';
import type { ServedZone } from './zone/zone-set.ts';
import { zoneImagePath } from './zone-image-path.ts';

const MAX_START_DEATHS = 3;
/** As many responders as there may be, and the main thread, which answers what they hand on. */
const TABLE_READERS = 17;

export interface SupervisedZoneOptions {
  readonly configuration: Configuration;
  readonly zones: readonly ServedZone[];
  readonly listen: readonly SocketAddress[];
  readonly gauges: SharedArrayBuffer;
  /** Called when responders are to answer from other memory. */
  readonly onMemory: (memory: ZoneMemory) => void;
  /** The first thread, where it was started already. */
  readonly early?: EarlyThread | undefined;
  readonly log: LogFunction;
}

export class SupervisedZone {
  readonly name = ZONE_THREAD.name;
  readonly #options: SupervisedZoneOptions;
  readonly #ready = Promise.withResolvers<ZoneSummary>();
  readonly #supervisor: Supervisor<ZoneThreadData, ZoneThreadMessage, ZoneThreadCommand>;
  /** What the present thread fills. */
  #filling: ZoneMemory;
  #memory: ZoneMemory;
  #isStarted = false;
  #vips: VipMemory | undefined;

  constructor(options: SupervisedZoneOptions) {
    this.#options = options;
    // It may fail before anybody waits for it.
    this.#ready.promise.catch(() => {});
    const { source, stateDir } = options.configuration;
    const hasImage = source.kubernetes !== null && stateDir !== '';
    this.#memory = createZoneMemory(hasImage ? peekKey(zoneImagePath(stateDir)) : undefined);
    this.#filling = this.#memory;
    this.#supervisor = new Supervisor({
      ...ZONE_THREAD,
      early: options.early,
      createData: () => this.#createData(),
      onMessage: (message) => this.#receive(message),
      onDeath: () => this.#prepareNext(),
      log: options.log,
    });
  }

  /** Resolves when the first thread has taken everything in; rejects with StartError where it cannot. */
  get ready(): Promise<ZoneSummary> {
    return this.#ready.promise;
  }

  /** What responders answer from. */
  get memory(): ZoneMemory {
    return this.#memory;
  }

  /** Whether what responders answer from is the whole zone, or was it in an earlier run. */
  get isComplete(): boolean {
    return isWhole(new ZoneStatus(this.#memory.status).state);
  }

  get isAlive(): boolean {
    return this.#supervisor.isAlive;
  }

  get restarts(): number {
    return this.#supervisor.restarts;
  }

  /** Ends the present thread where it stands; another takes its place. */
  terminate(): Promise<void> {
    return this.#supervisor.terminate();
  }

  stop(limitMs: number): Promise<void> {
    return this.#supervisor.stop({ kind: 'stop' }, limitMs);
  }

  /** A thread that dies at every start will go on doing so; later on the old memory serves. */
  #prepareNext(): void {
    this.#filling = createZoneMemory();
    const deaths = this.#supervisor.restarts + 1;
    if (this.#isStarted || deaths < MAX_START_DEATHS) return;
    const text = `Cannot start zone thread: it died ${deaths} times, the log says of what`;
    this.#ready.reject(new StartError(text, 'ERR_THREAD_DIED'));
  }

  #createData(): ZoneThreadData {
    const { configuration, zones, gauges, listen } = this.#options;
    return {
      configuration,
      zones,
      gauges,
      vips: this.#vips,
      isSuccessor: this.#isStarted,
      memory: this.#filling,
      addresses: ownAddresses(listen),
    };
  }

  #receive(message: ZoneThreadMessage): void {
    switch (message.kind) {
      case 'log':
        logEvent(this.#options.log, message.event);
        return;
      case 'settled':
        collectGarbage();
        void trimMalloc();
        void releaseProgramPages();
        return;
      case 'vips':
        this.#vips = message.vips;
        return;
      case 'failed':
        // Whoever waits for the start tells of its failure; later ones have nobody else.
        if (this.#isStarted) this.#options.log('error', message.message, { code: message.code });
        this.#ready.reject(new StartError(message.message, message.code));
        return;
      case 'ready':
        this.#isStarted = true;
        this.#ready.resolve(message.summary);
        if (this.#memory === this.#filling) return;
        this.#memory = this.#filling;
        this.#options.onMemory(this.#memory);
        return;
    }
  }
}

/** With the hash key of an image, for that to fit. */
function createZoneMemory(key?: Int32Array): ZoneMemory {
  return { table: createTable({ readers: TABLE_READERS, key }), status: createZoneStatus() };
}
