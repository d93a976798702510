/**
 * IP addresses and prefixes between text and network byte order.
 * Text forms: RFC 4291 section 2.2 (read), RFC 5952 (written); prefixes: RFC 4632 section 3.1.
 */
import { isIP } from 'node:net';

export const IPV4_BYTES = 4;
export const IPV6_BYTES = 16;

const DOT = 0x2e;
const DIGIT_ZERO = 0x30;

/** A range of addresses: the first address (host bits zero) and the number of fixed leading bits. */
export interface Prefix {
  readonly address: Uint8Array;
  /** 0 to 32 for IPv4, 0 to 128 for IPv6. */
  readonly bits: number;
}

/** Parses an address to its 4 or 16 bytes; undefined where `text` is neither IPv4 nor IPv6. */
export function parseAddress(text: string): Uint8Array | undefined {
  switch (isIP(text)) {
    case 4:
      return parseIpv4(text);
    case 6:
      return parseIpv6(text);
    default:
      return undefined;
  }
}

/**
 * Gives an address that datagrams are sent to in its canonical text form; undefined where it is none. IPv4 in the
 * guise of IPv6 is given as IPv4. A link-local address keeps its scope (`fe80::1%eth0`, RFC 4007 section 11), which
 * no other may have.
 */
export function canonicalAddress(text: string): string | undefined {
  const [, address, scope = ''] = /^([^%]+)(%[\w.-]+)?$/.exec(text) ?? [];
  const bytes = parseAddress(address ?? '');
  if (bytes === undefined || (scope !== '' && !isLinkLocal(bytes))) return undefined;
  return `${formatAddress(isIpv4Mapped(bytes) ? bytes.subarray(12) : bytes)}${scope}`;
}

/** Tells whether an address is in `fe80::/10`, RFC 4291 section 2.5.6. */
export function isLinkLocal(bytes: Uint8Array): boolean {
  return bytes.length === IPV6_BYTES && bytes[0] === 0xfe && (bytes[1] & 0xc0) === 0x80;
}

/** Tells whether an address is `::ffff:192.0.2.1`, RFC 4291 section 2.5.5.2. */
export function isIpv4Mapped(bytes: Uint8Array): boolean {
  if (bytes.length !== IPV6_BYTES) return false;
  return bytes.every((byte, i) => i >= 12 || byte === (i >= 10 ? 0xff : 0));
}

/**
 * Reads an IPv4 address from a part of a text, without an object: 32 bits, unsigned; -1 where it is none. Leading
 * zeros are none, as they are octal to some.
 */
export function readIpv4(text: string, start: number, end: number): number {
  let address = 0;
  let octet = -1;
  let dots = 0;
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (octet < 0 || ++dots > 3) return -1;
      address = address * 256 + octet;
      octet = -1;
      continue;
    }
    const digit = code - DIGIT_ZERO;
    if (digit < 0 || digit > 9 || octet === 0) return -1;
    octet = octet < 0 ? digit : octet * 10 + digit;
    if (octet > 255) return -1;
  }
  return dots === 3 && octet >= 0 ? address * 256 + octet : -1;
}

/** Gives the 32 bits, signed, of an IPv4 address in network byte order. */
export function ipv4WordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}

/** Puts an IPv4 address, as 32 bits, in network byte order. */
export function putIpv4Word(word: number, bytes: Uint8Array, at: number): void {
  bytes[at] = word >>> 24;
  bytes[at + 1] = word >>> 16;
  bytes[at + 2] = word >>> 8;
  bytes[at + 3] = word;
}

/** Parses `address/bits`; undefined where it is not one, or where host bits are set. */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/');
  const address = parseAddress(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (slash < 0 || address === undefined || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const bits = Number(length);
  if (bits > address.length * 8) return undefined;
  const prefix = { address, bits };
  return address.every((byte, index) => (byte & ~maskByte(bits, index)) === 0) ? prefix : undefined;
}

/** Tells whether `address` lies in `prefix`; an address of the other family never does. */
export function prefixContains(prefix: Prefix, address: Uint8Array): boolean {
  return (
    prefix.address.length === address.length &&
    prefix.address.every((byte, index) => byte === (address[index] & maskByte(prefix.bits, index)))
  );
}

/** Formats 4 or 16 bytes as text, IPv6 as RFC 5952 section 4 writes it. */
export function formatAddress(address: Uint8Array): string {
  if (address.length === IPV4_BYTES) return address.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => (address[i * 2] << 8) | address[i * 2 + 1]);
  const zeros = longestZeroRun(groups);
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(':');
  // RFC 5952 section 4.2.2: a single zero group is not shortened.
  if (zeros.length < 2) return text(groups);
  return `${text(groups.slice(0, zeros.start))}::${text(groups.slice(zeros.start + zeros.length))}`;
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix.address)}/${prefix.bits}`;
}

/** The bits of byte `index` that a prefix of `bits` fixes. */
function maskByte(bits: number, index: number): number {
  const fixed = Math.min(Math.max(bits - index * 8, 0), 8);
  return (0xff << (8 - fixed)) & 0xff;
}

/** Reads digits and dots by hand: splitting took most of the time of a full list of endpoints. */
function parseIpv4(text: string): Uint8Array {
  const bytes = new Uint8Array(IPV4_BYTES);
  let octet = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) octet++;
    else bytes[octet] = bytes[octet] * 10 + code - DIGIT_ZERO;
  }
  return bytes;
}

function parseIpv6(text: string): Uint8Array | undefined {
  // A scope (`fe80::1%eth0`) has no place in a DNS record.
  if (text.includes('%')) return undefined;
  const [head, tail] = text.split('::');
  const before = parseGroups(head);
  const after = tail === undefined ? [] : parseGroups(tail);
  const bytes = new Uint8Array(IPV6_BYTES);
  bytes.set(before, 0);
  bytes.set(after, IPV6_BYTES - after.length);
  return bytes;
}

function parseGroups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return [...parseIpv4(group)];
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

function longestZeroRun(groups: number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (start + length < groups.length && groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}
