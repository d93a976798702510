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
import { TYPE } from '../dns/constants.ts';
import type { WireName } from '../dns/name.ts';

export const NODE_HEADER_BYTES = 4;
export const RRSET_BYTES = 16;

export const NODE_FLAG = {
  /** The only RRset is a CNAME, followed for every other type: RFC 1034 section 3.6.2. */
  alias: 1,
} as const;

/** Index of zone that says: this name is a zone of its own, for addresses outside every configured zone. */
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
  /** At most 255 of each family are given as glue. */
  readonly ipv4: readonly Uint8Array[];
  readonly ipv6: readonly Uint8Array[];
}

export interface Node {
  readonly owner: WireName;
  readonly zone: number;
  readonly rrsets: readonly Rrset[];
}

/** Most RRs of one RRset and most targets that are kept; more could not leave in one message either. */
export const MAX_RRS = 0xffff;

/** Encodes a node's value for the table. */
export function encodeNode(node: Node): Uint8Array {
  const blocks = node.rrsets.map((rrset) => encodeData(rrset, node.owner));
  const start = NODE_HEADER_BYTES + RRSET_BYTES * blocks.length;
  const size = blocks.reduce((sum, block) => sum + align(block.data.length), start);
  const value = new Uint8Array(size);
  const view = new DataView(value.buffer);
  const isAlias = node.rrsets.length === 1 && node.rrsets[0].type === TYPE.CNAME;
  value[0] = isAlias ? NODE_FLAG.alias : 0;
  value[1] = blocks.length;
  view.setUint16(2, node.zone, LITTLE_ENDIAN);
  let offset = start;
  for (const [i, block] of blocks.entries()) {
    const entry = NODE_HEADER_BYTES + RRSET_BYTES * i;
    view.setUint16(entry, node.rrsets[i].type, LITTLE_ENDIAN);
    view.setUint16(entry + 2, block.count, LITTLE_ENDIAN);
    view.setUint32(entry + 4, node.rrsets[i].ttl, LITTLE_ENDIAN);
    view.setUint32(entry + 8, offset, LITTLE_ENDIAN);
    view.setUint16(entry + 12, block.stride, LITTLE_ENDIAN);
    view.setUint16(entry + 14, block.form, LITTLE_ENDIAN);
    value.set(block.data, offset);
    offset += align(block.data.length);
  }
  return value;
}

/** Reads the RDATAs of a node's first RRset back, which is of the form `counted`. */
export function decodeRdatas(value: Uint8Array): Uint8Array[] {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const count = view.getUint16(NODE_HEADER_BYTES + 2, LITTLE_ENDIAN);
  const data = view.getUint32(NODE_HEADER_BYTES + 8, LITTLE_ENDIAN);
  const stride = view.getUint16(NODE_HEADER_BYTES + 12, LITTLE_ENDIAN);
  return Array.from({ length: count }, (_, i) => {
    const start = data + i * stride;
    return value.slice(start + 2, start + 2 + view.getUint16(start));
  });
}

interface Block {
  form: number;
  count: number;
  stride: number;
  data: Uint8Array;
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function encodeData(rrset: Rrset, owner: WireName): Block {
  if ('targets' in rrset) return encodeService(rrset, owner);
  if (!('rdatas' in rrset)) {
    return { form: FORM.authority, count: 1, stride: 0, data: new Uint8Array(0) };
  }
  const isFixed = rrset.type === TYPE.A || rrset.type === TYPE.AAAA;
  const rdatas = rrset.rdatas.slice(0, MAX_RRS);
  const longest = rdatas.reduce((most, rdata) => Math.max(most, rdata.length), 0);
  const stride = isFixed ? longest : longest + 2;
  const data = new Uint8Array(stride * rdatas.length);
  for (const [i, rdata] of rdatas.entries()) {
    if (!isFixed) data.set([rdata.length >> 8, rdata.length & 0xff], i * stride);
    data.set(rdata, i * stride + stride - longest);
  }
  return { form: isFixed ? FORM.fixed : FORM.counted, count: rdatas.length, stride, data };
}

function encodeService(rrset: ServiceRrset, owner: WireName): Block {
  const targets = rrset.targets.map(encodeTarget);
  const records = rrset.records.slice(0, MAX_RRS);
  const offsets = 4 + 4 * records.length;
  const data = new Uint8Array(
    targets.reduce((sum, target) => sum + target.length, offsets + 4 * targets.length),
  );
  const view = new DataView(data.buffer);
  view.setUint16(0, rrset.weight, LITTLE_ENDIAN);
  view.setUint16(2, offsetOfLabel(owner, rrset.labelsBeforeParent), LITTLE_ENDIAN);
  for (const [i, record] of records.entries()) {
    view.setUint16(4 + 4 * i, record.port, LITTLE_ENDIAN);
    view.setUint16(6 + 4 * i, record.target, LITTLE_ENDIAN);
  }
  let at = offsets + 4 * targets.length;
  for (const [i, target] of targets.entries()) {
    view.setUint32(offsets + 4 * i, at, LITTLE_ENDIAN);
    data.set(target, at);
    at += target.length;
  }
  return { form: FORM.service, count: records.length, stride: 4, data };
}

function encodeTarget(target: ServiceTarget): Uint8Array {
  const ipv4 = target.ipv4.slice(0, 255);
  const ipv6 = target.ipv6.slice(0, 255);
  return Uint8Array.from([
    target.label.length,
    ...Buffer.from(target.label, 'latin1'),
    ipv4.length,
    ipv6.length,
    ...ipv4.flatMap((address) => [...address]),
    ...ipv6.flatMap((address) => [...address]),
  ]);
}

function offsetOfLabel(name: WireName, index: number): number {
  let at = 0;
  for (let i = 0; i < index; i++) at += name[at] + 1;
  return at;
}

function align(length: number): number {
  return (length + 3) & ~3;
}
