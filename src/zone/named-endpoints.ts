/**
 * The ready endpoints of one Service by the first label of their names: Kubernetes DNS specification 1.1.0, section
 * 2.4.1; or the Service itself as the one name, with an empty label. In: the Service; out: numbers of names and of
 * addresses, and bytes.
 *
 * Everything stands in arrays that serve one Service after another, since a full list has 150,000 endpoints, and
 * objects for each took most of the start. Names are numbered from 0 in the order in which they came, and so are
 * addresses; those of a name are a chain, an address that stands in two slices once.
 */
import {
  IPV4_BYTES,
  IPV6_BYTES,
  ipv4WordAt,
  parseAddress,
  putIpv4Word,
  readIpv4,
} from '../dns/address.ts';
import { foldCase } from '../dns/name.ts';
import { EndpointCursor, packEndpoints } from '../source/packed-endpoints.ts';
import type { EndpointPort, Service } from '../source/resources.ts';
import { type EndpointNameOptions, isPodLabel, writeDashed } from './endpoint-name.ts';
import { LabelIndex } from './label-index.ts';
import { MAX_RRS } from './node.ts';
import { distinctPorts } from './port-plan.ts';
import type { ServiceInput } from './service-input.ts';

const NONE = -1;
/** Beyond it they have nodes: a node has 1 MiB at most. */
const MAX_IMPLIED = 65_536;
/** Room for one more label: none that can exist is longer, and a longer one is found to be too long. */
const MAX_TEXT_BYTES = 256;

export class NamedEndpoints {
  /** Endpoints of the Service, ready or not. */
  total = 0;
  /** Number of names. */
  count = 0;
  /** Number of those that are implied. */
  impliedCount = 0;
  readonly labels = new LabelIndex();
  /** 16 bytes for each address, of which one of IPv4 takes the first four. */
  addresses = new Uint8Array(64 * IPV6_BYTES);
  /** 4 or 16, by address. */
  readonly sizes: number[] = [];
  /** Next address of the same name, by address; -1 at the end. */
  readonly next: number[] = [];
  /** First address, by name. */
  readonly first: number[] = [];
  /** Numbers of addresses of each family, by name. */
  readonly ipv4Counts: number[] = [];
  readonly ipv6Counts: number[] = [];
  /** By name. Distinct; shared by the endpoints of a slice. */
  readonly ports: (readonly EndpointPort[])[] = [];
  readonly #last: number[] = [];
  /** By name: whether it was given for an IPv4 address. */
  readonly #isDashed: boolean[] = [];
  /** Of the label that was written last. */
  #isLabelDashed = false;
  readonly #cursor = new EndpointCursor();
  #addressCount = 0;

  /** Takes the endpoints of a Service in the place of those before; none where `input` is undefined. */
  load(input: ServiceInput | undefined, options: EndpointNameOptions): void {
    this.#clear();
    if (input === undefined) return;
    const cursor = this.#cursor;
    for (const group of input.groups) {
      const ports = distinctPorts(group.ports);
      cursor.reset(group.packedEndpoints ?? packEndpoints(group.endpoints));
      while (cursor.next()) {
        this.total++;
        if (cursor.isReady || input.service.publishNotReadyAddresses) this.#take(ports, options);
      }
    }
    for (let name = 0; name < this.count; name++) if (this.isImplied(name)) this.impliedCount++;
  }

  /** Takes a Service itself in the place of what was before: its virtual IPs, of which it may have none yet. */
  loadVirtual({ clusterIps, ports }: Service): void {
    this.#clear();
    this.labels.length = 0;
    this.#isLabelDashed = false;
    const name = this.#nameOf(distinctPorts(ports));
    for (const text of clusterIps) {
      const size = this.#readAddress(text, 0, text.length);
      if (size > 0) this.#link(name, size);
    }
  }

  /** Tells whether a name is nothing but its only address, of IPv4, with dashes: such names have no node. */
  isImplied(name: number): boolean {
    return (
      this.#isDashed[name] &&
      this.ipv4Counts[name] === 1 &&
      this.ipv6Counts[name] === 0 &&
      name < MAX_IMPLIED
    );
  }

  /** Writes the addresses of all implied names into words from `start` on, in ascending order. */
  writeImplied(words: Int32Array, start: number): void {
    let at = start;
    let isSorted = true;
    for (let name = 0; name < this.count; name++) {
      if (!this.isImplied(name)) continue;
      words[at] = ipv4WordAt(this.addresses, this.first[name] * IPV6_BYTES);
      if (at > start && words[at] < words[at - 1]) isSorted = false;
      at++;
    }
    if (!isSorted) words.subarray(start, at).sort();
  }

