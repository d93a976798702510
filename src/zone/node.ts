/**
 * A compiled node: all that is served at one owner name, as the value of its record in the table.
 * The zone encodes it when a Service changes; a responder reads it in place for every query.
 *
 *   bytes 0..3      flags (1), number of RRsets (1), index of its zone (2)
 *   16 for each     type (2), number of RRs (2), TTL (4), offset of its data from byte 0 (4),
 *   RRset           stride (2), form (2)
 *   data            of each RRset, 4-byte aligned
 *
 * Forms of an RRset's data:
 *   fixed      RDATA of `stride` bytes each, nothing between them (A, AAAA)
 *   counted    2 bytes of length and the RDATA in every `stride` bytes; names uncompressed
 *   service    SRV: weight (2), where the targets' parent begins in the owner name (2), then for each RR
 *              port (2), target (2); then for each target the offset of its entry from the data (4);
 *              entry: label with its length (0: the parent itself), count of A (1), count of AAAA (1),
 *              those addresses. The addresses are the glue, so that a response comes from one record.
 *   authority  SOA: nothing; it is made of the zone's name and its serial
 *
 * Integers are in the machine's own byte order, at addresses aligned to their size, but for those in RDATA
 * and in target entries. A node without RRsets is an empty non-terminal (RFC 8020).
 */
import { IPV4_BYTES, IPV6_BYTES } from '../dns/address.ts';
import { TYPE } from '../dns/constants.ts';
import { foldCase, type WireName } from '../dns/name.ts';

export const NODE_HEADER_BYTES = 4;
export const RRSET_BYTES = 16;

export const NODE_FLAG = {
  /** The only RRset is a CNAME, followed for every other type: RFC 1034 section 3.6.2. */
  alias: 1,
} as const;

/** Index of zone that says: this name is a zone of its own, as addresses and hosts outside every served zone are. */
export const OWN_ZONE = 0xffff;

export const FORM = { fixed: 0, counted: 1, service: 2, authority: 3 } as const;

/** The RRsets of one type at one owner name. */
export type Rrset =
  | { readonly type: number; readonly ttl: number; readonly rdatas: readonly Uint8Array[] }
  | ServiceRrset
  | { readonly type: typeof TYPE.SOA; readonly ttl: number };

/** SRV records whose targets are one name, or its children: RFC 2782. */
export interface ServiceRrset {
  readonly type: typeof TYPE.SRV;
  readonly ttl: number;
  readonly weight: number;
  /** Labels of the owner name before the name that the targets are or lie below; `_http._tcp` is 2. */
  readonly labelsBeforeParent: number;
  readonly records: readonly { readonly port: number; readonly target: number }[];
  readonly targets: readonly ServiceTarget[];
}

export interface ServiceTarget {
  /** First label of the target; empty where the target is the parent name itself. */
  readonly label: string;
  /** More than 255 of a family are no glue. */
  readonly ipv4: readonly Uint8Array[];
  readonly ipv6: readonly Uint8Array[];
}

export interface Node {
  readonly owner: WireName;
  readonly zone: number;
  readonly rrsets: readonly Rrset[];
}

/** Most RRs of one RRset, and most targets: no more A records leave in one message of 65,535 bytes. */
export const MAX_RRS = 4096;

/**
 * Encodes a node's value for the table, which copies it: the bytes are those of the next call, too. A full list
 * of endpoints makes hundreds of thousands of nodes, and new memory for each took a third of its time.
 */
export function encodeNode(node: Node): Uint8Array {
  const { rrsets } = node;
  const first = NODE_HEADER_BYTES + RRSET_BYTES * rrsets.length;
  let size = first;
  for (const rrset of rrsets) size += align(dataBytes(rrset));
  if (size > scratch.bytes.length) scratch = createScratch(size * 2);
  const { bytes, halves } = scratch;
  bytes.fill(0, 0, size);
  bytes[0] = rrsets.length === 1 && rrsets[0].type === TYPE.CNAME ? NODE_FLAG.alias : 0;
  bytes[1] = rrsets.length;
  halves[1] = node.zone;
  let data = first;
  for (let i = 0; i < rrsets.length; i++) {
    const rrset = rrsets[i];
    putEntry(NODE_HEADER_BYTES + RRSET_BYTES * i, rrset, data);
    putData(rrset, data, node.owner);
    data += align(dataBytes(rrset));
  }
  return bytes.subarray(0, size);
}

/** Reads the RDATAs of a node's first RRset back, which is of the form `counted`. */
export function decodeRdatas(value: Uint8Array): Uint8Array[] {
  // A copy from the table begins at 0 of a memory of its own, so its integers are aligned.
  const halves = new Uint16Array(value.buffer, value.byteOffset, value.length >> 1);
  const words = new Uint32Array(value.buffer, value.byteOffset, value.length >> 2);
  const count = halves[(NODE_HEADER_BYTES + 2) >> 1];
  const data = words[(NODE_HEADER_BYTES + 8) >> 2];
  const stride = halves[(NODE_HEADER_BYTES + 12) >> 1];
  return Array.from({ length: count }, (_, i) => {
    const start = data + i * stride;
    return value.slice(start + 2, start + 2 + ((value[start] << 8) | value[start + 1]));
  });
}

/** One memory, seen as bytes, as integers of 16 and of 32 bits in the machine's own order. */
interface Scratch {
  readonly bytes: Uint8Array;
  readonly halves: Uint16Array;
  readonly words: Uint32Array;
}

const FIRST_SCRATCH_BYTES = 4096;
let scratch = createScratch(FIRST_SCRATCH_BYTES);

