/**
 * `192.0.2.1:53` and `[2001:db8::1]:53` between text and parts. RFC 3986 section 3.2.2 for the brackets, RFC 5952
 * for the form in which an IPv6 address is kept.
 */
import { isIPv6 } from 'node:net';
import { formatAddress, IPV4_BYTES, isIpv4Mapped, parseAddress } from '../dns/address.ts';
import type { SocketAddress } from './configuration.ts';

const MAX_PORT = 65_535;

/** Parses an IP address with a port; undefined where it is none, or IPv4 in the guise of IPv6. */
export function parseSocketAddress(text: string): SocketAddress | undefined {
  const { host = '', isBracketed, port } = splitPort(text) ?? {};
  const bytes = parseAddress(host);
  if (bytes === undefined || port === undefined) return undefined;
  if ((bytes.length === IPV4_BYTES) === isBracketed) return undefined;
  // Our sockets for IPv6 take nothing else, so such an address would never be reached.
  if (isIpv4Mapped(bytes)) return undefined;
  return { address: formatAddress(bytes), port };
}

interface HostAndPort {
  readonly host: string;
  readonly isBracketed: boolean;
  /** Undefined where there is none. */
  readonly port: number | undefined;
}

/** Splits `host:port`, `[host]:port`, and both without the port; undefined where text is none of them. */
export function splitPort(text: string): HostAndPort | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(0|[1-9]\d{0,4}))?$/.exec(text);
  if (match === null) return undefined;
  const [, inBrackets, plain, digits] = match;
  const port = digits === undefined ? undefined : Number(digits);
  if (port !== undefined && port > MAX_PORT) return undefined;
  return { host: inBrackets ?? plain, isBracketed: inBrackets !== undefined, port };
}

/** Formats an address with its port, as `parseSocketAddress()` reads it. */
export function formatSocketAddress({ address, port }: SocketAddress): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Tells whether one program can have only one of the two: the same port of one address, or of a wildcard. */
export function collides(a: SocketAddress, b: SocketAddress): boolean {
  // Each port 0 becomes a port of its own.
  if (a.port === 0 || a.port !== b.port || isIPv6(a.address) !== isIPv6(b.address)) return false;
  return a.address === b.address || isWildcard(a) || isWildcard(b);
}

function isWildcard({ address }: SocketAddress): boolean {
  return address === '0.0.0.0' || address === '::';
}
