/**
 * Decides what is answered, whatever carried the query: batched UDP, plain UDP and TCP all call `respond()`.
 * In: the bytes of a query, and the table; out: the bytes of the response, or silence.
 * The order is that of RFC 1034 section 4.3.2: find the zone, find the name, follow an alias, find the type.
 */
import {
  CLASS_IN,
  DNSSEC_OK,
  EDNS_OPTION_EXTENDED_ERROR,
  EDNS_OPTION_TCP_KEEPALIVE,
  EDNS_UDP_BYTES,
  EXTENDED_ERROR,
  FLAG,
  HEADER_BYTES,
  MAX_MESSAGE_BYTES,
  OPT_BYTES,
  RCODE,
  TYPE,
} from '../dns/constants.ts';
import type { ResponderCounters } from '../monitoring/counters.ts';
import type { TableReader } from '../table/table-reader.ts';
import { FORM, OWN_ZONE } from '../zone/node.ts';
import type { ZoneStatus } from '../zone/status.ts';
import type { ServedZone } from '../zone/zone-set.ts';
import { Answer } from './answer.ts';
import { putExpandedAnswer } from './expanded-answer.ts';
import { Lookup } from './lookup.ts';
import { type OutsideAnswers, putOutsideAnswer } from './outside-answer.ts';
import { OutsideZones } from './outside-zones.ts';
import { Query } from './query.ts';
import type { RandomOrder } from './random-order.ts';
import type { Transport } from './respond-function.ts';
import { type CompiledRewrite, compileRewrites, type RewriteRule, rewriteName } from './rewrite.ts';

/** Most aliases that are followed for one question. */
export const MAX_ALIAS_STEPS = 8;

const EXTENDED_ERROR_BYTES = 6;
const KEEPALIVE_BYTES = 6;
/** RFC 7828 section 3.1: the timeout is in units of 100 ms, in 16 bits. */
const KEEPALIVE_UNIT_MS = 100;
const MAX_KEEPALIVE_UNITS = 0xffff;
/** In place of an RCODE: somebody else answers. */
const HANDED_ON = -1;
const NO_EXTENDED_ERROR = -1;
/** What of the query's flags comes back: RFC 1035 section 4.1.1, RFC 4035 section 3.2.2. */
const ECHOED_FLAGS = FLAG.opcodeMask | FLAG.rd | FLAG.cd;

export interface ResponderOptions {
  readonly table: TableReader;
  readonly zones: readonly ServedZone[];
  readonly status: ZoneStatus;
  /** Seconds, for answers that no record of the table holds. */
  readonly ttl: number;
  /** Seconds that a negative answer may be kept. */
  readonly negativeTtl: number;
  readonly podsInsecure: boolean;
  /** Zones that somebody else answers, in presentation format, the root being empty; default none. */
  readonly forwarded?: readonly string[];
  /** Names outside our zones that are answered as others; default none. */
  readonly rewrite?: readonly RewriteRule[];
  /** Answers NODATA to AAAA outside our zones; default false. */
  readonly filterAaaa?: boolean;
  /** Where answers from outside are found; without it every one is handed on. */
  readonly outside?: OutsideAnswers | undefined;
  readonly counters: ResponderCounters;
  readonly order?: RandomOrder;
}

/** Answers queries from the table; one for each reader thread. */
export class Responder {
  readonly #zones: readonly ServedZone[];
  readonly #status: ZoneStatus;
  readonly #ttl: number;
  readonly #counters: ResponderCounters;
  readonly #query: Query;
  readonly #lookup: Lookup;
  readonly #answer: Answer;
  readonly #outsideZones: OutsideZones;
  readonly #outside: OutsideAnswers | undefined;
  readonly #rewrites: readonly CompiledRewrite[];
  readonly #filterAaaa: boolean;
  /** Nodes whose CNAME was put for this question, so that a loop of aliases ends. */
  readonly #followed = new Uint32Array(MAX_ALIAS_STEPS);
  #extendedError = NO_EXTENDED_ERROR;
  #isAuthoritative = false;
  /** Where the name stands that is outside our zones, and whether an alias of ours leads to it. */
  #ownerAt = HEADER_BYTES;
  #isAliased = false;
  /** Another name was put in the place of the question's. */
  #isRewritten = false;
  /** The upstream has validated the whole answer. */
  #isAuthentic = false;
  /** The extended error's text is that of the answer from outside. */
  #hasText = false;

