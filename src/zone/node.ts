/**
 * A compiled node: all that is served at one owner name, as the value of its record in the table.
 * `encode-node.ts` writes it when a Service changes; a responder reads it in place for every query.
 *
 *   bytes 0..3      flags (1), number of RRsets (1), index of its zone (2)
 *   8 for each      its entry: type (1), stride in units of 4 bytes (1), TTL (2), layout (4): number of RRs in bits
 *   RRset           0..11, form in 12 and 13, offset of its data from byte 0 in 14..31, in units of 4 bytes
 *   8, flagged      number of implied endpoints (4), where their addresses begin (4): IPv4, in ascending order of
 *                   signed integers
 *   data            of each RRset, 4-byte aligned
 *
 * A type above 255 is none that we serve, and a TTL over 65,535 seconds none that the configuration takes. Nine in ten
 * nodes of a cluster have a single RR, so that what stands before the data is a good part of the table.
 *
 * Forms of an RRset's data:
 *   fixed      RDATA of `stride` bytes each, nothing between them (A, AAAA)
 *   counted    2 bytes of length and the RDATA in every `stride` bytes; names uncompressed
 *   service    SRV: weight (2), where the targets' parent begins in the owner name (2), then for each RR
 *              port (2), target (2); then for each target the offset of its entry from the data (4);
 *              entry: label with its length (0: the parent itself), count of A (1), count of AAAA (1),
 *              those addresses, unless there are more than 255 of a family. The addresses are the glue, so
 *              that a response comes from one record.
 *   authority  SOA: nothing; it is made of the zone's name and its serial
 *
 * Integers are in the machine's own byte order, at addresses aligned to their size, but for those in RDATA
 * and in target entries. A node without RRsets is an empty non-terminal (RFC 8020).
 */
import type { TYPE } from '../dns/constants.ts';
import type { WireName } from '../dns/name.ts';

export const NODE_HEADER_BYTES = 4;
export const RRSET_BYTES = 8;

/** Where in an RRset's entry each part stands, in bytes. */
export const ENTRY = { type: 0, stride: 1, ttl: 2, layout: 4 } as const;

export const NODE_FLAG = {
  /** The only RRset is a CNAME, followed for every other type: RFC 1034 section 3.6.2. */
  alias: 1,
  /** What is here depends on endpoints: nothing is said of it before all of them are known. */
  decidedByEndpoints: 2,
  /** The node is a Service's, and lists endpoints whose names are their addresses: they have no nodes of their own. */
  impliedEndpoints: 4,
} as const;

/** Index of zone that says: this name is a zone of its own, as addresses and hosts outside every served zone are. */
export const OWN_ZONE = 0xffff;

export const FORM = { fixed: 0, counted: 1, service: 2, authority: 3 } as const;

/** The RRsets of one type at one owner name, but for SRV, which `service-records.ts` writes without objects. */
export type Rrset =
  | { readonly type: number; readonly ttl: number; readonly rdatas: readonly Uint8Array[] }
  | { readonly type: typeof TYPE.SOA; readonly ttl: number };

export interface Node {
  readonly owner: WireName;
  readonly zone: number;
  /** Of `NODE_FLAG`, besides `alias`, which is that of a CNAME. */
  readonly flags?: number;
  readonly rrsets: readonly Rrset[];
}

/** Most RRs of one RRset, and most targets: no more A records leave in one message of 65,535 bytes. */
export const MAX_RRS = 4095;

/** Packs the word `layout` of an entry; `data` is a multiple of 4. */
export function packLayout(count: number, form: number, data: number): number {
  return count | (form << 12) | ((data >> 2) << 14);
}

/** Gives the number of RRs. */
export function countIn(layout: number): number {
  return layout & 0xfff;
}

/** Gives the form of the data, of `FORM`. */
export function formIn(layout: number): number {
  return (layout >>> 12) & 3;
}

/** Gives where the data begins, in bytes from the start of the node. */
export function dataIn(layout: number): number {
  return (layout >>> 14) << 2;
}
