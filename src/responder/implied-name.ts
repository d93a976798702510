/**
 * Names of endpoints that are nothing but their address, `10-244-0-7.<service>.<namespace>.svc.<domain>`: nine of ten
 * in a large cluster, of which the table holds no record. The Service's own says which of them there are. Kubernetes
 * DNS specification 1.1.0, section 2.4.1, leaves such names to the server.
 */
import { IPV4_BYTES, putIpv4Word } from '../dns/address.ts';
import type { TableReader } from '../table/table-reader.ts';
import { NODE_FLAG, NODE_HEADER_BYTES, RRSET_BYTES } from '../zone/node.ts';
import { ParentRecord } from './parent-record.ts';
import type { Query } from './query.ts';

const DASH = 0x2d;
const DIGIT_ZERO = 0x30;
/** Of `0-0-0-0` and of `255-255-255-255`. */
const [MIN_LABEL_BYTES, MAX_LABEL_BYTES] = [7, 15];
const NONE = -1;

export class ImpliedName {
  readonly #table: TableReader;
  readonly #parent: ParentRecord;
  readonly #words: Int32Array;
  /** What `read()` has read: 4 bytes, and as a signed integer. */
  readonly address = new Uint8Array(IPV4_BYTES);
  #value = 0;

  constructor(table: TableReader) {
    this.#table = table;
    this.#parent = new ParentRecord(table);
    this.#words = new Int32Array(table.bytes.buffer);
  }

  /** Reads the address that the name begins with; false where it does not begin with one. */
  read({ name }: Query): boolean {
    const value = readDashed(name);
    if (value === NONE) return false;
    this.#value = value | 0;
    putIpv4Word(value, this.address, 0);
    return true;
  }

  /** Tells whether the name's parent is a Service that has the address which was read: its list is in order. */
  isListed(query: Query): boolean {
    const record = this.#parent.find(query);
    if (record === 0) return false;
    const node = this.#table.valueStart(record);
    const { bytes } = this.#table;
    if ((bytes[node] & NODE_FLAG.impliedEndpoints) === 0) return false;
    const words = this.#words;
    const entry = (node + NODE_HEADER_BYTES + RRSET_BYTES * bytes[node + 1]) >> 2;
    const start = (node + words[entry + 1]) >> 2;
    let low = 0;
    let high = words[entry];
    while (low < high) {
      const middle = (low + high) >> 1;
      const held = words[start + middle];
      if (held === this.#value) return true;
      if (held < this.#value) low = middle + 1;
      else high = middle;
    }
    return false;
  }
}

/**
 * Reads a name's first label as an IPv4 address with dashes, as it is written: without leading zeros. Gives 32 bits,
 * unsigned, or NONE. As `readIpv4()`, from bytes: every name that is not in the table comes by here, and is not to be
 * made a text for that; most are turned away by their first byte.
 */
function readDashed(name: Uint8Array): number {
  const end = 1 + name[0];
  if (name[0] < MIN_LABEL_BYTES || name[0] > MAX_LABEL_BYTES) return NONE;
  let address = 0;
  let octet = NONE;
  let dashes = 0;
  for (let i = 1; i < end; i++) {
    const byte = name[i];
    if (byte === DASH) {
      if (octet === NONE || ++dashes > 3) return NONE;
      address = address * 256 + octet;
      octet = NONE;
      continue;
    }
    const digit = byte - DIGIT_ZERO;
    if (digit < 0 || digit > 9 || octet === 0) return NONE;
    octet = octet === NONE ? digit : octet * 10 + digit;
    if (octet > 255) return NONE;
  }
  return dashes === 3 && octet !== NONE ? address * 256 + octet : NONE;
}
