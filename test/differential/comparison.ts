/**
 * In what two responses to one question differ. Sections are sets: the order of equal RRs is random. Serials are
 * left out: each server has the time of the last change that it saw.
 */
import type { Printed } from '../support/records.ts';

export const ASPECTS = [
  ...(['rcode', 'flags', 'tc', 'question', 'answer', 'authority', 'additional', 'ttl'] as const),
  ...(['soaTimes', 'payload', 'extendedErrors', 'duplicates'] as const),
] as const;

/**
 * `tc` is told apart from the other `flags`; `soaTimes` are the TTL and the MINIMUM of SOA records, `ttl` the TTLs of
 * all others; `payload` is the size in OPT, 0 where there is none; `duplicates` are records that vipdns gives twice.
 */
export type Aspect = (typeof ASPECTS)[number];

/** A record of the presentation format `owner ttl IN type rdata`. */
export interface Rr {
  readonly owner: string;
  readonly ttl: number;
  readonly type: string;
  readonly rdata: string;
}

/** Gives every aspect in which vipdns's response differs from that of CoreDNS. */
export function differencesOf(one: Printed, other: Printed): Set<Aspect> {
  const isSame: Readonly<Record<Aspect, boolean>> = {
    rcode: one.status === other.status,
    flags: withoutTc(one) === withoutTc(other),
    tc: hasFlag(one, 'tc') === hasFlag(other, 'tc'),
    question: one.question.join() === other.question.join(),
    answer: isSameSet(one.answer, other.answer),
    authority: isSameSet(one.authority, other.authority),
    additional: isSameSet(one.additional, other.additional),
    ttl: haveSameTtls(one, other),
    soaTimes: haveSameSoaTimes(one, other),
    payload: one.payloadBytes === other.payloadBytes,
    extendedErrors: one.extendedErrors.join() === other.extendedErrors.join(),
    duplicates: !hasDuplicates(other),
  };
  return new Set(ASPECTS.filter((aspect) => !isSame[aspect]));
}

export function parseRr(text: string): Rr {
  const [owner, ttl, , type, ...rdata] = text.toLowerCase().split(' ');
  return { owner, ttl: Number(ttl), type: type.toUpperCase(), rdata: rdata.join(' ') };
}

export function hasFlag({ flags }: Printed, flag: string): boolean {
  return flags.split(' ').includes(flag);
}

/** Tells whether each record of the first section is in the second, whatever their TTLs. */
export function isSubset(part: readonly string[], whole: readonly string[]): boolean {
  const keys = new Set(whole.map(keyOf));
  return part.every((text) => keys.has(keyOf(text)));
}

/** Tells whether two sections hold the same records, whatever their TTLs, and how often. */
export function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  return isSubset(one, other) && isSubset(other, one);
}

/** RFC 2181 section 5: no two records of a set are the same. */
function hasDuplicates({ answer, authority, additional }: Printed): boolean {
  return [answer, authority, additional].some(
    (section) => new Set(section.map(keyOf)).size < section.length,
  );
}

/** What a record is without times. RFC 4343: names are the same in any case. */
function keyOf(text: string): string {
  const { owner, type, rdata } = parseRr(text);
  return `${owner} ${type} ${type === 'SOA' ? soaWithoutTimes(rdata) : rdata}`;
}

function soaWithoutTimes(rdata: string): string {
  const [mname, rname, , refresh, retry, expire] = rdata.split(' ');
  return [mname, rname, refresh, retry, expire].join(' ');
}

function withoutTc({ flags }: Printed): string {
  return flags.replace(' tc', '');
}

function sectionsOf({ answer, authority, additional }: Printed): Rr[] {
  return [...answer, ...authority, ...additional].map(parseRr);
}

/** Of the records that both have. */
function haveSameTtls(one: Printed, other: Printed): boolean {
  const ttlOf = new Map(sectionsOf(one).map((rr) => [rrKey(rr), rr.ttl]));
  return sectionsOf(other).every((rr) => {
    const ttl = ttlOf.get(rrKey(rr));
    return rr.type === 'SOA' || ttl === undefined || ttl === rr.ttl;
  });
}

function rrKey({ owner, type, rdata }: Rr): string {
  return `${owner} ${type} ${rdata}`;
}

/** Where both have a SOA. */
function haveSameSoaTimes(one: Printed, other: Printed): boolean {
  const [times, others] = [soaTimes(one), soaTimes(other)];
  return times.length === 0 || others.length === 0 || times.join() === others.join();
}

/** Gives TTL and MINIMUM of every SOA. */
export function soaTimes(response: Printed): string[] {
  return sectionsOf(response)
    .filter(({ type }) => type === 'SOA')
    .map(({ ttl, rdata }) => `${ttl}/${rdata.split(' ').at(-1)}`);
}
