/**
 * What the SRV records of one Service point to, in the form that every one of its nodes has it in, and the addresses of
 * all of it, each once. Its memory serves one Service after another.
 */
import { IPV4_BYTES, IPV6_BYTES, ipv4WordAt } from '../dns/address.ts';
import { fitsBefore } from '../dns/name.ts';
import { copyBytes } from './copy-bytes.ts';
import type { NamedEndpoints } from './named-endpoints.ts';
import { MAX_RRS } from './node.ts';

/** Glue is a whole RRset or none (RFC 2181 section 9), and its count one byte. */
const MAX_GLUE = 255;
/** Length of the label, and the counts of addresses of each family. */
const ENTRY_FIXED_BYTES = 3;
const FIRST_BYTES = 4096;

export class ServiceTargets {
  /** At most as many as SRV records can refer to. */
  count = 0;
  /** Names of endpoints that were looked at: those beyond it are no targets. */
  taken = 0;
  /** Number of the name among the endpoints, by target. */
  readonly names: number[] = [];
  /** Label, counts of addresses and these, target by target. */
  entries = new Uint8Array(FIRST_BYTES);
  entryBytes = 0;
  /** Where in them each begins. */
  readonly starts: number[] = [];
  readonly ipv4 = new Uint8Array(MAX_RRS * IPV4_BYTES);
  ipv4Count = 0;
  readonly ipv6 = new Uint8Array(MAX_RRS * IPV6_BYTES);
  ipv6Count = 0;

  /** Takes names of endpoints, or the Service itself, in the place of those before; `ownerBytes` is its name's length. */
  load(endpoints: NamedEndpoints, ownerBytes: number): void {
    this.count = 0;
    this.entryBytes = 0;
    this.taken = 0;
    for (let name = 0; name < endpoints.count && this.count < MAX_RRS; name++) {
      this.taken++;
      const length = endpoints.labels.lengths[name];
      // The Service itself has its name already.
      const isName = length === 0 || fitsBefore(length, ownerBytes);
      if (isName) this.#addEntry(endpoints, name);
    }
    this.#loadAddresses(endpoints);
  }

  #addEntry(endpoints: NamedEndpoints, name: number): void {
    const { labels, ipv4Counts, ipv6Counts } = endpoints;
    const length = labels.lengths[name];
    const ipv4Glue = countGlue(ipv4Counts[name]);
    const ipv6Glue = countGlue(ipv6Counts[name]);
    const glueBytes = ipv4Glue * IPV4_BYTES + ipv6Glue * IPV6_BYTES;
    const entries = this.#room(ENTRY_FIXED_BYTES + length + glueBytes);
    this.names[this.count] = name;
    this.starts[this.count++] = this.entryBytes;
    let at = this.entryBytes;
    entries[at++] = length;
    copyBytes(labels.bytes, labels.starts[name], entries, at, length);
    at += length;
    entries[at++] = ipv4Glue;
    entries[at++] = ipv6Glue;
    if (ipv4Glue > 0) at = putAddresses(endpoints, name, IPV4_BYTES, entries, at);
    if (ipv6Glue > 0) at = putAddresses(endpoints, name, IPV6_BYTES, entries, at);
    this.entryBytes = at;
  }

  #room(bytes: number): Uint8Array {
    if (this.entryBytes + bytes > this.entries.length) {
      const next = new Uint8Array((this.entryBytes + bytes) * 2);
      next.set(this.entries);
      this.entries = next;
    }
    return this.entries;
  }

  /** Endpoints of other names may have the same address. */
  #loadAddresses({ count, first, next, sizes, addresses }: NamedEndpoints): void {
    this.ipv4Count = 0;
    this.ipv6Count = 0;
    const seen = count > 1 ? new Set<number | string>() : undefined;
    for (let name = 0; name < count; name++) {
      for (let each = first[name]; each >= 0; each = next[each]) {
        const at = each * IPV6_BYTES;
        const isIpv4 = sizes[each] === IPV4_BYTES;
        if (seen !== undefined) {
          const key = isIpv4 ? ipv4WordAt(addresses, at) : textAt(addresses, at);
          if (seen.has(key)) continue;
          seen.add(key);
        }
        if (isIpv4 && this.ipv4Count < MAX_RRS) {
          copyBytes(addresses, at, this.ipv4, this.ipv4Count++ * IPV4_BYTES, IPV4_BYTES);
        } else if (!isIpv4 && this.ipv6Count < MAX_RRS) {
          copyBytes(addresses, at, this.ipv6, this.ipv6Count++ * IPV6_BYTES, IPV6_BYTES);
        }
      }
    }
  }
}

function countGlue(addresses: number): number {
  return addresses <= MAX_GLUE ? addresses : 0;
}

/** Puts the addresses of a name that have `size` bytes, and gives where the next byte goes. */
function putAddresses(
  { addresses, sizes, first, next }: NamedEndpoints,
  name: number,
  size: number,
  into: Uint8Array,
  start: number,
): number {
  let at = start;
  for (let each = first[name]; each >= 0; each = next[each]) {
    if (sizes[each] !== size) continue;
    copyBytes(addresses, each * IPV6_BYTES, into, at, size);
    at += size;
  }
  return at;
}

function textAt(bytes: Uint8Array, at: number): string {
  return Buffer.from(bytes.buffer, at, IPV6_BYTES).toString('latin1');
}
