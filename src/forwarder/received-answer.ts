/**
 * Makes of an upstream's response what is kept: its records without OPT, how long they live, and what kind of answer
 * it is. RFC 2308 (negative answers), RFC 2181 section 8 (TTL), RFC 8914 (extended errors).
 */
import { type AnswerDraft, MAX_TEXT_BYTES, TENTHS } from '../cache/answer-format.ts';
import type { AnswerKind } from '../cache/answer-kind.ts';
import {
  EDNS_OPTION_EXTENDED_ERROR,
  FLAG,
  HEADER_BYTES,
  RCODE,
  RECORD_FIXED_BYTES,
  TYPE,
} from '../dns/constants.ts';
import type { MessageScan } from '../dns/message-scan.ts';
import { foldCase } from '../dns/name.ts';
import { readTtl, writeUint32 } from '../dns/uint32.ts';

/** Seconds. */
export interface LifetimeLimits {
  readonly maxTtlSeconds: number;
  readonly negativeMaxTtlSeconds: number;
}

/** How an answer is to be held. */
export interface ReceivedAnswer {
  readonly kind: AnswerKind;
  /** Tenths of a second; 0 where it must not be kept. */
  readonly lifetime: number;
}

export interface ReceiveOptions {
  readonly limits: LifetimeLimits;
  /** Tenths of a second. */
  readonly now: number;
}

/** RDATA of an SOA record behind its two names: serial, refresh, retry, expire, MINIMUM. */
const SOA_MINIMUM_FROM_END = 4;
const NO_TEXT = new Uint8Array(0);
const NO_EXTENDED_ERROR = { code: -1, text: NO_TEXT };

/** RFC 9520 section 3.2: what an upstream could not say is not asked again for so long, in seconds. */
const FAILURE_SECONDS = 5;

/** Drafts the answer of the message that `scan` has read, whose TTLs are changed on the way. */
export function receiveAnswer(
  draft: AnswerDraft,
  { scan, message }: { readonly scan: MessageScan; readonly message: Uint8Array },
  { limits, now }: ReceiveOptions,
): ReceivedAnswer {
  const { rcode } = scan;
  const kind = kindOf(scan, rcode);
  const kept = kind === 'failure' ? 0 : countKept(scan);
  const lifetime = limitTtls(scan, message, { kept, kind, limits }) * TENTHS;
  const { questionEnd, answers, authorities } = scan;
  const end = kept === 0 ? questionEnd : scan.endAt[kept - 1];
  let pointers = 0;
  while (pointers < scan.pointers && scan.pointerAt[pointers] < end) pointers++;
  const error = findExtendedError(scan, message);
  foldOwners(scan, message, kept);
  draft.start({
    // What continues in OPT is between the upstream and us.
    rcode: rcode > FLAG.rcodeMask ? RCODE.SERVFAIL : rcode,
    isAuthentic: (scan.flags & FLAG.ad) !== 0,
    extendedError: error.code,
    answers: Math.min(answers, kept),
    authorities: Math.min(Math.max(kept - answers, 0), authorities),
    additionals: Math.max(kept - answers - authorities, 0),
    questionEnd,
    pointers,
    storedAt: now,
    lifetime,
  });
  for (let i = 0; i < kept; i++) {
    draft.putOffset(scan.ttlAt[i] - questionEnd);
    draft.putOffset(scan.endAt[i] - questionEnd);
  }
  for (let i = 0; i < pointers; i++) draft.putOffset(scan.pointerAt[i] - questionEnd);
  draft.finish(error.text, message, [questionEnd, end]);
  return { kind, lifetime };
}

/** Records before the first that belongs to the message's way and not to the answer: OPT, TSIG, SIG(0). */
function countKept(scan: MessageScan): number {
  const first = scan.answers + scan.authorities;
  for (let i = first; i < scan.records; i++) {
    const type = scan.typeOf[i];
    if (type === TYPE.OPT || type === TYPE.TSIG || type === TYPE.SIG) return i;
  }
  return scan.records;
}

