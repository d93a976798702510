import { FLAG, HEADER_BYTES, RCODE } from '../dns/constants.ts';
import { foldCase } from '../dns/name.ts';

/**
 * Tells whether a message answers a query of ours, whose question is well formed: all but the ID, which whoever found
 * the query has compared. RFC 5452 section 9.1; the name in either case, RFC 4343 section 3.
 */
export function isResponseTo(query: Uint8Array, message: Uint8Array): boolean {
  if (message.length < HEADER_BYTES) return false;
  const flags = flagsOf(message);
  if ((flags & FLAG.qr) === 0) return false;
  if (((flags ^ flagsOf(query)) & FLAG.opcodeMask) !== 0) return false;
  return hasSameQuestion(query, message) || isUnreadQuery(message);
}

function hasSameQuestion(query: Uint8Array, message: Uint8Array): boolean {
  if (message[4] !== 0 || message[5] !== 1) return false;
  let at = HEADER_BYTES;
  for (; query[at] !== 0; at += 1 + query[at]) {
    if (message[at] !== query[at]) return false;
    for (let i = at + 1; i <= at + query[at]; i++) {
      if (foldCase(message[i]) !== foldCase(query[i])) return false;
    }
  }
  // The root, type and class.
  for (const end = at + 5; at < end; at++) if (message[at] !== query[at]) return false;
  return true;
}

/** A header alone, from a server that could not read what it was asked, such as one that knows nothing of EDNS. */
function isUnreadQuery(message: Uint8Array): boolean {
  const rcode = message[3] & FLAG.rcodeMask;
  return (
    message.length === HEADER_BYTES &&
    message.every((byte, i) => i < 4 || byte === 0) &&
    (rcode === RCODE.FORMERR || rcode === RCODE.NOTIMP)
  );
}

function flagsOf(message: Uint8Array): number {
  return (message[2] << 8) | message[3];
}
