/**
 * Keeps a worker thread alive: starts it, starts another when it dies, and counts. What a thread needs is
 * asked for anew at each start, since some of it may have died with the thread.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { type EarlyThread, endThread, startThread, type ThreadOptions } from './early-thread.ts';
import type { LogFunction } from './monitoring/log-event.ts';
import { within } from './within.ts';

/** A thread that lived shorter than this is started again only after a delay that doubles. */
const STEADY_MS = 1000;
const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 5000;

export interface SupervisedThread<Data, Message> extends ThreadOptions {
  /** The first one, where it was started already. */
  readonly early?: EarlyThread | undefined;
  /** Gives what the thread starts with. */
  readonly createData: () => Data;
  readonly onMessage: (message: Message) => void;
  /** Called after a thread died and before the next one starts. */
  readonly onDeath?: () => void;
  readonly log: LogFunction;
}

export class Supervisor<Data, Message, Command> {
  readonly #thread: SupervisedThread<Data, Message>;
  #worker: Worker | undefined;
  #isStopping = false;
  #startedAt = 0;
  #delayMs = FIRST_DELAY_MS;
  /** How often a thread had to be replaced. */
  restarts = 0;

  constructor(thread: SupervisedThread<Data, Message>) {
    this.#thread = thread;
    const { early } = thread;
    const worker = early?.begin(thread.createData());
    if (worker !== undefined) {
      this.#supervise(worker);
      return;
    }
    if (early !== undefined) this.#logFailure(early.error ?? 'it has ended before it began');
    this.#start();
  }

  get name(): string {
    return this.#thread.name;
  }

  get isAlive(): boolean {
    return this.#worker !== undefined;
  }

  /** Hands a command to the present thread; a dead one's successor starts with what holds then. */
  send(command: Command): void {
    this.#worker?.postMessage(command);
  }

  /** Ends the present thread where it stands; another takes its place. */
  async terminate(): Promise<void> {
    await this.#worker?.terminate();
  }

  /** Sends `command`, waits until the thread has ended by itself, and ends it after `limitMs`. */
  async stop(command: Command, limitMs: number): Promise<void> {
    this.#isStopping = true;
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage(command);
    await within(limitMs, ended);
    await endThread(worker);
  }

  #start(): void {
    this.#supervise(startThread(this.#thread, this.#thread.createData()));
  }

  #supervise(worker: Worker): void {
    this.#worker = worker;
    this.#startedAt = performance.now();
    worker.on('message', this.#thread.onMessage);
    worker.on('error', (error: unknown) => this.#logFailure(error));
    worker.once('exit', (exitCode) => void this.#replace(exitCode));
  }

  #logFailure(error: unknown): void {
    const { name, log } = this.#thread;
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    log('error', `thread failed: ${message}`, { thread: name, code: 'ERR_THREAD_FAILED', stack });
  }

  async #replace(exitCode: number): Promise<void> {
    this.#worker = undefined;
    this.#thread.onDeath?.();
    if (this.#isStopping) return;
    const { name, log } = this.#thread;
    const livedMs = performance.now() - this.#startedAt;
    this.#delayMs =
      livedMs > STEADY_MS ? 0 : Math.min(this.#delayMs * 2 || FIRST_DELAY_MS, MAX_DELAY_MS);
    this.restarts++;
    log('error', 'thread died, starting another', {
      thread: name,
      code: 'ERR_THREAD_DIED',
      exitCode,
      livedMs: Math.round(livedMs),
      restarts: this.restarts,
      delayMs: this.#delayMs,
    });
    if (this.#delayMs > 0) await sleep(this.#delayMs);
    if (!this.#isStopping) this.#start();
  }
}