/** RFC 2308 section 2: what kinds of negative answers there are; section 7: failures. */
function kindOf(scan: MessageScan, rcode: number): AnswerKind {
  if (rcode === RCODE.NXDOMAIN) return 'negative';
  if (rcode !== RCODE.NOERROR) return 'failure';
  for (let i = 0; i < scan.answers; i++) {
    if (scan.typeOf[i] === scan.qtype || scan.qtype === TYPE.ANY) return 'positive';
  }
  // A chain of aliases that ends without the type is NODATA, RFC 2308 section 2.2.
  return 'negative';
}

/**
 * Writes TTLs back as they may be kept, and gives the shortest, in seconds; 0 where a negative answer has no SOA:
 * RFC 2308 section 5.
 */
function limitTtls(
  scan: MessageScan,
  message: Uint8Array,
  { kept, kind, limits }: { kept: number; kind: AnswerKind; limits: LifetimeLimits },
): number {
  const isNegative = kind !== 'positive';
  const mostSeconds = isNegative
    ? Math.min(limits.negativeMaxTtlSeconds, limits.maxTtlSeconds)
    : limits.maxTtlSeconds;
  let shortest = mostSeconds;
  let hasSoa = false;
  for (let i = 0; i < kept; i++) {
    let ttl = Math.min(scan.ttlOf(i), mostSeconds);
    const isAuthority = i >= scan.answers && i < scan.answers + scan.authorities;
    if (isNegative && isAuthority && scan.typeOf[i] === TYPE.SOA) {
      ttl = Math.min(ttl, readTtl(message, scan.endAt[i] - SOA_MINIMUM_FROM_END));
      hasSoa = true;
    }
    writeUint32(message, scan.ttlAt[i], ttl);
    shortest = Math.min(shortest, ttl);
  }
  if (kind === 'failure') return FAILURE_SECONDS;
  return kept === 0 || (isNegative && !hasSoa) ? 0 : shortest;
}

/**
 * Folds owner names that repeat the question in full: some servers do not compress, and what they repeat is the case
 * that we have asked with, which was random.
 */
function foldOwners(scan: MessageScan, message: Uint8Array, kept: number): void {
  const length = scan.questionNameEnd - HEADER_BYTES;
  for (let i = 0; i < kept; i++) {
    const start = scan.startOf(i);
    // A name that is compressed somewhere is shorter than the question's.
    if (scan.ttlAt[i] - OWNER_TO_TTL_BYTES - start !== length) continue;
    let at = 0;
    while (at < length && isSame(message[start + at], message[HEADER_BYTES + at])) at++;
    if (at < length) continue;
    for (let j = start; j < start + length; j++) message[j] = foldCase(message[j]);
  }
}

/** Type and class stand between an owner name and its TTL. */
const OWNER_TO_TTL_BYTES = 4;

function isSame(a: number, b: number): boolean {
  return foldCase(a) === foldCase(b);
}

/** Finds what the upstream says of a failure, in its OPT record. */
function findExtendedError(
  scan: MessageScan,
  message: Uint8Array,
): { readonly code: number; readonly text: Uint8Array } {
  for (let i = scan.answers + scan.authorities; i < scan.records; i++) {
    if (scan.typeOf[i] !== TYPE.OPT) continue;
    const end = scan.endAt[i];
    let at = scan.ttlAt[i] - 4 + RECORD_FIXED_BYTES;
    while (at + 4 <= end) {
      const code = (message[at] << 8) | message[at + 1];
      const length = (message[at + 2] << 8) | message[at + 3];
      if (code === EDNS_OPTION_EXTENDED_ERROR && length >= 2 && at + 4 + length <= end) {
        const info = (message[at + 4] << 8) | message[at + 5];
        const isShort = length - 2 <= MAX_TEXT_BYTES && scan.records === 1;
        return { code: info, text: isShort ? message.slice(at + 6, at + 4 + length) : NO_TEXT };
      }
      at += 4 + length;
    }
  }
  return NO_EXTENDED_ERROR;
}
