/**
 * Reverse names: the owner name of an address's PTR records, and the zones that cover a prefix.
 * RFC 1035 section 3.5 (in-addr.arpa), RFC 3596 section 2.5 (ip6.arpa).
 */
import { IPV4_BYTES, type Prefix } from './address.ts';
import { encodeLabels, type WireName } from './name.ts';

/** `255.255.255.255.in-addr.arpa` in wire format. */
const MAX_IPV4_BYTES = 30;

/** Gives the owner name of the PTR records of an address of 4 or 16 bytes. */
export function reverseName(address: Uint8Array): WireName {
  if (address.length === IPV4_BYTES) return reverseIpv4(address);
  return encodeLabels([...addressLabels(address).reverse(), ...suffixOf(address)]);
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
const OCTET_LABELS = Array.from({ length: 256 }, (_, octet) =>
  encodeLabels([`${octet}`]).subarray(0, -1),
);

/** Puts labels together that were made beforehand: a full list of endpoints asks for each of their names. */
function reverseIpv4(address: Uint8Array): WireName {
  const name = new Uint8Array(MAX_IPV4_BYTES);
  let at = 0;
  for (let i = IPV4_BYTES - 1; i >= 0; i--) {
    const label = OCTET_LABELS[address[i]];
    name.set(label, at);
    at += label.length;
  }
  name.set(IN_ADDR_ARPA, at);
  return name.subarray(0, at + IN_ADDR_ARPA.length);
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
