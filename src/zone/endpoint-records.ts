/**
 * The records of a Service's endpoints: `<endpoint>.<service>.<namespace>.svc.<domain>` with A and AAAA, and the PTR
 * records that point there. Straight from bytes to the table: three of four records of a large cluster are these. All
 * of them are marked: a name may have addresses in several slices, and an address names of several Services.
 *
 * Names that are implied by their address have no node; those that are about to get one, or to lose it, have both for
 * a moment.
 */
import { IPV4_BYTES, IPV6_BYTES } from '../dns/address.ts';
import { MAX_NAME_BYTES, TYPE } from '../dns/constants.ts';
import { fitsBefore, type WireName } from '../dns/name.ts';
import { copyBytes } from './copy-bytes.ts';
import type { NamedEndpoints } from './named-endpoints.ts';
import { FORM, NODE_FLAG } from './node.ts';
import { dataStart, scratch } from './node-scratch.ts';
import type { ReverseZone } from './reverse-zone.ts';
import type { OwnName } from './service-records.ts';
import type { ZoneRecords } from './zone-records.ts';

export interface EndpointRecordsOptions {
  readonly records: ZoneRecords;
  readonly reverse: ReverseZone;
  readonly ttl: number;
}

const FLAGS = NODE_FLAG.decidedByEndpoints;
const IPV4_SHAPE = { stride: IPV4_BYTES, form: FORM.fixed };
const IPV6_SHAPE = { stride: IPV6_BYTES, form: FORM.fixed };

export class EndpointRecords {
  readonly #records: ZoneRecords;
  readonly #reverse: ReverseZone;
  readonly #ttl: number;
  /** The name that PTR records are to point to. */
  readonly #target = new Uint8Array(MAX_NAME_BYTES);

  constructor({ records, reverse, ttl }: EndpointRecordsOptions) {
    this.#records = records;
    this.#reverse = reverse;
    this.#ttl = ttl;
  }

  /** Puts the node of every name below the Service's own that is not implied. */
  publish(endpoints: NamedEndpoints, { name: parent, zone }: OwnName): void {
    const { key } = this.#records.table;
    for (let name = 0; name < endpoints.count; name++) {
      if (endpoints.isImplied(name)) continue;
      const length = writeName(endpoints, name, parent, key);
      if (length > 0) this.#records.put(length, this.#encode(endpoints, name, zone));
    }
  }

  /** Deletes the nodes that `next` no longer has, the last one first. */
  withdraw(old: NamedEndpoints, next: NamedEndpoints, parent: WireName): void {
    const { table } = this.#records;
    for (let name = old.count - 1; name >= 0; name--) {
      if (old.isImplied(name)) continue;
      const left = next.labels.find(old.labels, name);
      if (left >= 0 && !next.isImplied(left)) continue;
      const length = writeName(old, name, parent, table.key);
      if (length > 0) table.remove(length);
    }
  }

  /** Makes every address point to its name. */
  point(endpoints: NamedEndpoints, parent: WireName): void {
    for (let name = 0; name < endpoints.count; name++) {
      const length = writeName(endpoints, name, parent, this.#target);
      if (length === 0) continue;
      for (let each = endpoints.first[name]; each >= 0; each = endpoints.next[each]) {
        const { addresses, sizes } = endpoints;
        this.#reverse.add(addresses, each * IPV6_BYTES, sizes[each], this.#target, length, FLAGS);
      }
    }
  }

  /** Takes back from each address the name that it no longer has. */
  unpoint(old: NamedEndpoints, next: NamedEndpoints, parent: WireName): void {
    for (let name = 0; name < old.count; name++) {
      const length = writeName(old, name, parent, this.#target);
      if (length === 0) continue;
      const left = next.labels.find(old.labels, name);
      for (let each = old.first[name]; each >= 0; each = old.next[each]) {
        if (left >= 0 && next.nameHas(left, old, each)) continue;
        const target = this.#target.slice(0, length);
        this.#reverse.remove({ address: old.addressAt(each), target });
      }
    }
  }

  /** Encodes the node of a name into the scratch memory, and gives its length. */
  #encode(endpoints: NamedEndpoints, name: number, zone: number): number {
    const ipv4 = endpoints.ipv4Counts[name];
    const ipv6 = endpoints.ipv6Counts[name];
    const rrsets = Number(ipv4 > 0) + Number(ipv6 > 0);
    const data = dataStart(rrsets);
    const dataIpv6 = data + ipv4 * IPV4_BYTES;
    const bytes = dataIpv6 + ipv6 * IPV6_BYTES;
    scratch.begin(zone, rrsets, bytes, FLAGS);
    if (ipv4 > 0) scratch.putEntry(0, TYPE.A, ipv4, this.#ttl, data, IPV4_SHAPE);
    if (ipv6 > 0) {
      scratch.putEntry(rrsets - 1, TYPE.AAAA, ipv6, this.#ttl, dataIpv6, IPV6_SHAPE);
    }
    putAddresses(endpoints, name, data, dataIpv6);
    return bytes;
  }
}

/** Puts the addresses of a name, each family behind where its data begins. */
function putAddresses(endpoints: NamedEndpoints, name: number, ipv4At: number, ipv6At: number) {
  const { addresses, sizes, first, next } = endpoints;
  let at4 = ipv4At;
  let at6 = ipv6At;
  for (let each = first[name]; each >= 0; each = next[each]) {
    const size = sizes[each];
    const at = size === IPV4_BYTES ? at4 : at6;
    copyBytes(addresses, each * IPV6_BYTES, scratch.bytes, at, size);
    if (size === IPV4_BYTES) at4 += size;
    else at6 += size;
  }
}

/** Writes a name below the Service's own, and gives its length; 0 where it is too long, and so cannot exist. */
function writeName(
  { labels }: NamedEndpoints,
  name: number,
  parent: WireName,
  into: Uint8Array,
): number {
  const length = labels.lengths[name];
  if (!fitsBefore(length, parent.length)) return 0;
  into[0] = length;
  copyBytes(labels.bytes, labels.starts[name], into, 1, length);
  copyBytes(parent, 0, into, 1 + length, parent.length);
  return 1 + length + parent.length;
}