function createScratch(size: number): Scratch {
  const memory = new ArrayBuffer(align(size));
  return {
    bytes: new Uint8Array(memory),
    halves: new Uint16Array(memory),
    words: new Uint32Array(memory),
  };
}

/** Weight, where the parent begins; then four bytes for each record, and for each target. */
const SERVICE_HEADER_BYTES = 4;
const SERVICE_ENTRY_BYTES = 4;
/** Length of the label, and the counts of addresses of each family. */
const TARGET_FIXED_BYTES = 3;
const MAX_GLUE = 255;

function putEntry(at: number, rrset: Rrset, data: number): void {
  const { halves, words } = scratch;
  halves[at >> 1] = rrset.type;
  halves[(at + 2) >> 1] = countRecords(rrset);
  words[(at + 4) >> 2] = rrset.ttl;
  words[(at + 8) >> 2] = data;
  halves[(at + 12) >> 1] = strideOf(rrset);
  halves[(at + 14) >> 1] = formOf(rrset);
}

function formOf(rrset: Rrset): number {
  if ('targets' in rrset) return FORM.service;
  if (!('rdatas' in rrset)) return FORM.authority;
  return rrset.type === TYPE.A || rrset.type === TYPE.AAAA ? FORM.fixed : FORM.counted;
}

function countRecords(rrset: Rrset): number {
  if ('records' in rrset) return Math.min(rrset.records.length, MAX_RRS);
  return 'rdatas' in rrset ? Math.min(rrset.rdatas.length, MAX_RRS) : 1;
}

/** Records come in the order of their targets, so those that are kept refer to the first ones. */
function countTargets({ targets }: ServiceRrset): number {
  return Math.min(targets.length, MAX_RRS);
}

/** Bytes from one RR to the next: the longest RDATA, so that any of them is found by its number. */
function strideOf(rrset: Rrset): number {
  if (!('rdatas' in rrset)) return 0;
  let longest = 0;
  for (const rdata of rrset.rdatas) longest = Math.max(longest, rdata.length);
  return formOf(rrset) === FORM.fixed ? longest : longest + 2;
}

function dataBytes(rrset: Rrset): number {
  if (!('targets' in rrset)) return strideOf(rrset) * countRecords(rrset);
  const entries = countRecords(rrset) + countTargets(rrset);
  let size = SERVICE_HEADER_BYTES + SERVICE_ENTRY_BYTES * entries;
  for (let i = 0; i < countTargets(rrset); i++) size += targetBytes(rrset.targets[i]);
  return size;
}

function targetBytes({ label, ipv4, ipv6 }: ServiceTarget): number {
  const glue = countGlue(ipv4) * IPV4_BYTES + countGlue(ipv6) * IPV6_BYTES;
  return TARGET_FIXED_BYTES + label.length + glue;
}

/** Glue is a whole RRset or none (RFC 2181 section 9), and its count one byte. */
function countGlue(addresses: readonly Uint8Array[]): number {
  return addresses.length <= MAX_GLUE ? addresses.length : 0;
}

/** Puts an RRset's data at `data`, a multiple of 4. */
function putData(rrset: Rrset, data: number, owner: WireName): void {
  if ('targets' in rrset) {
    putService(rrset, data, owner);
    return;
  }
  if (!('rdatas' in rrset)) return;
  const { bytes } = scratch;
  const stride = strideOf(rrset);
  const isFixed = formOf(rrset) === FORM.fixed;
  for (let i = 0; i < countRecords(rrset); i++) {
    const rdata = rrset.rdatas[i];
    const at = data + i * stride;
    if (isFixed) {
      bytes.set(rdata, at);
    } else {
      bytes[at] = rdata.length >> 8;
      bytes[at + 1] = rdata.length;
      bytes.set(rdata, at + 2);
    }
  }
}

function putService(rrset: ServiceRrset, data: number, owner: WireName): void {
  const { records, targets, weight, labelsBeforeParent } = rrset;
  const { halves, words } = scratch;
  halves[data >> 1] = weight;
  halves[(data + 2) >> 1] = offsetOfLabel(owner, labelsBeforeParent);
  let at = data + SERVICE_HEADER_BYTES;
  for (let i = 0; i < countRecords(rrset); i++) {
    halves[at >> 1] = records[i].port;
    halves[(at + 2) >> 1] = records[i].target;
    at += SERVICE_ENTRY_BYTES;
  }
  let target = at + SERVICE_ENTRY_BYTES * countTargets(rrset);
  for (let i = 0; i < countTargets(rrset); i++) {
    words[at >> 2] = target - data;
    at += SERVICE_ENTRY_BYTES;
    target = putTarget(target, targets[i]);
  }
}

/** Puts one target and gives where the next begins. */
function putTarget(start: number, { label, ipv4, ipv6 }: ServiceTarget): number {
  const { bytes } = scratch;
  let at = start;
  bytes[at++] = label.length;
  for (let i = 0; i < label.length; i++) bytes[at++] = foldCase(label.charCodeAt(i));
  bytes[at++] = countGlue(ipv4);
  bytes[at++] = countGlue(ipv6);
  for (const addresses of [ipv4, ipv6]) {
    for (let i = 0; i < countGlue(addresses); i++) {
      bytes.set(addresses[i], at);
      at += addresses[i].length;
    }
  }
  return at;
}

function offsetOfLabel(name: WireName, index: number): number {
  let at = 0;
  for (let i = 0; i < index; i++) at += name[at] + 1;
  return at;
}

function align(length: number): number {
  return (length + 3) & ~3;
}
