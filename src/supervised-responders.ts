/** The responder threads as the main thread sees them: as many as were asked for, each replaced when it dies. */
import { answerSettings } from './answer-settings.ts';
import type { Configuration, SocketAddress } from './config/configuration.ts';
import { grantedProcessors } from './granted-processors.ts';
import type { MissOutlets } from './misses.ts';
import { type LogFunction, logEvent } from './monitoring/log-event.ts';
import type { ThreadState } from './monitoring/metrics.ts';
import { createPulses } from './monitoring/pulse.ts';
import type { Reply } from './responder/listener.ts';
import { createTcpCensus } from './responder/tcp-census.ts';
import { ResponderWatch, type WatchedResponder } from './responder-watch.ts';
import { StartError } from './start-error.ts';
import { Supervisor } from './supervisor.ts';
import { clearReader } from './table/table.ts';
import type {
  ResponderThreadCommand,
  ResponderThreadData,
  ResponderThreadMessage,
  SharedCache,
  ZoneMemory,
} from './threads.ts';
import type { UdpSockets } from './udp-sockets.ts';
import { within } from './within.ts';
import type { ServedZone } from './zone/zone-set.ts';

const MAX_AUTO_RESPONDERS = 4;
const MAX_START_DEATHS = 3;
/** What connections have to end by themselves is shorter. */
const FINISH_LIMIT_MS = 2500;

/** Gives the number of responders: as many as configured, or as processors that we may use, at most 4. */
export function countResponders({ responders }: Configuration): number {
  return responders === 'auto' ? Math.min(grantedProcessors(), MAX_AUTO_RESPONDERS) : responders;
}

export interface SupervisedRespondersOptions {
  /** As `countResponders()` gave it. */
  readonly count: number;
  readonly configuration: Configuration;
  readonly zones: readonly ServedZone[];
  readonly listen: readonly SocketAddress[];
  readonly counters: SharedArrayBuffer;
  /** Sockets for batches; undefined where datagrams move one by one. */
  readonly sockets: UdpSockets | undefined;
  /** One for each responder, where somebody answers what no zone does. */
  readonly missRings: readonly SharedArrayBuffer[] | undefined;
  /** Where what came from outside is kept. */
  readonly cache: SharedCache | undefined;
  /** Zones that somebody else answers, the root being empty. */
  readonly forwarded: readonly string[];
  /** What to answer from at present. */
  readonly memory: () => ZoneMemory;
  readonly log: LogFunction;
}

/** What all responders share, besides. */
interface Shared {
  readonly pulses: SharedArrayBuffer;
  readonly tcpCensus: SharedArrayBuffer;
}

type Responder = Supervisor<ResponderThreadData, ResponderThreadMessage, ResponderThreadCommand>;

export class SupervisedResponders implements MissOutlets {
  readonly #options: SupervisedRespondersOptions;
  readonly #threads: readonly Responder[];
  readonly #listening: readonly PromiseWithResolvers<void>[];
  readonly #finished: readonly PromiseWithResolvers<void>[];
  readonly #hasListened: boolean[];
  readonly #selfPorts: number[];
  readonly #watch: ResponderWatch;

