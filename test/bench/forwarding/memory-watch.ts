/** The memory of a server over time. */
import { readMemory } from '../servers/process-usage.ts';
import type { RunningServer } from '../servers/running-server.ts';

const INTERVAL_MS = 100;

export class MemoryWatch {
  readonly #samples: number[] = [];
  readonly #timer: NodeJS.Timeout;
  readonly #look: () => void;

  constructor({ process: { pid } }: RunningServer) {
    this.#look = () => this.#samples.push(readMemory(pid).residentBytes);
    this.#look();
    this.#timer = setInterval(this.#look, INTERVAL_MS);
  }

  /** Looks once more, and gives the resident bytes in the order of time. */
  stop(): readonly number[] {
    clearInterval(this.#timer);
    this.#look();
    return this.#samples;
  }
}

/** Gives the growth from the first to the largest, in MiB. */
export function growthOf(samples: readonly number[]): number {
  return (Math.max(...samples) - samples[0]) / 2 ** 20;
}
