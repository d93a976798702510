/**
 * Puts the sections of a response, in message order, from nodes of the table.
 * In: offsets that a lookup gave; out: bytes in the writer, and whether something had to be left out.
 * RFC 1035 section 4.1.4 (compression), RFC 2181 section 9 (TC), RFC 2308 section 3 (the SOA of negative
 * answers), RFC 2782 (SRV targets are not compressed).
 */
import { IPV4_BYTES } from '../dns/address.ts';
import { HEADER_BYTES, TYPE } from '../dns/constants.ts';
import { MessageWriter, RECORD_BYTES } from '../dns/message-writer.ts';
import { ROOT, type WireName } from '../dns/name.ts';
import { countIn, dataIn, ENTRY, FORM, formIn } from '../zone/node.ts';
import type { ServedZone } from '../zone/zone-set.ts';
import { Glue } from './glue.ts';
import type { Query } from './query.ts';
import { RandomOrder } from './random-order.ts';

const POINTER_BYTES = 2;
const SRV_FIXED_BYTES = 6;

/** Times of the SOA in seconds, as CoreDNS gives them; nobody transfers the zone. */
const SOA_REFRESH = 7200;
const SOA_RETRY = 1800;
const SOA_EXPIRE = 86_400;
const SOA_NUMBERS_BYTES = 20;
const NS_DNS = Buffer.from('\x02ns\x03dns', 'latin1');
const HOSTMASTER = Buffer.from('\x0ahostmaster', 'latin1');

export interface AnswerOptions {
  /** The table's bytes. */
  readonly bytes: Uint8Array;
  /** Seconds that a negative answer may be kept: RFC 2308 section 5. */
  readonly negativeTtl: number;
  readonly order?: RandomOrder;
}

/** The response in the making; one object serves any number of them, so that none is allocated. */
export class Answer {
  readonly writer = new MessageWriter();
  readonly glue: Glue;
  /** Set where records of the answer or authority section did not fit. */
  isTruncated = false;

  /** The table's bytes. */
  readonly bytes: Uint8Array;
  readonly #halves: Uint16Array;
  readonly #words: Uint32Array;
  readonly #negativeTtl: number;
  readonly #order: RandomOrder;

  /** An apex that stands in the message, and where: names that end with it point to it. */
  #apex: WireName = ROOT;
  #apexAt = 0;

  constructor(options: AnswerOptions) {
    this.bytes = options.bytes;
    this.#halves = new Uint16Array(options.bytes.buffer);
    this.#words = new Uint32Array(options.bytes.buffer);
    this.#negativeTtl = options.negativeTtl;
    this.#order = options.order ?? new RandomOrder();
    this.glue = new Glue(options.bytes, this.writer);
  }

  /** Starts a response of at most `limit` bytes; `noteApex()` and the question come next. */
  start(response: Uint8Array, limit: number): void {
    this.writer.start(response, limit);
    this.isTruncated = false;
    this.#apex = ROOT;
    this.glue.clear();
  }

  /** Echoes the question byte for byte, its case included. */
  putQuestion(query: Query, message: Uint8Array): void {
    this.writer.putBytes(message, HEADER_BYTES, query.questionEnd);
  }

  /** Says that the apex of the question's zone stands at `offset` in the message. */
  noteApex(apex: WireName, offset: number): void {
    this.#apex = apex;
    this.#apexAt = offset;
  }

