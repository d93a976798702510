/** A question for the upstreams, and the query that asks it. RFC 1035 section 4.1, RFC 6891 section 6.1 (OPT). */
import { type CacheQuestion, putCacheKey } from '../cache/cache-reader.ts';
import { CLASS_IN, EDNS_UDP_BYTES, FLAG, HEADER_BYTES, TYPE } from '../dns/constants.ts';
import { formatName, nameKey, type WireName } from '../dns/name.ts';
import { randomUint16 } from './random.ts';

const OPT_BYTES = 11;
const DNSSEC_OK = 0x8000;
const CASE_BIT = 0x20;

/** What is asked; everything that an answer depends on. */
export interface Question {
  /** Folded, in wire format. */
  readonly name: WireName;
  readonly qtype: number;
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
  /** The cache's key; empty for a name that is too long to be kept. */
  readonly key: Uint8Array;
  /** What tells it from every other question. */
  readonly id: string;
}

/** Takes a copy of what a responder asks for. */
export function copyQuestion(source: CacheQuestion): Question {
  const { nameLength, qtype, dnssecOk, checkingDisabled } = source;
  const name = new Uint8Array(source.name.subarray(0, nameLength));
  const scratch = new Uint8Array(256);
  const key = scratch.slice(0, putCacheKey(scratch, source));
  const id =
    key.length > 0 ? nameKey(key) : `${nameKey(name)} ${qtype} ${dnssecOk} ${checkingDisabled}`;
  return { name, qtype, dnssecOk, checkingDisabled, key, id };
}

/** Reads a question back from its key. */
export function questionOfKey(key: Uint8Array): Question {
  const name = key.slice(0, -3);
  const [high, low, flags] = key.slice(-3);
  return {
    name,
    qtype: (high << 8) | low,
    dnssecOk: (flags & 1) !== 0,
    checkingDisabled: (flags & 2) !== 0,
    key,
    id: nameKey(key),
  };
}

/**
 * Builds the query, its ID being random; with EDNS of our own, whatever the client has sent. `name` is the question's
 * in the case to ask with.
 */
export function buildUpstreamQuery(
  { qtype, dnssecOk, checkingDisabled }: Question,
  { name, hasEdns }: { name: WireName; hasEdns: boolean },
): Uint8Array<ArrayBuffer> {
  const questionEnd = HEADER_BYTES + name.length + 4;
  const query = new Uint8Array(questionEnd + (hasEdns ? OPT_BYTES : 0));
  const view = new DataView(query.buffer);
  view.setUint16(0, randomUint16());
  // RFC 6840 section 5.7: AD asks to be told whether the answer was validated.
  view.setUint16(2, FLAG.rd | FLAG.ad | (checkingDisabled ? FLAG.cd : 0));
  view.setUint16(4, 1);
  view.setUint16(10, hasEdns ? 1 : 0);
  query.set(name, HEADER_BYTES);
  view.setUint16(questionEnd - 4, qtype);
  view.setUint16(questionEnd - 2, CLASS_IN);
  if (!hasEdns) return query;
  view.setUint16(questionEnd + 1, TYPE.OPT);
  view.setUint16(questionEnd + 3, EDNS_UDP_BYTES);
  view.setUint16(questionEnd + 7, dnssecOk ? DNSSEC_OK : 0);
  return query;
}

/**
 * Gives the name with the case of each letter at random: further bits for a forger to guess, and the mark by which a
 * query of ours is known that comes back to us. A name that came in mixed case keeps it, so that the mark survives a
 * second server that does the same. At least one letter is upper case, where there is one.
 */
export function randomizeCase(name: WireName, spelled: WireName | undefined): WireName {
  if (spelled !== undefined && isMixedCase(spelled)) return spelled;
  const mixed = new Uint8Array(name);
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
