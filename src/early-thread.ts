/**
 * A thread that starts before anybody knows what it is to do, and loads its modules meanwhile: reading the configuration
 * takes about as long, and there is a second processor.
 */
import { parentPort, receiveMessageOnPort, Worker, workerData } from 'node:worker_threads';
import { type Entry, entryUrl } from './entries.ts';
import { within } from './within.ts';

const END_LIMIT_MS = 1000;

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

/** Ends a thread where it stands. One that stands in a call of the system ends when that returns, and is not waited for. */
export async function endThread(worker: Worker): Promise<void> {
  await within(END_LIMIT_MS, worker.terminate());
}

/** A thread that waits for its data; until `begin()` or `end()` is called, it keeps the process from ending. */
export class EarlyThread {
  readonly #isGiven = new Int32Array(new SharedArrayBuffer(4));
  readonly #worker: Worker;
  #isAlive = true;
  #error: unknown;
  readonly #fail = (error: unknown) => {
    this.#error = error;
  };
  readonly #die = () => {
    this.#isAlive = false;
  };

  constructor(options: ThreadOptions) {
    this.#worker = startThread(options, this.#isGiven);
    this.#worker.on('error', this.#fail);
    this.#worker.on('exit', this.#die);
  }

  /** What it has died of, where that is known. */
  get error(): unknown {
    return this.#error;
  }

  /** Gives it its data; undefined where it has died. */
  begin(data: unknown): Worker | undefined {
    if (!this.#isAlive || this.#error !== undefined) return undefined;
    this.#worker.off('error', this.#fail);
    this.#worker.off('exit', this.#die);
    this.#worker.postMessage(data);
    Atomics.store(this.#isGiven, 0, 1);
    Atomics.notify(this.#isGiven, 0);
    return this.#worker;
  }

  /** Ends it where it stands, if it still runs. */
  async end(): Promise<void> {
    await endThread(this.#worker);
  }
}

/** Gives what the present thread is to work on; one that was started early waits for it, and does nothing else. */
export function threadData<Data>(): Data {
  if (!(workerData instanceof Int32Array) || parentPort === null) return workerData as Data;
  Atomics.wait(workerData, 0, 0);
  // Not by an event: commands that follow stay where they are until somebody listens.
  return receiveMessageOnPort(parentPort)?.message as Data;
}
