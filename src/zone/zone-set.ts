/**
 * The zones that are served, from the configuration: cluster domains and the reverse zones of the service
 * range. The same list, in the same order, is known to the zone thread and to every responder; a node names
 * its zone by the index.
 */
import { parsePrefix } from '../dns/address.ts';
import {
  childName,
  countLabels,
  encodeName,
  isAtOrBelow,
  nameKey,
  parentName,
  type WireName,
} from '../dns/name.ts';
import { reverseZonesOf } from '../dns/reverse-name.ts';

export interface ZoneSetOptions {
  /** Cluster domains such as `cluster.local`; the first is the one that PTR records point into. */
  readonly zones: readonly string[];
  /** Service ranges such as `10.96.0.0/12`. */
  readonly serviceCidr: readonly string[];
  /** Further reverse zones in which a missing name is NXDOMAIN. */
  readonly reverseZones: readonly string[];
}

export interface ServedZone {
  readonly apex: WireName;
  readonly labelCount: number;
  readonly isReverse: boolean;
  /** The cluster domain that holds the names in its SOA and NS records. */
  readonly domain: WireName;
}

/** Builds the list: cluster domains first, then reverse zones, none of which lies below another. */
export function buildZoneSet(options: ZoneSetOptions): ServedZone[] {
  const domains = options.zones.map(encodeName);
  const reverse = [
    ...options.serviceCidr.flatMap((text) => {
      const prefix = parsePrefix(text);
      return prefix ? reverseZonesOf(prefix) : [];
    }),
    ...options.reverseZones.map((text) => widened(encodeName(text))),
  ];
  const distinct = [...new Map(reverse.map((apex) => [nameKey(apex), apex])).values()];
  const widest = distinct.filter(
    (apex) => !distinct.some((other) => other !== apex && isAtOrBelow(apex, other)),
  );
  return [
    ...domains.map((apex) => servedZone(apex, { isReverse: false, domain: apex })),
    ...widest.map((apex) => servedZone(apex, { isReverse: true, domain: domains[0] })),
  ];
}

/** `ns.dns.<domain>`, the primary server's name in SOA records. */
export function nameServerName(zone: ServedZone): WireName {
  return childName('ns', childName('dns', zone.domain));
}

const ADDRESS_LABELS = [6, 34];

/** The reverse name of a single address is an owner name; the zone begins above it. */
function widened(apex: WireName): WireName {
  return ADDRESS_LABELS.includes(countLabels(apex)) ? parentName(apex) : apex;
}

function servedZone(apex: WireName, rest: Pick<ServedZone, 'isReverse' | 'domain'>): ServedZone {
  return { apex, labelCount: countLabels(apex), ...rest };
}
