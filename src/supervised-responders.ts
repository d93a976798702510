/** The responder threads as the main thread sees them: as many as were asked for, each replaced when it dies. */
import { availableParallelism } from 'node:os';
import type { Configuration, SocketAddress } from './config/configuration.ts';
import { type LogFunction, logEvent } from './monitoring/log-event.ts';
import { StartError } from './start-error.ts';
import { Supervisor } from './supervisor.ts';
import { clearReader } from './table/table.ts';
import type {
  ResponderThreadCommand,
  ResponderThreadData,
  ResponderThreadMessage,
  ZoneMemory,
} from './threads.ts';
import type { ServedZone } from './zone/zone-set.ts';

const MAX_AUTO_RESPONDERS = 4;

/** Gives the number of responders: as many as configured, or as processors that we may use, at most 4. */
export function countResponders({ responders }: Configuration): number {
  return responders === 'auto' ? Math.min(availableParallelism(), MAX_AUTO_RESPONDERS) : responders;
}

export interface SupervisedRespondersOptions {
  readonly configuration: Configuration;
  readonly zones: readonly ServedZone[];
  readonly listen: readonly SocketAddress[];
  readonly counters: SharedArrayBuffer;
  /** What to answer from at present. */
  readonly memory: () => ZoneMemory;
  readonly log: LogFunction;
}

type Responder = Supervisor<ResponderThreadData, ResponderThreadMessage, ResponderThreadCommand>;

export class SupervisedResponders {
  readonly #threads: readonly Responder[];
  readonly #listening: readonly PromiseWithResolvers<void>[];

  constructor(options: SupervisedRespondersOptions) {
    const indexes = Array.from({ length: countResponders(options.configuration) }, (_, i) => i);
    this.#listening = indexes.map(() => Promise.withResolvers<void>());
    this.#threads = indexes.map(
      (index) =>
        new Supervisor({
          name: `responder-${index}`,
          module: 'responder-thread',
          createData: () => dataOf(index, options),
          onMessage: (message) => this.#receive(message, { index, log: options.log }),
          // Only now that the thread cannot read any more may what it held be freed.
          onDeath: () => clearReader(options.memory().table, index),
          log: options.log,
        }),
    );
  }

  /** The threads, for health and metrics. */
  get threads(): readonly { name: string; isAlive: boolean; restarts: number }[] {
    return this.#threads;
  }

  /** Resolves when every one of them has its sockets. */
  async listening(): Promise<void> {
    await Promise.all(this.#listening.map(({ promise }) => promise));
  }

  /** Lets all of them answer from other memory. */
  use(memory: ZoneMemory): void {
    for (const thread of this.#threads) thread.send({ kind: 'zone', memory });
  }

  /** Ends one where it stands; another takes its place. */
  async terminate(index: number): Promise<void> {
    await this.#threads[index].terminate();
  }

  /** Lets them answer what has come, and ends them. */
  async stop(limitMs: number): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop({ kind: 'stop' }, limitMs)));
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
        this.#listening[index].resolve();
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
  { configuration, zones, listen, counters, memory }: SupervisedRespondersOptions,
): ResponderThreadData {
  const { ttl, negativeTtl, pods } = configuration;
  return {
    index,
    zones,
    listen,
    counters,
    ttl,
    negativeTtl,
    podsInsecure: pods === 'insecure',
    memory: memory(),
  };
}
