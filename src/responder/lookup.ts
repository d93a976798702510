/**
 * Finds what the zone holds for a question. In: the folded name in the table's key and the type; out: a
 * verdict of a closed set, and where in the table the answer stands.
 * RFC 1034 section 4.3.2, RFC 8020 (names below which something exists, exist).
 */
import { IPV4_BYTES } from '../dns/address.ts';
import { TYPE } from '../dns/constants.ts';
import type { TableReader } from '../table/table-reader.ts';
import { ENTRY, NODE_FLAG, NODE_HEADER_BYTES, OWN_ZONE, RRSET_BYTES } from '../zone/node.ts';
import { mayHold } from '../zone/schema.ts';
import type { ZoneState, ZoneStatus } from '../zone/status.ts';
import type { ServedZone } from '../zone/zone-set.ts';
import { ImpliedName } from './implied-name.ts';
import { PodName } from './pod-name.ts';
import type { Query } from './query.ts';

/**
 * `answer`: the name has the type; `alias`: it has a CNAME instead; `impliedAddress`: the name itself says the
 * address; `nodata`: it exists without the type;
 * `nxdomain`: it does not exist; `notReady`: that is not known yet; `notOurs`: no zone of ours holds it.
 */
export type Verdict =
  | 'answer'
  | 'alias'
  | 'impliedAddress'
  | 'nodata'
  | 'nxdomain'
  | 'notReady'
  | 'notOurs';

export interface LookupOptions {
  readonly table: TableReader;
  readonly zones: readonly ServedZone[];
  readonly status: ZoneStatus;
  /** Answer `1-2-3-4.<namespace>.pod` from the name itself, wherever the namespace exists. */
  readonly podsInsecure: boolean;
}

/** The last lookup's result; one object serves any number of them, so that none is allocated. */
export class Lookup {
  readonly #table: TableReader;
  readonly #zones: readonly ServedZone[];
  readonly #status: ZoneStatus;
  readonly #impliedName: ImpliedName;
  readonly #podName: PodName | undefined;
  readonly #bytes: Uint8Array;
  readonly #halves: Uint16Array;

  /** Byte offset of the RRset's entry in the table, where the verdict is `answer` or `alias`. */
  rrset = 0;
  /** Byte offset of the node's value in the table, where there is one. */
  node = 0;
  /** Index of the zone, OWN_ZONE where the name is a zone of its own; none where the verdict is `notOurs`. */
  zone = OWN_ZONE;
  /** Where in the name the zone's apex begins. */
  apexOffset = 0;
  /** 4 or 16 bytes, where the verdict is `impliedAddress`. */
  impliedAddress: Uint8Array = NO_ADDRESS;

  constructor(options: LookupOptions) {
    this.#table = options.table;
    this.#zones = options.zones;
    this.#status = options.status;
    this.#impliedName = new ImpliedName(options.table);
    this.#podName = options.podsInsecure ? new PodName(options.table) : undefined;
    this.#bytes = options.table.bytes;
    this.#halves = new Uint16Array(options.table.bytes.buffer);
  }

  /** Looks the query's name and type up. */
  find(query: Query): Verdict {
    // Before the table: what was not known then may be in the table by now, but not the other way round.
    const { state } = this.#status;
    const record = this.#table.find(query.nameLength);
    return record === 0 ? this.#findNothing(query, state) : this.#findIn(record, query, state);
  }

  #findIn(record: number, query: Query, state: ZoneState): Verdict {
    this.node = this.#table.valueStart(record);
    this.zone = this.#halves[(this.node + 2) >> 1];
    this.apexOffset =
      this.zone === OWN_ZONE ? 0 : query.nameLength - this.#zones[this.zone].apex.length;
    const flags = this.#bytes[this.node];
    if ((flags & NODE_FLAG.decidedByEndpoints) !== 0 && state === 'starting') return 'notReady';
    this.rrset = this.#findRrset(query.qtype);
    if (this.rrset !== 0) return 'answer';
    if ((flags & NODE_FLAG.alias) === 0) return 'nodata';
    this.rrset = this.node + NODE_HEADER_BYTES;
    return 'alias';
  }

  /** Gives the offset of the entry of the RRset of `qtype` in the node, 0 where it has none. */
  #findRrset(qtype: number): number {
    const first = this.node + NODE_HEADER_BYTES;
    const count = this.#bytes[this.node + 1];
    // RFC 8482 section 4.1: one RRset answers ANY.
    if (qtype === TYPE.ANY) return count === 0 ? 0 : first;
    const end = first + count * RRSET_BYTES;
    for (let entry = first; entry < end; entry += RRSET_BYTES) {
      if (this.#bytes[entry + ENTRY.type] === qtype) return entry;
    }
    return 0;
  }

  #findNothing(query: Query, state: ZoneState): Verdict {
    const isReady = state === 'ready';
    if (!this.#findZone(query)) {
      // Any address may turn out to be held; nobody else is to be asked before that is known.
      return !isReady && isBelowReverseRoot(query) ? 'notReady' : 'notOurs';
    }
    const zone = this.#zones[this.zone];
    if (!zone.isReverse) {
      const podAddress = this.#podName?.addressOf(query, zone);
      if (podAddress !== undefined) return this.#answerAddress(query.qtype, podAddress);
      // While the zone is starting, more addresses may come to an endpoint's name.
      if (state !== 'starting' && this.#impliedName.read(query)) {
        if (this.#impliedName.isListed(query)) {
          return this.#answerAddress(query.qtype, this.#impliedName.address);
        }
        // A name that gets a record of its own has it before it leaves the list, which may be since it was looked for.
        const record = this.#table.find(query.nameLength);
        if (record !== 0) return this.#findIn(record, query, state);
      }
    }
    if (isReady) return 'nxdomain';
    return mayHold(query, zone) ? 'notReady' : 'nxdomain';
  }

  #answerAddress(qtype: number, address: Uint8Array): Verdict {
    this.impliedAddress = address;
    const type = address.length === IPV4_BYTES ? TYPE.A : TYPE.AAAA;
    return qtype === type || qtype === TYPE.ANY ? 'impliedAddress' : 'nodata';
  }

  /** Sets `zone` and `apexOffset` for a name that is in one of our zones; none lies below another. */
  #findZone(query: Query): boolean {
    for (let i = 0; i < this.#zones.length; i++) {
      const { apex, labelCount } = this.#zones[i];
      const offset = query.offsetOf(apex, labelCount);
      if (offset < 0) continue;
      this.zone = i;
      this.apexOffset = offset;
      return true;
    }
    return false;
  }
}

const NO_ADDRESS = new Uint8Array(0);

const REVERSE_ROOTS = [
  Buffer.from('\x07in-addr\x04arpa\x00', 'latin1'),
  Buffer.from('\x03ip6\x04arpa\x00', 'latin1'),
];

function isBelowReverseRoot(query: Query): boolean {
  return query.labelCount > 2 && REVERSE_ROOTS.some((root) => query.offsetOf(root, 2) >= 0);
}