  constructor(options: ResponderOptions) {
    this.#zones = options.zones;
    this.#status = options.status;
    this.#ttl = options.ttl;
    this.#counters = options.counters;
    this.#query = new Query(options.table.key);
    this.#lookup = new Lookup(options);
    this.#answer = new Answer({ ...options, bytes: options.table.bytes });
    this.#outsideZones = new OutsideZones(options.forwarded ?? []);
    this.#outside = options.outside;
    this.#rewrites = compileRewrites(options.rewrite ?? []);
    this.#filterAaaa = options.filterAaaa ?? false;
  }

  /** The query that was answered last, its name and type being what was looked up last, behind every alias. */
  get query(): Query {
    return this.#query;
  }

  /**
   * Answers the query in `message[0, length)` into `response` and gives the response's length in bytes,
   * 0 for silence and for a query that was handed on. Never throws, allocates nothing. To be called between the table reader's `enter()` and
   * `leave()`.
   */
  respond(message: Uint8Array, length: number, response: Uint8Array, transport: Transport): number {
    const query = this.#query;
    const acceptance = query.decode(message, length);
    if (acceptance === 'ignore') {
      this.#counters.countIgnored();
      return 0;
    }
    const isRead = acceptance === 'accept' || acceptance === 'badvers';
    const { protocol, family } = transport;
    this.#counters.countQuery(protocol, family, isRead ? query.qtype : 0, length);
    switch (acceptance) {
      case 'formerr':
        return this.#reject(response, RCODE.FORMERR);
      case 'notimp':
        return this.#reject(response, RCODE.NOTIMP);
      case 'badvers':
      case 'accept': {
        this.#start(message, response, transport);
        const rcode =
          acceptance === 'badvers'
            ? RCODE.BADVERS
            : this.#answerQuestion(message, length, transport);
        return rcode === HANDED_ON ? 0 : this.#finish(rcode, transport);
      }
    }
  }

