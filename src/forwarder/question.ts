/** A question for the upstreams, and the query that asks it. RFC 1035 section 4.1, RFC 6891 section 6.1 (OPT). */
import {
  type CacheQuestion,
  KEY_FLAG,
  KEY_TAIL_BYTES,
  putCacheKey,
} from '../cache/cache-reader.ts';
import {
  CLASS_IN,
  DNSSEC_OK,
  EDNS_UDP_BYTES,
  FLAG,
  HEADER_BYTES,
  OPT_BYTES,
  TYPE,
} from '../dns/constants.ts';
import { formatName, nameKey, type WireName } from '../dns/name.ts';
import { MAX_KEY_BYTES } from '../table/layout.ts';
import { randomUint16 } from './random.ts';

const CASE_BIT = 0x20;
const MIN_MARK_LETTERS = 8;

/** What is asked; everything that an answer depends on. */
export interface Question {
  /** Folded, in wire format. */
  readonly name: WireName;
  readonly qtype: number;
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
  /** What tells it from every other question: the cache's key, a character a byte, unless the name is too long. */
  readonly id: string;
  /** Whether the cache can have it. */
  readonly hasKey: boolean;
}

const KEY = Buffer.alloc(MAX_KEY_BYTES);

/** Gives the `id` of a question. */
export function idOf(question: CacheQuestion): string {
  const length = putCacheKey(KEY, question);
  if (length > 0) return KEY.toString('latin1', 0, length);
  const { name, nameLength, qtype, dnssecOk, checkingDisabled } = question;
  return `${nameKey(name.subarray(0, nameLength))} ${qtype} ${dnssecOk} ${checkingDisabled}`;
}

/** Takes a copy of what a responder asks for. */
export function copyQuestion(source: CacheQuestion): Question {
  const { nameLength, qtype, dnssecOk, checkingDisabled } = source;
  const name = Buffer.from(source.name.subarray(0, nameLength));
  const hasKey = nameLength + KEY_TAIL_BYTES <= MAX_KEY_BYTES;
  return { name, qtype, dnssecOk, checkingDisabled, id: idOf(source), hasKey };
}

/** Reads a question back from its key. */
export function questionOfKey(id: string): Question {
  const key = Buffer.from(id, 'latin1');
  const tail = key.length - KEY_TAIL_BYTES;
  return {
    name: key.subarray(0, tail),
    qtype: key.readUInt16BE(tail),
    dnssecOk: (key[tail + 2] & KEY_FLAG.dnssecOk) !== 0,
    checkingDisabled: (key[tail + 2] & KEY_FLAG.checkingDisabled) !== 0,
    id,
    hasKey: true,
  };
}

/**
 * Builds the query, its ID being random; with EDNS of our own, whatever the client has sent. `name` is the question's
 * in the case to ask with.
 */
export function buildUpstreamQuery(
  { qtype, dnssecOk, checkingDisabled }: Question,
  { name, hasEdns }: { name: WireName; hasEdns: boolean },
): Buffer {
  const questionEnd = HEADER_BYTES + name.length + 4;
  const query = Buffer.allocUnsafe(questionEnd + (hasEdns ? OPT_BYTES : 0)).fill(0);
  query.writeUInt16BE(randomUint16(), 0);
  // RFC 6840 section 5.7: AD asks to be told whether the answer was validated.
  query.writeUInt16BE(FLAG.rd | FLAG.ad | (checkingDisabled ? FLAG.cd : 0), 2);
  query[5] = 1;
  query[11] = hasEdns ? 1 : 0;
  query.set(name, HEADER_BYTES);
  query.writeUInt16BE(qtype, questionEnd - 4);
  query.writeUInt16BE(CLASS_IN, questionEnd - 2);
  if (!hasEdns) return query;
  query.writeUInt16BE(TYPE.OPT, questionEnd + 1);
  query.writeUInt16BE(EDNS_UDP_BYTES, questionEnd + 3);
  query.writeUInt16BE(dnssecOk ? DNSSEC_OK : 0, questionEnd + 7);
  return query;
}

/**
 * Gives the name with the case of each letter at random: further bits for a forger to guess, and the mark by which a
 * query of ours is known that comes back to us. A name that came in mixed case keeps it, so that the mark survives a
 * second server that does the same. At least one letter is upper case, where there is one.
 */
export function randomizeCase(name: WireName, spelled: WireName | undefined): WireName {
  if (spelled !== undefined && isMixedCase(spelled)) return spelled;
  const mixed = Buffer.from(name);
  let bits = 0;
  let left = 0;
  let lastLetter = -1;
  let uppers = 0;
  for (let i = 0; i < mixed.length; i++) {
    // A length octet is below 'a'.
    if (mixed[i] < 0x61 || mixed[i] > 0x7a) continue;
    if (left === 0) {
      bits = randomUint16();
      left = 16;
    }
    lastLetter = i;
    if ((bits & 1) !== 0) {
      mixed[i] &= ~CASE_BIT;
      uppers++;
    }
    bits >>= 1;
    left--;
  }
  if (uppers === 0 && lastLetter >= 0) mixed[lastLetter] &= ~CASE_BIT;
  return mixed;
}

/** Tells whether the case of so many letters is no coincidence: one in 256 is, and only at the same time. */
export function canBeMarked(name: WireName): boolean {
  let letters = 0;
  for (const byte of name) if (byte >= 0x61 && byte <= 0x7a) letters++;
  return letters >= MIN_MARK_LETTERS;
}

/** Tells whether a name has letters of both cases: nobody types such a name. */
export function isMixedCase(name: WireName): boolean {
  let hasUpper = false;
  let hasLower = false;
  for (const byte of name) {
    if (byte >= 0x41 && byte <= 0x5a) hasUpper = true;
    else if (byte >= 0x61 && byte <= 0x7a) hasLower = true;
  }
  return hasUpper && hasLower;
}

/** `example.org. MX`, for the log. */
export function formatQuestion({ name, qtype }: Question): string {
  const type = Object.entries(TYPE).find(([, number]) => number === qtype)?.[0] ?? `TYPE${qtype}`;
  return `${formatName(name)} ${type}`;
}
