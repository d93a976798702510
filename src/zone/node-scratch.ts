/**
 * The memory in which a node is made, before the table copies it: one for all of them, as a full list of endpoints makes
 * hundreds of thousands, and new memory for each took a third of its time.
 */
import { ENTRY, NODE_HEADER_BYTES, packLayout, RRSET_BYTES } from './node.ts';

const FIRST_BYTES = 4096;

/** How the data of an RRset stand, of which `node.ts` tells. */
export interface DataShape {
  /** Bytes from one RR to the next, rounded up to a multiple of 4. */
  readonly stride: number;
  /** Of `FORM`. */
  readonly form: number;
}

class NodeScratch {
  bytes: Uint8Array = new Uint8Array();
  halves: Uint16Array = new Uint16Array();
  words: Int32Array = new Int32Array();

  constructor() {
    this.#create(FIRST_BYTES);
  }

  /** Begins a node of so many bytes, all zero but for its header. */
  begin(zone: number, rrsets: number, bytes: number, flags = 0): void {
    if (bytes > this.bytes.length) this.#create(bytes * 2);
    const words = align(bytes) >> 2;
    for (let i = 0; i < words; i++) this.words[i] = 0;
    this.bytes[0] = flags;
    this.bytes[1] = rrsets;
    this.halves[1] = zone;
  }

  /** Puts what is said of an RRset before the data, which begin at `data`. Not an options object: called for each. */
  putEntry(
    index: number,
    type: number,
    count: number,
    ttl: number,
    data: number,
    { stride, form }: DataShape,
  ): void {
    const at = NODE_HEADER_BYTES + RRSET_BYTES * index;
    this.bytes[at + ENTRY.type] = type;
    this.bytes[at + ENTRY.stride] = align(stride) >> 2;
    this.halves[(at + ENTRY.ttl) >> 1] = ttl;
    this.words[(at + ENTRY.layout) >> 2] = packLayout(count, form, data);
  }

  /** Puts behind so many entries how many addresses of implied endpoints there are, and where they begin. */
  putImplied(rrsets: number, count: number, data: number): void {
    const at = dataStart(rrsets) >> 2;
    this.words[at] = count;
    this.words[at + 1] = data;
  }

  /** One memory, seen as bytes, as integers of 16 and of 32 bits in the machine's own order. */
  #create(size: number): void {
    const memory = new ArrayBuffer(align(size));
    this.bytes = new Uint8Array(memory);
    this.halves = new Uint16Array(memory);
    this.words = new Int32Array(memory);
  }
}

export const scratch = new NodeScratch();

/** Gives where the data of a node with so many RRsets begins. */
export function dataStart(rrsets: number): number {
  return NODE_HEADER_BYTES + RRSET_BYTES * rrsets;
}

/** Rounds up to a multiple of 4. */
export function align(length: number): number {
  return (length + 3) & ~3;
}
