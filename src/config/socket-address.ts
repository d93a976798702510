/** `192.0.2.1:53` and `[2001:db8::1]:53` between text and parts. */
import { isIPv4, isIPv6 } from 'node:net';
import type { SocketAddress } from './configuration.ts';

const MAX_PORT = 65_535;

/** Parses an IP address with a port; undefined where it is none. */
export function parseSocketAddress(text: string): SocketAddress | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const [, ipv6, ipv4, digits] = match;
  const port = Number(digits);
  if (port > MAX_PORT) return undefined;
  if (ipv6 !== undefined) return isIPv6(ipv6) ? { address: ipv6, port } : undefined;
  return isIPv4(ipv4) ? { address: ipv4, port } : undefined;
}

/** Formats an address with its port, as `parseSocketAddress()` reads it. */
export function formatSocketAddress({ address, port }: SocketAddress): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}