  constructor(options: SupervisedRespondersOptions) {
    const { count } = options;
    const indexes = Array.from({ length: count }, (_, i) => i);
    const shared = { pulses: createPulses(count), tcpCensus: createTcpCensus(count) };
    this.#options = options;
    this.#listening = indexes.map(() => Promise.withResolvers<void>());
    this.#finished = indexes.map(() => Promise.withResolvers<void>());
    this.#hasListened = indexes.map(() => false);
    this.#selfPorts = indexes.map(() => 0);
    this.#threads = indexes.map(
      (index) =>
        new Supervisor({
          name: `responder-${index}`,
          entry: 'responder-thread',
          createData: () => dataOf(index, options, shared),
          onMessage: (message) => this.#receive(message, { index, log: options.log }),
          onDeath: () => this.#noteDeath(index),
          log: options.log,
        }),
    );
    this.#watch = new ResponderWatch({
      responders: indexes.map((index) => this.#watched(index)),
      pulses: shared.pulses,
      zones: options.zones,
      log: options.log,
    });
  }

  /** The threads, for health and metrics. */
  get threads(): readonly ThreadState[] {
    return this.#threads.map(({ name, isAlive, restarts }, i) => ({
      name,
      isAlive,
      restarts,
      stuck: this.#watch.stuck(i),
    }));
  }

  /** What is wrong with threads that run, in words. */
  get reasons(): string[] {
    return this.#watch.reasons();
  }

  /** Resolves when every one of them has its sockets. */
  async listening(): Promise<void> {
    await Promise.all(this.#listening.map(({ promise }) => promise));
  }

  /** Listeners are numbered by address, UDP before TCP. */
  protocolOf(listener: number): 'udp' | 'tcp' {
    return listener % 2 === 0 ? 'udp' : 'tcp';
  }

  /** Sends the answer to what a responder handed on: by its socket, or through it, if it lives. */
  reply(index: number, listener: number, reply: Reply): boolean {
    const { sockets } = this.#options;
    if (sockets !== undefined && this.protocolOf(listener) === 'udp') {
      return sockets.reply(sockets.of(index).handles[listener >> 1], reply);
    }
    const thread = this.#threads[index];
    if (!thread.isAlive) return false;
    const { ticket, replyTo, response } = reply;
    // Not the memory that they are parts of.
    const copy = { ticket, replyTo: Uint8Array.from(replyTo), response: Uint8Array.from(response) };
    thread.send({ kind: 'answer', listener, reply: copy });
    return true;
  }

  /** Lets all of them answer from other memory. */
  use(memory: ZoneMemory): void {
    for (const thread of this.#threads) thread.send({ kind: 'zone', memory });
  }

  /** Ends one where it stands; another takes its place. */
  async terminate(index: number): Promise<void> {
    await this.#threads[index].terminate();
  }

  /**
   * Ends them: first all of them close TCP, while UDP goes on, then all read their UDP sockets for the last time: one
   * that is done early would leave its share of the queries to nobody.
   */
  async stop(limitMs: number): Promise<void> {
    this.#watch.close();
    for (const [i, thread] of this.#threads.entries()) {
      if (thread.isAlive) thread.send({ kind: 'finish' });
      else this.#finished[i].resolve();
    }
    await within(FINISH_LIMIT_MS, Promise.all(this.#finished.map(({ promise }) => promise)));
    await Promise.all(this.#threads.map((thread) => thread.stop({ kind: 'stop' }, limitMs)));
  }

  /** One that dies at every start will go on doing so; later on, others answer while it does. */
  #noteDeath(index: number): void {
    const { memory, cache } = this.#options;
    this.#selfPorts[index] = 0;
    this.#finished[index].resolve();
    // Only now that the thread cannot read any more may what it held be freed.
    clearReader(memory().table, index);
    if (cache !== undefined) clearReader(cache.memory.table, index);
    const { name, restarts } = this.#threads[index];
    if (this.#hasListened[index] || restarts + 1 < MAX_START_DEATHS) return;
    const text = `Cannot start ${name}: it died ${restarts + 1} times, the log says of what`;
    this.#listening[index].reject(new StartError(text, 'ERR_THREAD_DIED'));
  }

  #watched(index: number): WatchedResponder {
    const thread = this.#threads[index];
    const selfPorts = this.#selfPorts;
    return {
      name: thread.name,
      get isAlive() {
        return thread.isAlive;
      },
      get restarts() {
        return thread.restarts;
      },
      get selfPort() {
        return selfPorts[index];
      },
      terminate: () => thread.terminate(),
    };
  }

  #receive(
    message: ResponderThreadMessage,
    { index, log }: { index: number; log: LogFunction },
  ): void {
    switch (message.kind) {
      case 'log':
        logEvent(log, message.event);
        return;
      case 'listening':
        this.#selfPorts[index] = message.selfPort;
        this.#hasListened[index] = true;
        this.#listening[index].resolve();
        return;
      case 'finished':
        this.#finished[index].resolve();
        return;
      case 'failed':
        log('error', message.message, { code: message.code, thread: this.#threads[index].name });
        this.#listening[index].reject(new StartError(message.message, message.code));
        return;
    }
  }
}

function dataOf(
  index: number,
  options: SupervisedRespondersOptions,
  shared: Shared,
): ResponderThreadData {
  const { configuration, zones, listen, counters, sockets, missRings, memory } = options;
  return {
    ...shared,
    ...answerSettings(configuration, options.forwarded),
    index,
    zones,
    listen,
    counters,
    sockets: sockets?.of(index),
    missRing: missRings?.[index],
    cache: options.cache,
    memory: memory(),
  };
}
