/**
 * The nameservers of a resolv.conf, resolv.conf(5). In: its text; out: their addresses. Search path and options are
 * those of the stub resolvers of this machine, and no business of a forwarder.
 */
import { canonicalAddress } from '../dns/address.ts';

/** The C library takes three; whoever writes more means them for others. */
const MAX_NAMESERVERS = 15;

/** What the C library takes the unspecified address for. */
const LOOPBACK: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Gives the distinct addresses in canonical form and in their order, link-local ones with their scope. */
export function parseResolvConf(text: string): string[] {
  const addresses = new Set<string>();
  for (const line of text.split('\n')) {
    // Comments, options and whatever else there is begin otherwise.
    const [, word] = /^\s*nameserver\s+(\S+)/.exec(line) ?? [];
    const address = word === undefined ? undefined : canonicalAddress(word);
    if (address !== undefined) addresses.add(LOOPBACK[address] ?? address);
    if (addresses.size === MAX_NAMESERVERS) break;
  }
  return [...addresses];
}
