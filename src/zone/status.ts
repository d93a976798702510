/**
 * What the zone thread tells every other thread in two words of shared memory: how far the zone is to be
 * trusted, and the serial of its SOA records.
 */

/**
 * `starting`: a name that is not in the table may still come, and so may further endpoints of one that is;
 * `servicesKnown`: names may still come, but not of Services and their endpoints; `stale`: names may still come, and what
 * is in the table is of an earlier run; `ready`: the table is the whole zone.
 * The order of the array is the number in shared memory.
 */
export type ZoneState = 'starting' | 'servicesKnown' | 'stale' | 'ready';
const STATES: readonly ZoneState[] = ['starting', 'servicesKnown', 'stale', 'ready'];

/** Whether the table is the whole zone, as it is or as it was in an earlier run. */
export function isWhole(state: ZoneState): boolean {
  return state === 'ready' || state === 'stale';
}

const STATE = 0;
const SERIAL = 1;

export function createZoneStatus(): SharedArrayBuffer {
  return new SharedArrayBuffer(8);
}

export class ZoneStatus {
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
  }

  get state(): ZoneState {
    return STATES[Atomics.load(this.#words, STATE)];
  }

  /** For the zone thread only. */
  set state(state: ZoneState) {
    Atomics.store(this.#words, STATE, STATES.indexOf(state));
  }

  /** 32 bits, compared by the arithmetic of RFC 1982. */
  get serial(): number {
    return Atomics.load(this.#words, SERIAL) >>> 0;
  }

  /** For the zone thread only. */
  set serial(serial: number) {
    Atomics.store(this.#words, SERIAL, serial | 0);
  }
}