  /** Tells whether an address of 4 or 16 bytes is among those of the ready endpoints. */
  hasAddress(address: Uint8Array): boolean {
    for (let own = 0; own < this.#addressCount; own++) {
      if (this.sizes[own] === address.length && this.#isAt(own, address, 0)) return true;
    }
    return false;
  }

  /** Gives an address by its number. */
  addressAt(address: number): Uint8Array {
    const start = address * IPV6_BYTES;
    return this.addresses.slice(start, start + this.sizes[address]);
  }

  /** Tells whether a name of this has the address that another's address is. */
  nameHas(name: number, other: NamedEndpoints, address: number): boolean {
    for (let own = this.first[name]; own !== NONE; own = this.next[own]) {
      if (
        this.sizes[own] === other.sizes[address] &&
        this.#isAt(own, other.addresses, address * IPV6_BYTES)
      )
        return true;
    }
    return false;
  }

  #clear(): void {
    this.total = 0;
    this.count = 0;
    this.impliedCount = 0;
    this.#addressCount = 0;
    this.labels.clear();
  }

  /** Takes each address of the endpoint at which the cursor is. */
  #take(ports: readonly EndpointPort[], options: EndpointNameOptions): void {
    const { text, addressesStart, addressesEnd } = this.#cursor;
    for (let start = addressesStart; start < addressesEnd; ) {
      const blank = text.indexOf(' ', start);
      const end = blank < 0 || blank > addressesEnd ? addressesEnd : blank;
      const size = this.#readAddress(text, start, end);
      if (size > 0) {
        this.#writeLabel(start, end, options);
        this.#isLabelDashed &&= size === IPV4_BYTES;
        this.#link(this.#nameOf(ports), size);
      }
      start = end + 1;
    }
  }

  /** Reads an address into the place of the next one; gives its size, 0 where it is none. */
  #readAddress(text: string, start: number, end: number): number {
    const at = this.#addressCount * IPV6_BYTES;
    if (at === this.addresses.length) this.addresses = doubled(this.addresses);
    const ipv4 = readIpv4(text, start, end);
    if (ipv4 >= 0) {
      putIpv4Word(ipv4, this.addresses, at);
      return IPV4_BYTES;
    }
    const address = parseAddress(text.slice(start, end));
    if (address === undefined) return 0;
    this.addresses.set(address, at);
    return address.length;
  }

  /** Writes the hostname, else (if so configured) the Pod's name, else the address with dashes. */
  #writeLabel(start: number, end: number, { endpointPodNames }: EndpointNameOptions): void {
    const { text, hostnameStart, hostnameEnd, podNameStart, podNameEnd } = this.#cursor;
    const bytes = this.labels.room(MAX_TEXT_BYTES);
    const { end: at } = this.labels;
    this.#isLabelDashed = false;
    if (hostnameEnd > hostnameStart) {
      this.labels.length = writeText(text, hostnameStart, hostnameEnd, bytes, at);
    } else if (endpointPodNames && isPodLabel(text.slice(podNameStart, podNameEnd))) {
      this.labels.length = writeText(text, podNameStart, podNameEnd, bytes, at);
    } else {
      this.labels.length = writeDashed(text, start, end, bytes, at);
      this.#isLabelDashed = true;
    }
  }

  /** Gives the number of the name whose label was written last, which has these ports, too. */
  #nameOf(ports: readonly EndpointPort[]): number {
    const name = this.labels.add();
    if (name === this.count) {
      this.count++;
      this.first[name] = NONE;
      this.ipv4Counts[name] = 0;
      this.ipv6Counts[name] = 0;
      this.#isDashed[name] = this.#isLabelDashed;
      this.ports[name] = ports;
    } else if (this.ports[name] !== ports) {
      this.ports[name] = distinctPorts([...this.ports[name], ...ports]);
    }
    return name;
  }

  /** Gives the address that was read last to a name, once. */
  #link(name: number, size: number): void {
    const address = this.#addressCount;
    const counts = size === IPV4_BYTES ? this.ipv4Counts : this.ipv6Counts;
    this.sizes[address] = size;
    if (counts[name] >= MAX_RRS || this.nameHas(name, this, address)) return;
    counts[name]++;
    this.#addressCount++;
    this.next[address] = NONE;
    if (this.first[name] === NONE) this.first[name] = address;
    else this.next[this.#last[name]] = address;
    this.#last[name] = address;
  }

  #isAt(own: number, bytes: Uint8Array, at: number): boolean {
    for (let i = 0; i < this.sizes[own]; i++) {
      if (this.addresses[own * IPV6_BYTES + i] !== bytes[at + i]) return false;
    }
    return true;
  }
}

/** Writes characters as bytes in lower case, and gives how many; of more than there is room for, that many. */
function writeText(
  text: string,
  start: number,
  end: number,
  bytes: Uint8Array,
  at: number,
): number {
  const length = Math.min(end - start, MAX_TEXT_BYTES);
  for (let i = 0; i < length; i++) bytes[at + i] = foldCase(text.charCodeAt(start + i));
  return length;
}

function doubled(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(bytes.length * 2);
  next.set(bytes);
  return next;
}
