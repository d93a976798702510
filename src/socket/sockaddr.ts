/**
 * The socket addresses of Linux, struct sockaddr_in and sockaddr_in6, between bytes and parts; also the form in
 * which threads tell each other who asked.
 *
 *   IPv4   family 2   port 2 (network order)   address 4    zeros 8
 *   IPv6   family 2   port 2 (network order)   flow info 4  address 16  scope 4
 */
import { AF_INET, AF_INET6 } from './libc.ts';

export const SOCKADDR_IN_BYTES = 16;
export const SOCKADDR_IN6_BYTES = 28;
/** Room for either. */
export const MAX_SOCKADDR_BYTES = SOCKADDR_IN6_BYTES;

const IPV4_AT = 4;
const IPV6_AT = 8;
const SCOPE_AT = 24;
const IPV4_BYTES = 4;
const IPV6_BYTES = 16;

export interface SockaddrParts {
  /** 4 or 16 bytes in network order. */
  readonly address: Uint8Array;
  readonly port: number;
  /** Index of the interface of a link-local IPv6 address; 0 by default. */
  readonly scope?: number;
}

/** Writes a socket address to `target` at `at`, and gives its length in bytes. */
export function putSockaddr(target: Uint8Array, at: number, parts: SockaddrParts): number {
  const { address, port, scope = 0 } = parts;
  const isIpv4 = address.length === IPV4_BYTES;
  const length = isIpv4 ? SOCKADDR_IN_BYTES : SOCKADDR_IN6_BYTES;
  target.fill(0, at, at + length);
  target[at] = isIpv4 ? AF_INET : AF_INET6;
  target[at + 2] = port >> 8;
  target[at + 3] = port;
  target.set(address, at + (isIpv4 ? IPV4_AT : IPV6_AT));
  if (!isIpv4) new DataView(target.buffer, target.byteOffset).setUint32(at + SCOPE_AT, scope, true);
  return length;
}

/** Gives where the address stands in a socket address, and where it ends. */
export function addressRange(source: Uint8Array): readonly [number, number] {
  return source[0] === AF_INET ? IPV4_RANGE : IPV6_RANGE;
}

const IPV4_RANGE = [IPV4_AT, IPV4_AT + IPV4_BYTES] as const;
const IPV6_RANGE = [IPV6_AT, IPV6_AT + IPV6_BYTES] as const;

/** Reads the socket address at `at`; the address is a copy. */
export function readSockaddr(source: Uint8Array, at: number): Required<SockaddrParts> {
  const isIpv4 = source[at] === AF_INET;
  const from = at + (isIpv4 ? IPV4_AT : IPV6_AT);
  return {
    address: source.slice(from, from + (isIpv4 ? IPV4_BYTES : IPV6_BYTES)),
    port: (source[at + 2] << 8) | source[at + 3],
    scope: isIpv4
      ? 0
      : new DataView(source.buffer, source.byteOffset).getUint32(at + SCOPE_AT, true),
  };
}
