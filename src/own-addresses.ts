/**
 * The addresses under which this server can be asked, for `ns.dns.<domain>`: those that it listens on, or,
 * behind a wildcard, every address of the machine's interfaces but link-local ones.
 */
import { networkInterfaces } from 'node:os';
import { parseAddress } from './dns/address.ts';

const IPV6_LINK_LOCAL = 'fe80:';

export function ownAddresses(listen: readonly { address: string }[]): Uint8Array[] {
  const texts = listen.flatMap(({ address }) => {
    if (address === '0.0.0.0') return interfaceAddresses('IPv4');
    // A socket on :: of ours takes IPv6 only.
    if (address === '::') return interfaceAddresses('IPv6');
    return [address];
  });
  return [...new Set(texts)].flatMap((text) => parseAddress(text) ?? []);
}

function interfaceAddresses(family: 'IPv4' | 'IPv6'): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const own = all
    .filter(({ family: of, address }) => of === family && !address.startsWith(IPV6_LINK_LOCAL))
    .toSorted((a, b) => Number(a.internal) - Number(b.internal));
  const outside = own.filter(({ internal }) => !internal);
  return (outside.length > 0 ? outside : own).map(({ address }) => address);
}
