/**
 * The signals that end a server, heard from the moment on that this is loaded: as process 1 a signal that nobody
 * listens to is lost for good, so a server listens before it loads anything else.
 */

/** SIGTERM asks to end in peace; SIGINT, or another signal after the first, at once. */
export class StopSignals {
  readonly #peaceful = new AbortController();
  readonly #immediate = new AbortController();

  constructor() {
    process.on('SIGTERM', () => this.#receive('SIGTERM'));
    process.on('SIGINT', () => this.#receive('SIGINT'));
  }

  /** Aborted by the first signal, with its name as the reason. */
  get stop(): AbortSignal {
    return this.#peaceful.signal;
  }

  /** Aborted when there is to be no more waiting. */
  get stopNow(): AbortSignal {
    return this.#immediate.signal;
  }

  #receive(signal: string): void {
    if (signal === 'SIGINT' || this.stop.aborted) this.#immediate.abort(signal);
    this.#peaceful.abort(signal);
  }
}

/** Resolves when a signal is aborted, at once where it is. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
