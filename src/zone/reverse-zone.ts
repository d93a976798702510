/**
 * The PTR records: one owner name for each held address, pointing to every Service name or endpoint that
 * has it, so that a node here, unlike elsewhere, is made by several Services. RFC 1035 section 3.5.
 *
 * What a node holds is read back from the table when it changes: the table is the only copy.
 */
import { IPV4_BYTES } from '../dns/address.ts';
import { TYPE } from '../dns/constants.ts';
import { nameKey, parentName, type WireName } from '../dns/name.ts';
import { reverseName, writeReverseName } from '../dns/reverse-name.ts';
import { copyBytes } from './copy-bytes.ts';
import { decodeRdatas } from './encode-node.ts';
import { countIn, ENTRY, FORM, NODE_HEADER_BYTES, OWN_ZONE } from './node.ts';
import { align, dataStart, scratch } from './node-scratch.ts';
import type { ZoneRecords } from './zone-records.ts';
import type { ServedZone } from './zone-set.ts';

/** More names of one address than anybody asks for; hostNetwork gives many Services the same one. */
const MAX_POINTERS = 1000;

/** Parents of addresses whose place is remembered, so that a full list looks up each once. */
const MAX_PLACES = 8192;

/** A PTR record: the address and the name that it points to. */
export interface Pointer {
  readonly address: Uint8Array;
  readonly target: WireName;
}

/** A name between an apex and addresses: an empty non-terminal, for as long as nodes stand below it. */
interface Parent {
  readonly owner: WireName;
  nodes: number;
}

interface Place {
  readonly zone: number;
  /** Those below the apex and above the address. */
  readonly parents: readonly Parent[];
}

export interface ReverseZoneOptions {
  readonly records: ZoneRecords;
  readonly zones: readonly ServedZone[];
  readonly ttl: number;
  /** Most names that one address points to; default 1000. */
  readonly maxPointers?: number;
}

export class ReverseZone {
  readonly #records: ZoneRecords;
  readonly #ttl: number;
  /** Index of each reverse zone by its apex. */
  readonly #zoneOf: ReadonlyMap<string, number>;
  readonly #parents = new Map<string, Parent>();
  /** By the name above an address. Its parents are those in the map: where one leaves that, all places are forgotten. */
  readonly #places = new Map<string | number, Place>();
  readonly #maxPointers: number;
  /** Names beyond the limit, by owner name. */
  readonly #waiting = new Map<string, readonly Uint8Array[]>();
  /** Names that an earlier run made an address point to, besides those of this one, by owner name. */
  readonly #restored = new Map<string, { address: Uint8Array; targets: Uint8Array[] }>();

