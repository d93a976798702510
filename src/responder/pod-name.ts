/**
 * The names of `pods: insecure`: `1-2-3-4.<namespace>.pod.<domain>` and `fd00--1.<namespace>.pod.<domain>` are
 * answered from the name itself, without asking whether such a Pod exists; the namespace must.
 * Kubernetes DNS specification 1.1.0, section 2.6 (an extension that certificates of Pods rely on).
 */
import { parseAddress } from '../dns/address.ts';
import type { TableReader } from '../table/table-reader.ts';
import type { ServedZone } from '../zone/zone-set.ts';
import { ParentRecord } from './parent-record.ts';
import type { Query } from './query.ts';

const POD = Buffer.from('\x03pod', 'latin1');
const LABELS_BEFORE_APEX = 3;
const IPV4_DASHES = 3;

export class PodName {
  readonly #parent: ParentRecord;

  constructor(table: TableReader) {
    this.#parent = new ParentRecord(table);
  }

  /** Gives the address that the name says; undefined where it is no such name. */
  addressOf(query: Query, zone: ServedZone): Uint8Array | undefined {
    if (query.labelCount !== zone.labelCount + LABELS_BEFORE_APEX) return undefined;
    const pod = query.labelOffsets[2];
    for (let i = 0; i < POD.length; i++) {
      if (query.name[pod + i] !== POD[i]) return undefined;
    }
    const label = Buffer.from(query.name.buffer, query.name.byteOffset + 1, query.name[0]);
    const address = parseDashedAddress(label.toString('latin1'));
    // The parent is in the table as long as the namespace exists.
    return address !== undefined && this.#parent.find(query) !== 0 ? address : undefined;
  }
}

/** Reads an address with dashes for dots or colons. */
export function parseDashedAddress(label: string): Uint8Array | undefined {
  if (!/^[0-9a-f-]+$/.test(label)) return undefined;
  const isIpv4 = label.split('-').length - 1 === IPV4_DASHES && !label.includes('--');
  return parseAddress(label.replaceAll('-', isIpv4 ? '.' : ':'));
}
