/** Names as they stand in the configuration: host names, RFC 1123 section 2.1, and underscores. */
import { FormatError } from '../dns/errors.ts';
import { encodeName } from '../dns/name.ts';

const LABEL = '[A-Za-z0-9_](?:[-A-Za-z0-9_]*[A-Za-z0-9_])?';
const NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*\\.?$`);
const REVERSE = ['in-addr.arpa', 'ip6.arpa'];
/** The longest name that every zone holds. */
const LONGEST_PREFIX = 'dns-version';

/** Tells whether text names a zone that can hold the names of a cluster domain. */
export function isClusterDomain(text: string): boolean {
  return isZoneName(text) && !isReverseName(text);
}

/** Tells whether text names a zone below in-addr.arpa or ip6.arpa. */
export function isReverseZone(text: string): boolean {
  const name = canonicalZoneName(text);
  return (
    isZoneName(text) &&
    REVERSE.some((reverse) => name !== reverse && isZoneAtOrBelow(name, reverse))
  );
}

/** Tells whether text names a zone that can be forwarded: any name, and "." for all. */
export function isForwardZone(text: string): boolean {
  return text === '.' || isName(text);
}

/** Tells whether text is a name that can have addresses. */
export function isHostName(text: string): boolean {
  return isName(text) && !isReverseName(text);
}

/** Tells whether text is a name, or `*.` and a name. */
export function isNamePattern(text: string): boolean {
  return isName(text.replace(/^\*\./, ''));
}

/** Gives the name in lower case without its final dot. */
export function canonicalZoneName(text: string): string {
  return text.toLowerCase().replace(/\.$/, '');
}

/** Tells whether a name is a zone, "" for the root, or lies below it. No name here has escapes, so texts do. */
export function isZoneAtOrBelow(name: string, zone: string): boolean {
  const apex = canonicalZoneName(zone);
  return apex === '' || `.${canonicalZoneName(name)}`.endsWith(`.${apex}`);
}

function isReverseName(text: string): boolean {
  return REVERSE.some((reverse) => isZoneAtOrBelow(text, reverse));
}

function isZoneName(text: string): boolean {
  return isName(text) && isName(`${LONGEST_PREFIX}.${text}`);
}

function isName(text: string): boolean {
  if (!NAME.test(text)) return false;
  try {
    encodeName(text);
    return true;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}
