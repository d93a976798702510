/** Nodes as bytes, and back. `node.ts` has the format. */
import { TYPE } from '../dns/constants.ts';
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
} from './node.ts';
import { align, dataStart, scratch } from './node-scratch.ts';

/** Encodes a node into `scratch`, and gives the bytes that it has there. */
export function encodeNode(node: Node): number {
  const { rrsets } = node;
  const first = dataStart(rrsets.length);
  let size = first;
  for (const rrset of rrsets) size += align(dataBytes(rrset));
  const isAlias = rrsets.length === 1 && rrsets[0].type === TYPE.CNAME;
  const flags = (node.flags ?? 0) | (isAlias ? NODE_FLAG.alias : 0);
  scratch.begin(node.zone, rrsets.length, size, flags);
  let data = first;
  for (let i = 0; i < rrsets.length; i++) {
    const rrset = rrsets[i];
    const shape = { stride: strideOf(rrset), form: formOf(rrset) };
    scratch.putEntry(i, rrset.type, countRecords(rrset), rrset.ttl, data, shape);
    putData(rrset, data);
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

function formOf(rrset: Rrset): number {
  if (!('rdatas' in rrset)) return FORM.authority;
  return rrset.type === TYPE.A || rrset.type === TYPE.AAAA ? FORM.fixed : FORM.counted;
}

function countRecords(rrset: Rrset): number {
  return 'rdatas' in rrset ? Math.min(rrset.rdatas.length, MAX_RRS) : 1;
}

/** Bytes from one RR to the next: the longest RDATA, so that any of them is found by its number. */
function strideOf(rrset: Rrset): number {
  if (!('rdatas' in rrset)) return 0;
  let longest = 0;
  for (const rdata of rrset.rdatas) longest = Math.max(longest, rdata.length);
  return formOf(rrset) === FORM.fixed ? longest : align(longest + 2);
}

function dataBytes(rrset: Rrset): number {
  return strideOf(rrset) * countRecords(rrset);
}

/** Puts an RRset's data at `data`, a multiple of 4. */
function putData(rrset: Rrset, data: number): void {
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
