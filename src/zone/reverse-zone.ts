/**
 * The PTR records: one owner name for each held address, pointing to every Service name or endpoint that
 * has it, so that a node here, unlike elsewhere, is made by several Services. RFC 1035 section 3.5.
 *
 * What a node holds is read back from the table when it changes: the table is the only copy.
 */
import { TYPE } from '../dns/constants.ts';
import { keyName, nameKey, parentName, type WireName } from '../dns/name.ts';
import { reverseName } from '../dns/reverse-name.ts';
import type { TableWriter } from '../table/table-writer.ts';
import { decodeRdatas, encodeNode, OWN_ZONE } from './node.ts';
import type { Pointer } from './service-nodes.ts';
import type { ServedZone } from './zone-set.ts';

/** More names of one address than anybody asks for; hostNetwork gives many Services the same one. */
const MAX_POINTERS = 1000;

/** Parents of addresses whose place is remembered, so that a full list looks up each once. */
const MAX_PLACES = 1024;

interface Place {
  readonly zone: number;
  /** Names below the apex and above the address. */
  readonly between: readonly WireName[];
}

export interface ReverseZoneOptions {
  readonly table: TableWriter;
  readonly zones: readonly ServedZone[];
  readonly ttl: number;
  /** Most names that one address points to; default 1000. */
  readonly maxPointers?: number;
}

export class ReverseZone {
  /** Records that the table had no room for. */
  refused = 0;
  readonly #table: TableWriter;
  readonly #ttl: number;
  /** Index of each reverse zone by its apex. */
  readonly #zoneOf: ReadonlyMap<string, number>;
  /** How many nodes stand below each empty non-terminal between an apex and the addresses. */
  readonly #children = new Map<string, number>();
  readonly #places = new Map<string, Place>();
  readonly #maxPointers: number;
  /** Names beyond the limit, by owner name. */
  readonly #waiting = new Map<string, readonly Uint8Array[]>();

  constructor({ table, zones, ttl, maxPointers = MAX_POINTERS }: ReverseZoneOptions) {
    this.#maxPointers = maxPointers;
    this.#table = table;
    this.#ttl = ttl;
    this.#zoneOf = new Map(
      zones.flatMap((zone, index) => (zone.isReverse ? [[nameKey(zone.apex), index]] : [])),
    );
  }

  /** Makes an address point to a name, besides those that it points to; gives whether an answer changed. */
  add({ address, target }: Pointer): boolean {
    const owner = reverseName(address);
    const value = this.#table.get(owner);
    const targets = value === undefined ? [] : decodeRdatas(value);
    const waiting = this.#waitingFor(owner);
    if (includesName(targets, target) || includesName(waiting, target)) return false;
    const isHeld = this.#putFirst(owner, [...targets, ...waiting, target]);
    if (isHeld && value === undefined) this.#countParents(owner, 1);
    return isHeld;
  }

  /** Takes a name back from an address; the owner name goes with the last one. */
  remove({ address, target }: Pointer): boolean {
    const owner = reverseName(address);
    const value = this.#table.get(owner);
    if (value === undefined) return false;
    const waiting = this.#waitingFor(owner);
    const before = [...decodeRdatas(value), ...waiting];
    const left = before.filter((other) => Buffer.compare(other, target) !== 0);
    if (left.length === before.length) return false;
    if (left.length > 0) return this.#putFirst(owner, left);
    this.#table.delete(owner);
    this.#countParents(owner, -1);
    return true;
  }

  /**
   * Puts the first names in their order, so that the same objects give the same record in whatever order they came;
   * those beyond the limit wait for others to go.
   */
  #putFirst(owner: WireName, targets: Uint8Array[]): boolean {
    if (targets.length > 1) targets.sort(Buffer.compare);
    const waiting = targets.slice(this.#maxPointers);
    if (waiting.length > 0) this.#waiting.set(nameKey(owner), waiting);
    else if (this.#waiting.size > 0) this.#waiting.delete(nameKey(owner));
    return this.#put(owner, targets.slice(0, this.#maxPointers));
  }

  /** Almost always nothing waits at all, and a key is not worth making. */
  #waitingFor(owner: WireName): readonly Uint8Array[] {
    return (this.#waiting.size > 0 && this.#waiting.get(nameKey(owner))) || [];
  }

  /** Tells whether the table had room. */
  #put(owner: WireName, rdatas: readonly Uint8Array[]): boolean {
    const { zone } = this.#placeOf(owner);
    const rrsets = [{ type: TYPE.PTR, ttl: this.#ttl, rdatas }];
    if (this.#table.set(owner, encodeNode({ owner, zone, rrsets })) !== 0) return true;
    this.refused++;
    return false;
  }

  /** Gives the zone of an owner name, and the names between it and the apex; neighbours share both. */
  #placeOf(owner: WireName): Place {
    const key = nameKey(parentName(owner));
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    if (this.#places.size === MAX_PLACES) this.#places.clear();
    const place = this.#findPlace(parentName(owner));
    this.#places.set(key, place);
    return place;
  }

  #findPlace(parent: WireName): Place {
    const between: WireName[] = [];
    for (let name = parent; name[0] !== 0; name = parentName(name)) {
      const zone = this.#zoneOf.get(nameKey(name));
      if (zone !== undefined) return { zone, between };
      between.push(name);
    }
    return { zone: OWN_ZONE, between: [] };
  }

  #countParents(owner: WireName, change: 1 | -1): void {
    const { zone, between } = this.#placeOf(owner);
    for (const name of between) {
      const key = nameKey(name);
      const count = (this.#children.get(key) ?? 0) + change;
      if (count > 0) this.#children.set(key, count);
      else this.#children.delete(key);
      if (count === 1 && change === 1) {
        const node = { owner: name, zone, rrsets: [] };
        if (this.#table.set(name, encodeNode(node)) === 0) this.refused++;
      } else if (count === 0) {
        this.#table.delete(keyName(key));
      }
    }
  }
}

function includesName(names: readonly Uint8Array[], name: Uint8Array): boolean {
  return names.some((other) => Buffer.compare(other, name) === 0);
}
