/**
 * What the zone thread tells of its state, in shared memory: a slot for each number, which that thread alone
 * writes and the main thread reads when it is asked for metrics.
 */

/** The numbers, in the order of their slots. */
export const ZONE_GAUGES = [
  /** Records in the table: owner names and empty non-terminals of all zones. */
  'names',
  'services',
  'endpoints',
  'namespaces',
  /** 1 as soon as the table is the whole zone, 0 before. */
  'ready',
  /** Serial of the SOA records, 32 bits. */
  'serial',
  /** Time of the last change of an answer, in seconds since the epoch; 0 before the first. */
  'lastChangeSeconds',
  /** Bytes of the records that can be found. */
  'tableUsedBytes',
  /** Bytes of memory taken from the limit, free slots and retired records among them. */
  'tableReservedBytes',
  /** Bytes of records that can no longer be found, but that a reader may still hold. */
  'tableRetiredBytes',
  'tableLimitBytes',
  /** Changes that were refused since the table was made, because it had no room left. */
  'tableRejected',
  'manifestFiles',
  /** Mistakes in manifests that stand at present. */
  'manifestProblems',
  /** Objects that are held of the Kubernetes API. */
  'apiObjects',
  /** Resources that are followed, each in one namespace or in all, and how many of them have a connection. */
  'apiReflectors',
  'apiConnected',
  'apiLists',
  'apiWatches',
  'apiFailures',
  'apiOutOfStep',
  'apiObjectProblems',
  /** When the resource that has waited longest was proved to be in step, in seconds since the epoch. */
  'apiLastProofSeconds',
  /** When the snapshot was taken that is served; 0 where none is. */
  'apiStaleSinceSeconds',
] as const;

export type ZoneGauge = (typeof ZONE_GAUGES)[number];

/** Gives shared memory for the gauges of one zone thread, all of them 0. */
export function createZoneGauges(): SharedArrayBuffer {
  return new SharedArrayBuffer(ZONE_GAUGES.length * Float64Array.BYTES_PER_ELEMENT);
}

/** A view of the gauges, for the thread that writes them and for the one that reads them. */
export class ZoneGauges {
  readonly #slots: Float64Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#slots = new Float64Array(buffer);
  }

  /** Sets the gauges that are named; the others stay. */
  set(values: Partial<Readonly<Record<ZoneGauge, number>>>): void {
    for (const [index, name] of ZONE_GAUGES.entries()) {
      const value = values[name];
      if (value !== undefined) this.#slots[index] = value;
    }
  }

  get(name: ZoneGauge): number {
    return this.#slots[ZONE_GAUGES.indexOf(name)];
  }
}
