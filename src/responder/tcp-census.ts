/**
 * How many TCP connections all responders have, in all and of each client, in shared memory: the kernel spreads a
 * client's connections over them, and its limit is one for the process.
 *
 *   rows      one for each responder, which it alone writes; one more says where room is wanted
 *   columns   0 for all of its connections, then one for each value of a hash of the client's address
 *
 * A sum goes down a column. Clients whose addresses have one hash share a limit, in 1 of 4,095 pairs.
 */
import { randomKey } from '../table/random-key.ts';

const COLUMNS = 4096;
const TOTAL = 0;

/** Gives memory for the counts of so many responders, all of them 0. */
export function createTcpCensus(responders: number): SharedArrayBuffer {
  const words = (responders + 1) * COLUMNS;
  // The last word is the key of the hash, since clients choose their addresses.
  const memory = new SharedArrayBuffer((words + 1) * Int32Array.BYTES_PER_ELEMENT);
  new Int32Array(memory).set(randomKey().subarray(0, 1), words);
  return memory;
}

/** One responder's row, and the sums of all. */
export class TcpCensus {
  readonly #counts: Int32Array;
  readonly #row: number;
  /** Where the last row begins: for each column, how many connections are to make room. */
  readonly #end: number;
  readonly #key: number;

  /** Takes over the row of responder `index`, whose connections, if it had any, ended with its thread. */
  constructor(memory: SharedArrayBuffer, index: number) {
    this.#counts = new Int32Array(memory);
    this.#end = this.#counts.length - COLUMNS - 1;
    this.#row = index * COLUMNS;
    this.#key = this.#counts[this.#end + COLUMNS];
    this.#counts.fill(0, this.#row, this.#row + COLUMNS);
  }

  /** Counts a connection that this responder accepted (1) or that ended (-1). */
  add(clientAddress: string, change: 1 | -1): void {
    Atomics.add(this.#counts, this.#row + TOTAL, change);
    Atomics.add(this.#counts, this.#row + this.#columnOf(clientAddress), change);
  }

  /** Gives the connections of all responders. */
  total(): number {
    return this.#sum(TOTAL);
  }

  /** Gives the connections of a client to all responders. */
  ofClient(clientAddress: string): number {
    return this.#sum(this.#columnOf(clientAddress));
  }

  /** Asks the other responders to close an idle connection, of a client where one is named. */
  wantRoom(clientAddress?: string): void {
    Atomics.store(this.#counts, this.#end + this.#wantedColumn(clientAddress), 1);
  }

  /** Tells whether that was asked for, and by whomever: the first who makes room says so with `madeRoom()`. */
  isRoomWanted(clientAddress?: string): boolean {
    return Atomics.load(this.#counts, this.#end + this.#wantedColumn(clientAddress)) !== 0;
  }

  madeRoom(clientAddress?: string): void {
    Atomics.store(this.#counts, this.#end + this.#wantedColumn(clientAddress), 0);
  }

  #wantedColumn(clientAddress: string | undefined): number {
    return clientAddress === undefined ? TOTAL : this.#columnOf(clientAddress);
  }

  #sum(column: number): number {
    let sum = 0;
    for (let at = column; at < this.#end; at += COLUMNS) sum += Atomics.load(this.#counts, at);
    return sum;
  }

  /** FNV-1a, with a key for its basis. */
  #columnOf(clientAddress: string): number {
    let hash = this.#key;
    for (let i = 0; i < clientAddress.length; i++) {
      hash = Math.imul(hash ^ clientAddress.charCodeAt(i), 0x01000193);
    }
    hash ^= hash >>> 15;
    return 1 + ((hash >>> 0) % (COLUMNS - 1));
  }
}
