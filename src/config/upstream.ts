/**
 * Upstreams as they are written in the configuration: `10.0.0.53`, `[fd00::1]:5353`, `tcp://10.0.0.53`,
 * `tls://10.0.0.54#dns.corp.example` (RFC 7858; the name to verify as RFC 8310 section 8.1 has it), or the path of a
 * resolv.conf. In: text; out: an upstream as plain data, or what is wrong.
 */
import { isIPv6 } from 'node:net';
import { canonicalAddress } from '../dns/address.ts';
import { TRANSPORTS, type Transport, type UpstreamConfiguration } from './configuration.ts';
import { formatSocketAddress, splitPort } from './socket-address.ts';
import { canonicalZoneName, isHostName } from './zone-name.ts';

const DEFAULT_PORTS: Readonly<Record<Transport, number>> = { udp: 53, tcp: 53, tls: 853 };

/** Parses an upstream; undefined where it is none. */
export function parseUpstream(text: string): UpstreamConfiguration | undefined {
  const read = readUpstream(text);
  return typeof read === 'string' ? undefined : read;
}

/** Tells what is wrong with an upstream; undefined where nothing is. */
export function findUpstreamMistake(text: string): string | undefined {
  const read = readUpstream(text);
  return typeof read === 'string' ? read : undefined;
}

/** Formats an upstream as `parseUpstream()` reads it; equal ones have equal text. */
export function formatUpstream(upstream: UpstreamConfiguration): string {
  if (upstream.kind === 'resolvConf') return upstream.path;
  const { transport, serverName } = upstream;
  const name = transport === 'tls' ? `#${serverName}` : '';
  return `${transport}://${formatSocketAddress(upstream)}${name}`;
}

/** Gives the upstream, or the mistake. */
function readUpstream(text: string): UpstreamConfiguration | string {
  if (text.startsWith('/')) return { kind: 'resolvConf', path: text };
  const [, scheme, place, name] = /^(?:([^:/]*):\/\/)?([^#]*)(?:#(.*))?$/s.exec(text) ?? [];
  const transport = TRANSPORTS.find((each) => each === (scheme ?? 'udp'));
  if (transport === undefined) return `"${scheme}://" is none of udp://, tcp://, tls://`;
  const { host = '', port = DEFAULT_PORTS[transport] } = readPlace(place) ?? {};
  const address = canonicalAddress(host);
  if (address === undefined) return isHostName(host) ? HOST_NAME : 'no IP address';
  if (address === '0.0.0.0' || address === '::') return 'no address that can be asked';
  if (port === 0) return 'no port that can be asked';
  const serverName = serverNameOf({ transport, name, address });
  if (serverName === undefined) return name === undefined ? NO_NAME : `"#${name}": ${NAME}`;
  return { kind: 'server', transport, address, port, serverName };
}

const HOST_NAME = 'a DNS server cannot look up the name of its own upstream';
const NAME = 'a name to verify goes with tls://, and is a host name or an IP address';
const NO_NAME =
  'an address with a scope is in no certificate: put "#" and the name to verify behind it';

/** IPv6 without a port needs no brackets. */
function readPlace(place: string): { host: string; port: number | undefined } | undefined {
  return isIPv6(place) ? { host: place, port: undefined } : splitPort(place);
}

interface Verified {
  readonly transport: Transport;
  readonly name: string | undefined;
  readonly address: string;
}

/** Gives the name that a certificate has to hold; undefined where there can be none. */
function serverNameOf({ transport, name, address }: Verified): string | undefined {
  if (transport !== 'tls') return name === undefined ? '' : undefined;
  const wanted = name ?? address;
  if (wanted.includes('%')) return undefined;
  return canonicalAddress(wanted) ?? (isHostName(wanted) ? canonicalZoneName(wanted) : undefined);
}
