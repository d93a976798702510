/**
 * Reverse names: the owner name of an address's PTR records, and the zones that cover a prefix.
 * RFC 1035 section 3.5 (in-addr.arpa), RFC 3596 section 2.5 (ip6.arpa).
 */
import { IPV4_BYTES, type Prefix } from './address.ts';
import { encodeLabels, type WireName } from './name.ts';

/** `f.f. ... f.f.ip6.arpa` in wire format. */
const MAX_REVERSE_BYTES = 74;
const DIGIT_ZERO = 0x30;
const LETTER_A = 0x61;

/** Gives the owner name of the PTR records of an address of 4 or 16 bytes. */
export function reverseName(address: Uint8Array): WireName {
  const name = new Uint8Array(MAX_REVERSE_BYTES);
  return name.subarray(0, writeReverseName(address, 0, address.length, name));
}

/**
 * Writes the owner name of an address, `size` bytes at `at`, and gives its length. Not an options object: called for
 * every endpoint.
 */
export function writeReverseName(
  addresses: Uint8Array,
  at: number,
  size: number,
  name: Uint8Array,
): number {
  let length = 0;
  for (let i = size - 1; i >= 0; i--) {
    const byte = addresses[at + i];
    if (size === IPV4_BYTES) length = writeOctet(byte, name, length);
    else length = writeNibble(byte >> 4, name, writeNibble(byte & 15, name, length));
  }
  const suffix = size === IPV4_BYTES ? IN_ADDR_ARPA : IP6_ARPA;
  for (let i = 0; i < suffix.length; i++) name[length + i] = suffix[i];
  return length + suffix.length;
}

/**
 * Gives the fewest zones that cover a prefix exactly: an octet of IPv4 and a nibble of IPv6 are one label,
 * so `10.96.0.0/12` is the sixteen zones from `96.10.in-addr.arpa` to `111.10.in-addr.arpa`.
 */
export function reverseZonesOf(prefix: Prefix): WireName[] {
  const bitsOfLabel = prefix.address.length === IPV4_BYTES ? 8 : 4;
  // An address is never a zone: below /24, or /124 of IPv6, the whole of that is.
  const bits = Math.min(prefix.bits, prefix.address.length * 8 - bitsOfLabel);
  const labelCount = Math.ceil(bits / bitsOfLabel);
  const fixed = addressLabels(prefix.address).slice(0, labelCount);
  const last = fixed.pop();
  if (last === undefined) return [encodeLabels(suffixOf(prefix.address))];
  const radix = bitsOfLabel === 8 ? 10 : 16;
  const first = Number.parseInt(last, radix);
  const count = 2 ** (labelCount * bitsOfLabel - bits);
  return Array.from({ length: count }, (_, i) =>
    encodeLabels([
      (first + i).toString(radix),
      ...fixed.slice().reverse(),
      ...suffixOf(prefix.address),
    ]),
  );
}

const IN_ADDR_ARPA = encodeLabels(['in-addr', 'arpa']);
const IP6_ARPA = encodeLabels(['ip6', 'arpa']);

function writeOctet(octet: number, name: Uint8Array, start: number): number {
  const digits = octet >= 100 ? 3 : octet >= 10 ? 2 : 1;
  name[start] = digits;
  for (let i = digits, rest = octet; i > 0; i--) {
    name[start + i] = DIGIT_ZERO + (rest % 10);
    rest = (rest / 10) | 0;
  }
  return start + 1 + digits;
}

function writeNibble(nibble: number, name: Uint8Array, start: number): number {
  name[start] = 1;
  name[start + 1] = nibble < 10 ? DIGIT_ZERO + nibble : LETTER_A + nibble - 10;
  return start + 2;
}

/** The labels of an address, most significant first: octets of IPv4, nibbles of IPv6. */
function addressLabels(address: Uint8Array): string[] {
  if (address.length === IPV4_BYTES) return Array.from(address, String);
  return Array.from(address).flatMap((byte) => [
    (byte >> 4).toString(16),
    (byte & 15).toString(16),
  ]);
}

function suffixOf(address: Uint8Array): string[] {
  return [address.length === IPV4_BYTES ? 'in-addr' : 'ip6', 'arpa'];
}