  constructor({ records, zones, ttl, maxPointers = MAX_POINTERS }: ReverseZoneOptions) {
    this.#maxPointers = maxPointers;
    this.#records = records;
    this.#ttl = ttl;
    this.#zoneOf = new Map(
      zones.flatMap((zone, index) => (zone.isReverse ? [[nameKey(zone.apex), index]] : [])),
    );
  }

  /**
   * Makes an address, `size` bytes at `at`, point to a name, besides those that it points to; its node has the flags of
   * all of them. Not an options object: called for every endpoint.
   */
  add(
    addresses: Uint8Array,
    at: number,
    size: number,
    target: Uint8Array,
    targetLength: number,
    flags: number,
  ): void {
    const { table } = this.#records;
    const length = writeReverseName(addresses, at, size, table.key);
    const record = table.find(length);
    const isCounted = record !== 0 && !table.isUnconfirmed(record);
    const hasOthers =
      record !== 0 && !this.#isOnlyTarget(table.valueStart(record), target, targetLength);
    if (isCounted) {
      if (!hasOthers && this.#restored.size === 0) return;
      const owner = table.key.slice(0, length);
      this.#addFurther(owner, target.slice(0, targetLength), flags);
      return;
    }
    const place = this.#placeOf(addresses, at, size, length);
    const isHeld = hasOthers
      ? this.#addToRestored(addresses.slice(at, at + size), target.slice(0, targetLength), flags)
      : this.#records.putFound(this.#encodeOne(place.zone, flags, target, targetLength));
    if (isHeld) this.#countParents(place, 1);
    else this.#forgetUncounted(place.parents);
  }

  /** Takes back what an earlier run made addresses point to, unless it was added since. */
  dropRestored(): void {
    for (const [key, { address, targets }] of this.#restored) {
      this.#restored.delete(key);
      for (const target of targets) this.remove({ address, target });
    }
  }

  /** Takes a name back from an address; the owner name goes with the last one. */
  remove({ address, target }: Pointer): void {
    const { table } = this.#records;
    const owner = reverseName(address);
    const value = table.get(owner);
    // What an earlier run has left is not counted: it is here where the table had no room for what came since.
    if (value === undefined || table.isUnconfirmed(table.find(owner.length))) return;
    const waiting = this.#waitingFor(owner);
    const before = [...decodeRdatas(value), ...waiting];
    const left = before.filter((other) => Buffer.compare(other, target) !== 0);
    if (left.length === before.length) return;
    if (left.length > 0) {
      this.#putFirst(owner, left, value[0]);
      return;
    }
    table.delete(owner);
    this.#countParents(this.#placeOf(address, 0, address.length, owner.length), -1);
  }

  /** Adds to what an earlier run has left: whether that still holds is known when all Services have come. */
  #addToRestored(address: Uint8Array, target: WireName, flags: number): boolean {
    const owner = reverseName(address);
    const value = this.#records.table.get(owner);
    const before = value === undefined ? [] : decodeRdatas(value);
    const targets = before.filter((other) => Buffer.compare(other, target) !== 0);
    this.#restored.set(nameKey(owner), { address, targets });
    return this.#putFirst(owner, [...targets, target], flags | (value?.[0] ?? 0));
  }

  #addFurther(owner: WireName, target: WireName, flags: number): void {
    this.#confirm(owner, target);
    const value = this.#records.table.get(owner);
    const targets = value === undefined ? [] : decodeRdatas(value);
    const waiting = this.#waitingFor(owner);
    if (includesName(targets, target) || includesName(waiting, target)) return;
    this.#putFirst(owner, [...targets, ...waiting, target], flags | (value?.[0] ?? 0));
  }

  #confirm(owner: WireName, target: WireName): void {
    const restored = this.#restored.size > 0 && this.#restored.get(nameKey(owner));
    if (!restored) return;
    restored.targets = restored.targets.filter((other) => Buffer.compare(other, target) !== 0);
  }

  /** Tells whether the node whose value begins at `start` points to this name alone. */
  #isOnlyTarget(start: number, target: Uint8Array, length: number): boolean {
    const { bytes, view } = this.#records.table;
    const layout = view.words[(start + NODE_HEADER_BYTES + ENTRY.layout) >> 2];
    if (countIn(layout) !== 1) return false;
    const data = start + dataStart(1);
    if (bytes[data] !== length >> 8 || bytes[data + 1] !== (length & 0xff)) return false;
    for (let i = 0; i < length; i++) if (bytes[data + 2 + i] !== target[i]) return false;
    return true;
  }

  /** Encodes a node that points to one name, and gives its length. */
  #encodeOne(zone: number, flags: number, target: Uint8Array, length: number): number {
    const data = dataStart(1);
    const bytes = data + align(2 + length);
    scratch.begin(zone, 1, bytes, flags);
    const shape = { stride: 2 + length, form: FORM.counted };
    scratch.putEntry(0, TYPE.PTR, 1, this.#ttl, data, shape);
    scratch.bytes[data] = length >> 8;
    scratch.bytes[data + 1] = length;
    copyBytes(target, 0, scratch.bytes, data + 2, length);
    return bytes;
  }

  /**
   * Puts the first names in their order, so that the same objects give the same record in whatever order they came;
   * those beyond the limit wait for others to go.
   */
  #putFirst(owner: WireName, targets: Uint8Array[], flags: number): boolean {
    if (targets.length > 1) targets.sort(Buffer.compare);
    const waiting = targets.slice(this.#maxPointers);
    if (waiting.length > 0) this.#waiting.set(nameKey(owner), waiting);
    else if (this.#waiting.size > 0) this.#waiting.delete(nameKey(owner));
    const { zone } = this.#findZone(parentName(owner));
    const rdatas = targets.slice(0, this.#maxPointers);
    const rrsets = [{ type: TYPE.PTR, ttl: this.#ttl, rdatas }];
    return this.#records.set({ owner, zone, flags, rrsets });
  }

  /** Almost always nothing waits at all, and a key is not worth making. */
  #waitingFor(owner: WireName): readonly Uint8Array[] {
    return (this.#waiting.size > 0 && this.#waiting.get(nameKey(owner))) || [];
  }

  /**
   * Gives the zone of an address, whose reverse name stands in the table's key, and the names between it and the apex;
   * neighbours share both.
   */
  #placeOf(addresses: Uint8Array, at: number, size: number, nameLength: number): Place {
    const { key } = this.#records.table;
    const parent =
      size === IPV4_BYTES
        ? (addresses[at] << 16) | (addresses[at + 1] << 8) | addresses[at + 2]
        : nameKey(key.subarray(1 + key[0], nameLength));
    const known = this.#places.get(parent);
    if (known !== undefined) return known;
    if (this.#places.size === MAX_PLACES) this.#places.clear();
    const { zone, between } = this.#findZone(key.slice(1 + key[0], nameLength));
    const place = { zone, parents: between.map((name) => this.#parentCalled(name)) };
    this.#places.set(parent, place);
    return place;
  }

  /** Gives the zone that a name is in, and the names from there up to below its apex. */
  #findZone(above: WireName): { zone: number; between: readonly WireName[] } {
    const between: WireName[] = [];
    for (let name = above; name[0] !== 0; name = parentName(name)) {
      const zone = this.#zoneOf.get(nameKey(name));
      if (zone !== undefined) return { zone, between };
      between.push(name);
    }
    return { zone: OWN_ZONE, between: [] };
  }

  #parentCalled(owner: WireName): Parent {
    const key = nameKey(owner);
    const known = this.#parents.get(key);
    if (known !== undefined) return known;
    const parent = { owner, nodes: 0 };
    this.#parents.set(key, parent);
    return parent;
  }

  #countParents({ zone, parents }: Place, change: 1 | -1): void {
    for (const parent of parents) {
      const { owner } = parent;
      parent.nodes += change;
      if (parent.nodes === 1 && change === 1) this.#records.set({ owner, zone, rrsets: [] });
      else if (parent.nodes === 0) this.#records.table.delete(owner);
    }
    if (change === -1) this.#forgetUncounted(parents);
  }

  /** Parents that nothing stands below; all places with them, where there are any. */
  #forgetUncounted(parents: readonly Parent[]): void {
    const uncounted = parents.filter(({ nodes }) => nodes === 0);
    if (uncounted.length === 0) return;
    for (const { owner } of uncounted) this.#parents.delete(nameKey(owner));
    this.#places.clear();
  }
}

function includesName(names: readonly Uint8Array[], name: Uint8Array): boolean {
  return names.some((other) => Buffer.compare(other, name) === 0);
}