  /** Answers by the header alone: the question is not to be trusted, or not ours to read. */
  #reject(response: Uint8Array, rcode: number): number {
    this.#answer.start(response, HEADER_BYTES);
    this.#counters.countResponse(rcode, HEADER_BYTES);
    return this.#answer.writer.finish(
      this.#query.id,
      FLAG.qr | (this.#query.flags & ECHOED_FLAGS) | rcode,
      0,
    );
  }

  #start(message: Uint8Array, response: Uint8Array, transport: Transport): void {
    const query = this.#query;
    const most = transport.protocol === 'udp' ? query.payloadBytes : MAX_MESSAGE_BYTES;
    this.#extendedError = NO_EXTENDED_ERROR;
    this.#isAuthoritative = false;
    this.#isAuthentic = false;
    this.#isRewritten = false;
    this.#hasText = false;
    // While the zone is not complete, an error may come behind any number of aliases, and from outside at any time.
    const mayFail = this.#outside !== undefined || this.#status.state !== 'ready';
    const error = mayFail ? EXTENDED_ERROR_BYTES : 0;
    const keepalive = query.asksKeepalive ? KEEPALIVE_BYTES : 0;
    const kept = query.hasEdns ? OPT_BYTES + error + keepalive : 0;
    this.#answer.start(response, Math.min(most, response.length) - kept);
    this.#answer.putQuestion(query, message);
  }

  /** Fills the sections and gives the RCODE, or HANDED_ON. */
  #answerQuestion(message: Uint8Array, length: number, transport: Transport): number {
    const query = this.#query;
    if (query.qclass !== CLASS_IN) return RCODE.REFUSED;
    if (query.qtype === TYPE.AXFR || query.qtype === TYPE.IXFR) return RCODE.REFUSED;
    let ownerAt = HEADER_BYTES;
    for (let step = 0; ; ) {
      const verdict = this.#lookup.find(query);
      if (step === 0) this.#noteZone(verdict !== 'notOurs' && verdict !== 'notReady');
      switch (verdict) {
        case 'answer':
          this.#putAnswer(ownerAt);
          return RCODE.NOERROR;
        case 'alias':
          ownerAt = this.#followAlias(ownerAt, step++);
          if (ownerAt === 0) return RCODE.NOERROR;
          continue;
        case 'impliedAddress':
          this.#answer.putAddress(this.#lookup.impliedAddress, this.#ttl, ownerAt);
          return RCODE.NOERROR;
        case 'nodata':
          this.#putAuthority(ownerAt);
          return RCODE.NOERROR;
        case 'nxdomain':
          this.#putAuthority(ownerAt);
          return RCODE.NXDOMAIN;
        case 'notReady':
          this.#isAuthoritative = false;
          this.#extendedError = EXTENDED_ERROR.notReady;
          return RCODE.SERVFAIL;
        case 'notOurs':
          if (step === 0 && !this.#isRewritten && rewriteName(query, this.#rewrites)) {
            this.#isRewritten = true;
            continue;
          }
          this.#ownerAt = ownerAt;
          this.#isAliased = step > 0;
          return this.#answerOutside(message, length, transport);
      }
    }
  }

  /** Answers a name that no zone of ours holds: the question's, or where an alias leads that was put. */
  #answerOutside(message: Uint8Array, length: number, { handOn }: Transport): number {
    const query = this.#query;
    const verdict = this.#outsideZones.find(query);
    const isInQuestion = this.#isRewritten && !this.#isAliased;
    const apexAt = this.#ownerAt + (isInQuestion ? 0 : this.#outsideZones.apexOffset);
    // What nobody can be asked for ends with the alias.
    const refusal = this.#isAliased ? RCODE.NOERROR : RCODE.REFUSED;
    switch (verdict) {
      case 'refused':
        return refusal;
      case 'loopback':
        return this.#answerLoopback(apexAt);
      case 'empty':
        return this.#deny(apexAt, RCODE.NOERROR);
      case 'nowhere':
        return this.#deny(apexAt, RCODE.NXDOMAIN);
      case 'forwarded': {
        // Without RD only what is known by heart may be told, and what others have asked for is nobody's business.
        if ((query.flags & FLAG.rd) === 0 || handOn === undefined) return refusal;
        if (this.#filterAaaa && query.qtype === TYPE.AAAA) {
          return this.#deny(this.#ownerAt, RCODE.NOERROR);
        }
        const outside = this.#outside;
        if (outside?.find(query)) return this.#putOutside(outside);
        return handOn(message, length) ? HANDED_ON : RCODE.SERVFAIL;
      }
    }
  }

  /** RFC 6761 section 6.3: names of the machine itself. */
  #answerLoopback(apexAt: number): number {
    const address = LOOPBACK.get(this.#query.qtype);
    if (address === undefined) return this.#deny(apexAt, RCODE.NOERROR);
    this.#isAuthoritative = true;
    this.#answer.putAddress(address, this.#ttl, this.#ownerAt);
    return RCODE.NOERROR;
  }

  /** Says by heart that there is nothing; the SOA is that of the name at `apexAt`. */
  #deny(apexAt: number, rcode: number): number {
    this.#isAuthoritative = true;
    this.#answer.putOwnAuthority(apexAt, this.#zones[0].domain, this.#status.serial);
    return rcode;
  }

  #putOutside(outside: OutsideAnswers): number {
    const query = this.#query;
    const { view, isStale } = outside;
    const { writer } = this.#answer;
    const isWhole =
      this.#isRewritten && !this.#isAliased
        ? putExpandedAnswer(writer, outside, query.name)
        : putOutsideAnswer(writer, outside, this.#ownerAt);
    if (!isWhole) this.#answer.isTruncated = true;
    this.#counters.countTransportEvent(isStale ? 'outsideAnswerStale' : 'outsideAnswerHit');
    // RFC 6840 section 5.8: for those who understand it; what we put before it, nobody has validated.
    const wantsAuthentic = query.dnssecOk || (query.flags & FLAG.ad) !== 0;
    this.#isAuthentic =
      view.isAuthentic && wantsAuthentic && !this.#isAliased && !this.#isRewritten;
    this.#extendedError = isStale ? EXTENDED_ERROR.staleAnswer : view.extendedError;
    this.#hasText = !isStale && view.textLength > 0;
    return view.rcode;
  }

  #noteZone(isAuthoritative: boolean): void {
    const { zone, apexOffset } = this.#lookup;
    this.#isAuthoritative = isAuthoritative;
    // The question has not the apex of the name that was put in the place of its own.
    if (!isAuthoritative || zone === OWN_ZONE || this.#isRewritten) return;
    this.#answer.noteApex(this.#zones[zone].apex, HEADER_BYTES + apexOffset);
  }

  #putAnswer(ownerAt: number): void {
    const answer = this.#answer;
    const { rrset, node, zone } = this.#lookup;
    if (answer.formOf(rrset) === FORM.authority) {
      answer.putApexSoa(this.#zones[zone], this.#status.serial);
      return;
    }
    answer.putRrset(rrset, node, ownerAt, this.#query);
    answer.glue.putTargets();
    for (let i = 0; i < answer.glue.nameCount; i++) this.#putNameServerAddresses(i);
  }

  /** Puts the addresses of one NS target; RFC 1034 section 4.3.2 step 6. */
  #putNameServerAddresses(index: number): void {
    const query = this.#query;
    const { glue, bytes } = this.#answer;
    const at = glue.nameOffsets[index];
    query.setName(bytes, glue.nameStarts[index], glue.nameLengths[index]);
    for (const qtype of ADDRESS_TYPES) {
      query.qtype = qtype;
      if (this.#lookup.find(query) !== 'answer') continue;
      this.#answer.putAdditional(this.#lookup.rrset, this.#lookup.node, at, query);
    }
  }

  /** Puts the CNAME, makes its target the name to look up, and gives where that stands; 0 ends the chain. */
  #followAlias(ownerAt: number, step: number): number {
    const { rrset, node } = this.#lookup;
    if (step === MAX_ALIAS_STEPS) return 0;
    for (let i = 0; i < step; i++) {
      if (this.#followed[i] === node) return 0;
    }
    this.#followed[step] = node;
    const targetAt = this.#answer.putAlias(rrset, node, ownerAt);
    if (targetAt !== 0) this.#answer.copyAliasTarget(rrset, node, this.#query);
    return targetAt;
  }

  #putAuthority(ownerAt: number): void {
    const { zone } = this.#lookup;
    const { serial } = this.#status;
    if (zone !== OWN_ZONE) this.#answer.putAuthority(this.#zones[zone], serial);
    else this.#answer.putOwnAuthority(ownerAt, this.#zones[0].domain, serial);
  }

  /** Puts the OPT record and the header. */
  #finish(rcode: number, { handOn, keepaliveMs }: Transport): number {
    const query = this.#query;
    const { writer, isTruncated } = this.#answer;
    if (query.hasEdns) this.#putOpt(rcode, query.asksKeepalive ? keepaliveMs : undefined);
    const flags =
      FLAG.qr |
      (query.flags & ECHOED_FLAGS) |
      (this.#isAuthoritative ? FLAG.aa : 0) |
      (this.#isAuthentic ? FLAG.ad : 0) |
      (handOn === undefined ? 0 : FLAG.ra) |
      (isTruncated ? FLAG.tc : 0) |
      (rcode & FLAG.rcodeMask);
    if (isTruncated) this.#counters.countTruncated();
    this.#counters.countResponse(rcode, writer.at);
    return writer.finish(query.id, flags, 1);
  }

  /** RFC 6891 section 6.1.2; room was kept back in `#start()`. */
  #putOpt(rcode: number, keepaliveMs: number | undefined): void {
    const { writer } = this.#answer;
    writer.putUint8(0);
    writer.putUint16(TYPE.OPT);
    writer.putUint16(EDNS_UDP_BYTES);
    writer.putUint8(rcode >> 4);
    writer.putUint8(0);
    writer.putUint16(this.#query.dnssecOk ? DNSSEC_OK : 0);
    writer.additionals++;
    writer.startRdata();
    if (this.#extendedError !== NO_EXTENDED_ERROR) this.#putExtendedError(this.#extendedError);
    // Over UDP there is nothing to keep alive, and no value for it: RFC 7828 section 3.2.2.
    if (keepaliveMs !== undefined) {
      writer.putUint16(EDNS_OPTION_TCP_KEEPALIVE);
      writer.putUint16(2);
      writer.putUint16(Math.min(keepaliveMs / KEEPALIVE_UNIT_MS, MAX_KEEPALIVE_UNITS));
    }
    writer.endRdata();
  }

  /** RFC 8914 section 2. Its text comes with answers that have no records, and is left out where it does not fit. */
  #putExtendedError(code: number): void {
    const { writer } = this.#answer;
    const view = this.#outside?.view;
    const hasText = view !== undefined && this.#hasText && writer.fits(view.textLength);
    const textLength = hasText ? view.textLength : 0;
    writer.putUint16(EDNS_OPTION_EXTENDED_ERROR);
    writer.putUint16(2 + textLength);
    writer.putUint16(code);
    if (hasText) writer.putBytes(view.bytes, view.textStart, view.textStart + textLength);
  }
}

const LOOPBACK: ReadonlyMap<number, Uint8Array> = new Map([
  [TYPE.A, Uint8Array.of(127, 0, 0, 1)],
  [TYPE.AAAA, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)],
]);

const ADDRESS_TYPES = [TYPE.A, TYPE.AAAA] as const;
