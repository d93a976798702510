/** Nodes as bytes, and back. `node.ts` has the format. */
import { IPV4_BYTES, IPV6_BYTES } from '../dns/address.ts';
import { TYPE } from '../dns/constants.ts';
import type { WireName } from '../dns/name.ts';
import {
  countIn,
  dataIn,
  ENTRY,
  FORM,
  MAX_RRS,
  NODE_FLAG,
  NODE_HEADER_BYTES,
  type Node,
  type Rrset,
  type ServiceRrset,
  type ServiceTarget,
} from './node.ts';
import { align, dataStart, scratch } from './node-scratch.ts';

/** Encodes a node into `scratch`, and gives the bytes that it has there. */
export function encodeNode(node: Node): number {
  const { rrsets } = node;
  const first = dataStart(rrsets.length);
  let size = first;
  for (const rrset of rrsets) size += align(dataBytes(rrset));
  scratch.begin(node.zone, rrsets.length, size);
  if (rrsets.length === 1 && rrsets[0].type === TYPE.CNAME) scratch.bytes[0] = NODE_FLAG.alias;
  let data = first;
  for (let i = 0; i < rrsets.length; i++) {
    const rrset = rrsets[i];
    const shape = { stride: strideOf(rrset), form: formOf(rrset) };
    scratch.putEntry(i, rrset.type, countRecords(rrset), rrset.ttl, data, shape);
    putData(rrset, data, node.owner);
    data += align(dataBytes(rrset));
  }
  return size;
}

/** Reads the RDATAs of a node's first RRset back, which is of the form `counted`. */
export function decodeRdatas(value: Uint8Array): Uint8Array[] {
  // A copy from the table begins at 0 of a memory of its own, so its integers are aligned.
  const words = new Uint32Array(value.buffer, value.byteOffset, value.length >> 2);
  const layout = words[(NODE_HEADER_BYTES + ENTRY.layout) >> 2];
  const stride = value[NODE_HEADER_BYTES + ENTRY.stride] << 2;
  return Array.from({ length: countIn(layout) }, (_, i) => {
    const start = dataIn(layout) + i * stride;
    return value.slice(start + 2, start + 2 + ((value[start] << 8) | value[start + 1]));
  });
}

/** Weight, where the parent begins; then four bytes for each record, and for each target. */
const SERVICE_HEADER_BYTES = 4;
const SERVICE_ENTRY_BYTES = 4;
/** Length of the label, and the counts of addresses of each family. */
const TARGET_FIXED_BYTES = 3;
const MAX_GLUE = 255;

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
  return formOf(rrset) === FORM.fixed ? longest : align(longest + 2);
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
  for (let i = 0; i < label.length; i++) bytes[at++] = label[i];
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