  /**
   * Puts as many RRs of the RRset at `entry` as fit, a random choice in random order: the first place and
   * the place in a cut answer are as likely for each. The owner stands at `ownerAt` in the message, and
   * folded in `query.name`.
   */
  putRrset(entry: number, node: number, ownerAt: number, query: Query): void {
    const layout = this.#words[(entry + ENTRY.layout) >> 2];
    const count = countIn(layout);
    const data = node + dataIn(layout);
    const form = formIn(layout);
    if (count === 1) {
      if (!this.#putRecord(entry, data, 0, ownerAt, query, form)) this.isTruncated = true;
      return;
    }
    this.#order.start(count);
    for (let i = 0; i < count; i++) {
      if (this.#putRecord(entry, data, this.#order.next(), ownerAt, query, form)) continue;
      this.isTruncated = true;
      break;
    }
    this.#order.end();
  }

  /**
   * Puts the CNAME of an alias node and gives the offset of its target in the message; 0 where it does not
   * fit.
   */
  putAlias(entry: number, node: number, ownerAt: number): number {
    const data = node + dataIn(this.#words[(entry + ENTRY.layout) >> 2]);
    if (!this.#putCounted(entry, data, 0, ownerAt)) {
      this.isTruncated = true;
      return 0;
    }
    return this.writer.lastRdataAt;
  }

  /** Makes the target of an alias the name of `query`. */
  copyAliasTarget(entry: number, node: number, query: Query): void {
    const data = node + dataIn(this.#words[(entry + ENTRY.layout) >> 2]);
    query.setName(this.bytes, data + 2, (this.bytes[data] << 8) | this.bytes[data + 1]);
  }

  /** Puts an address that is in no record of the table. */
  putAddress(address: Uint8Array, ttl: number, ownerAt: number): void {
    const { writer } = this;
    if (!writer.fits(RECORD_BYTES + address.length)) {
      this.isTruncated = true;
      return;
    }
    writer.putRecordHead(ownerAt, address.length === IPV4_BYTES ? TYPE.A : TYPE.AAAA, ttl);
    writer.putUint16(address.length);
    writer.putBytes(address, 0, address.length);
    writer.answers++;
  }

  /** Puts what fits of an RRset into the additional section, without TC. */
  putAdditional(entry: number, node: number, ownerAt: number, query: Query): void {
    const { writer, isTruncated } = this;
    const { answers, at } = writer;
    this.isTruncated = false;
    this.putRrset(entry, node, ownerAt, query);
    // RFC 2181 section 9: an RRset is left out whole.
    if (this.isTruncated) writer.at = at;
    else writer.additionals += writer.answers - answers;
    writer.answers = answers;
    this.isTruncated = isTruncated;
  }

  /** Gives the form of an RRset's data, of `FORM`. */
  formOf(entry: number): number {
    return formIn(this.#words[(entry + ENTRY.layout) >> 2]);
  }

  /** Puts the SOA of `zone` into the authority section of a negative answer, its TTL by RFC 2308. */
  putAuthority(zone: ServedZone, serial: number): void {
    if (this.#putSoa(zone.apex, zone.domain, serial)) this.writer.authorities++;
    else this.isTruncated = true;
  }

  /** Puts the SOA of the name at `ownerAt`, which is a zone of its own. */
  putOwnAuthority(ownerAt: number, domain: WireName, serial: number): void {
    this.noteApex(ROOT, ownerAt);
    if (this.#putSoa(ROOT, domain, serial)) this.writer.authorities++;
    else this.isTruncated = true;
  }

  /** Puts the SOA at an apex that was asked for. */
  putApexSoa(zone: ServedZone, serial: number): void {
    if (this.#putSoa(zone.apex, zone.domain, serial)) this.writer.answers++;
    else this.isTruncated = true;
  }

  #putRecord(
    entry: number,
    data: number,
    index: number,
    ownerAt: number,
    query: Query,
    form: number,
  ): boolean {
    if (form === FORM.fixed) return this.#putFixed(entry, data, index, ownerAt);
    if (form === FORM.counted) return this.#putCounted(entry, data, index, ownerAt);
    return this.#putService(entry, data, index, ownerAt, query);
  }

  #strideOf(entry: number): number {
    return this.bytes[entry + ENTRY.stride] << 2;
  }

  #ttlOf(entry: number): number {
    return this.#halves[(entry + ENTRY.ttl) >> 1];
  }

  #putFixed(entry: number, data: number, index: number, ownerAt: number): boolean {
    const { writer } = this;
    const length = this.#strideOf(entry);
    if (!writer.fits(RECORD_BYTES + length)) return false;
    writer.putRecordHead(ownerAt, this.bytes[entry + ENTRY.type], this.#ttlOf(entry));
    writer.putUint16(length);
    const start = data + index * length;
    writer.putBytes(this.bytes, start, start + length);
    writer.answers++;
    return true;
  }

  #putCounted(entry: number, data: number, index: number, ownerAt: number): boolean {
    const { writer } = this;
    const start = data + index * this.#strideOf(entry);
    const length = (this.bytes[start] << 8) | this.bytes[start + 1];
    if (!writer.fits(RECORD_BYTES + length)) return false;
    const type = this.bytes[entry + ENTRY.type];
    writer.putRecordHead(ownerAt, type, this.#ttlOf(entry));
    const rdata = writer.startRdata();
    // RFC 3597 section 4: only names in the RDATA of RFC 1035's types are compressed.
    if (type === TYPE.CNAME || type === TYPE.PTR || type === TYPE.NS) {
      if (type === TYPE.NS) this.glue.noteName(start + 2, length, rdata);
      this.#putCompressed(start + 2, length);
    } else {
      writer.putBytes(this.bytes, start + 2, start + 2 + length);
    }
    writer.endRdata();
    writer.answers++;
    return true;
  }

  /** Puts a name of the table, its end as a pointer where it ends with the noted apex. */
  #putCompressed(start: number, length: number): void {
    const apex = this.#apex;
    const tail = start + length - apex.length;
    let label = start;
    while (label < tail) label += this.bytes[label] + 1;
    if (apex.length > 2 && label === tail && this.#isAt(tail, apex)) {
      this.writer.putBytes(this.bytes, start, tail);
      this.writer.putPointer(this.#apexAt);
    } else {
      this.writer.putBytes(this.bytes, start, start + length);
    }
  }

  #isAt(start: number, name: WireName): boolean {
    for (let i = 0; i < name.length; i++) {
      if (this.bytes[start + i] !== name[i]) return false;
    }
    return true;
  }

  /** Puts one SRV record; the layout of its data is in zone/node.ts. */
  #putService(entry: number, data: number, index: number, ownerAt: number, query: Query): boolean {
    const { writer } = this;
    const parent = this.#halves[(data + 2) >> 1];
    const record = data + 4 + 4 * index;
    const target = this.#halves[(record + 2) >> 1];
    const offsets = data + 4 + 4 * countIn(this.#words[(entry + ENTRY.layout) >> 2]);
    const targetEntry = data + this.#words[(offsets + 4 * target) >> 2];
    const label = this.bytes[targetEntry];
    const labelEnd = label === 0 ? targetEntry : targetEntry + 1 + label;
    const length = SRV_FIXED_BYTES + labelEnd - targetEntry + query.nameLength - parent;
    if (!writer.fits(RECORD_BYTES + length)) return false;
    const ttl = this.#ttlOf(entry);
    writer.putRecordHead(ownerAt, TYPE.SRV, ttl);
    writer.putUint16(length);
    writer.putUint16(0);
    writer.putUint16(this.#halves[data >> 1]);
    writer.putUint16(this.#halves[record >> 1]);
    this.glue.noteTarget(targetEntry, target, ttl);
    writer.putBytes(this.bytes, targetEntry, labelEnd);
    writer.putBytes(query.name, parent, query.nameLength);
    writer.answers++;
    return true;
  }

  /** The apex is the noted one or written in full; ROOT stands for the name that was noted as such. */
  #putSoa(apex: WireName, domain: WireName, serial: number): boolean {
    const { writer } = this;
    const isNoted = apex === this.#apex;
    const names = (isNoted ? 2 : apex.length) + (isNoted && domain === apex ? 2 : domain.length);
    const fixed = NS_DNS.length + HOSTMASTER.length + POINTER_BYTES + SOA_NUMBERS_BYTES;
    if (!writer.fits(RECORD_BYTES - POINTER_BYTES + names + fixed)) return false;
    if (isNoted) writer.putPointer(this.#apexAt);
    else writer.putName(apex);
    // RFC 2308 section 5: its TTL is no more than MINIMUM, and here as much.
    writer.putRecordBody(TYPE.SOA, this.#negativeTtl);
    writer.startRdata();
    writer.putBytes(NS_DNS, 0, NS_DNS.length);
    const domainAt = isNoted && domain === apex ? this.#apexAt : writer.at;
    if (domainAt === writer.at) writer.putName(domain);
    else writer.putPointer(domainAt);
    writer.putBytes(HOSTMASTER, 0, HOSTMASTER.length);
    writer.putPointer(domainAt);
    writer.putUint32(serial);
    writer.putUint32(SOA_REFRESH);
    writer.putUint32(SOA_RETRY);
    writer.putUint32(SOA_EXPIRE);
    writer.putUint32(this.#negativeTtl);
    writer.endRdata();
    return true;
  }
}
