/**
 * A thread that starts before anybody knows what it is to do, and loads its modules meanwhile: reading the configuration
 * takes about as long, and there is a second processor.
 */
import { parentPort, receiveMessageOnPort, Worker, workerData } from 'node:worker_threads';
import { type Entry, entryUrl } from './entries.ts';

export interface ThreadOptions {
  /** As logs and metrics call it. */
  readonly name: string;
  readonly entry: Entry;
  /** Most memory of its young objects, in MiB; without it V8's own limit holds. */
  readonly youngGenerationMb?: number;
}

/** Starts a thread that has its data at once. */
export function startThread(options: ThreadOptions, data: unknown): Worker {
  const { name, entry, youngGenerationMb } = options;
  const resourceLimits =
    youngGenerationMb === undefined ? {} : { maxYoungGenerationSizeMb: youngGenerationMb };
  return new Worker(entryUrl(entry), { workerData: data, name, resourceLimits });
}

/** A thread that waits for its data; until `begin()` or `end()` is called, it keeps the process from ending. */
export class EarlyThread {
  readonly #isGiven = new Int32Array(new SharedArrayBuffer(4));
  readonly #worker: Worker;
  #isAlive = true;
  readonly #die = () => {
    this.#isAlive = false;
  };

  constructor(options: ThreadOptions) {
    this.#worker = startThread(options, this.#isGiven);
    this.#worker.on('error', this.#die);
    this.#worker.on('exit', this.#die);
  }

  /** Gives it its data; undefined where it has died, for whatever reason the next one will have, too. */
  begin(data: unknown): Worker | undefined {
    this.#worker.off('error', this.#die);
    this.#worker.off('exit', this.#die);
    if (!this.#isAlive) return undefined;
    this.#worker.postMessage(data);
    Atomics.store(this.#isGiven, 0, 1);
    Atomics.notify(this.#isGiven, 0);
    return this.#worker;
  }

  /** Ends it where it stands, if it still runs. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Gives what the present thread is to work on; one that was started early waits for it, and does nothing else. */
export function threadData<Data>(): Data {
  if (!(workerData instanceof Int32Array) || parentPort === null) return workerData as Data;
  Atomics.wait(workerData, 0, 0);
  // Not by an event: commands that follow stay where they are until somebody listens.
  return receiveMessageOnPort(parentPort)?.message as Data;
}
