/**
 * The shapes of names that a cluster domain can hold (Kubernetes DNS specification 1.1.0, section 2), asked
 * only while the zone is not complete: what cannot exist is NXDOMAIN at once, so that a stub resolver goes on
 * along its search path, and everything else is not known yet.
 *
 *   <service>.<namespace>.svc                 <address>.<namespace>.pod
 *   <endpoint>.<service>.<namespace>.svc
 *   _<port>._<protocol>.<service>.<namespace>.svc, and what lies between
 *
 * The names that need no object (the apex, svc, pod, dns-version, ns.dns) are in the table from the start.
 */
import type { ServedZone } from './zone-set.ts';

/** A name in wire format with the offsets of its labels, as a query holds it. */
export interface LabeledName {
  readonly name: Uint8Array;
  readonly labelOffsets: Uint8Array;
  readonly labelCount: number;
}

const UNDERSCORE = 0x5f;
const SVC = Buffer.from('\x03svc', 'latin1');
const POD = Buffer.from('\x03pod', 'latin1');

/** Tells whether a name below `zone` may come to exist; a reverse name always may. */
export function mayHold(query: LabeledName, zone: ServedZone): boolean {
  if (zone.isReverse) return true;
  const before = query.labelCount - zone.labelCount - 1;
  if (before < 1) return false;
  const kind = query.labelOffsets[before];
  if (hasLabel(query.name, kind, POD)) return before <= 2;
  if (!hasLabel(query.name, kind, SVC)) return false;
  return before <= 3 || (before === 4 && hasUnderscore(query, 0) && hasUnderscore(query, 1));
}

function hasLabel(name: Uint8Array, offset: number, label: Uint8Array): boolean {
  for (let i = 0; i < label.length; i++) {
    if (name[offset + i] !== label[i]) return false;
  }
  return true;
}

function hasUnderscore(query: LabeledName, label: number): boolean {
  return query.name[query.labelOffsets[label] + 1] === UNDERSCORE;
}
