/**
 * What virtual IPs a Service is to have: its families in order, and the addresses that it names itself.
 */
import { isIPv4 } from 'node:net';
import { formatAddress, parseAddress } from '../../dns/address.ts';
import type { IpFamily } from '../resources.ts';
import type { VipRequest } from './decode-service.ts';
import { describe } from './field.ts';
import type { Mistake } from './problem.ts';

export interface VipPlan {
  /** Primary first; each gets one address. */
  readonly families: readonly IpFamily[];
  /** In the form of RFC 5952, so that equal addresses are equal texts. */
  readonly named: ReadonlyMap<IpFamily, string>;
}

/** Settles families as the API server does; `configured` are those that have a range, primary first. */
export function planVips(
  request: VipRequest,
  configured: readonly IpFamily[],
): VipPlan | { readonly mistakes: readonly Mistake[] } {
  const named = new Map(request.given.map((address) => [familyOf(address), canonical(address)]));
  const isPossible = (family: IpFamily) => named.has(family) || configured.includes(family);
  const said = [...new Set([...request.families, ...named.keys()])];
  const chosen = said.length > 0 ? said : configured.slice(0, 1);
  const all = request.policy === 'SingleStack' ? chosen : withBoth(chosen);
  const possible = all.filter(isPossible);
  // Who prefers both families makes do with the first.
  const required = request.policy === 'PreferDualStack' ? all.slice(0, 1) : all;
  if (all.length > 0 && required.every(isPossible)) return { families: possible, named };
  const expected = `families that service addresses are configured for (${configured.join(', ') || 'none'})`;
  return { mistakes: [{ path: 'spec.ipFamilies', expected, received: describe(all) }] };
}

/** Tells the family of an address. */
export function familyOf(address: string): IpFamily {
  return isIPv4(address) ? 'IPv4' : 'IPv6';
}

function withBoth(families: readonly IpFamily[]): readonly IpFamily[] {
  if (families.length === 2) return families;
  return families[0] === 'IPv6' ? ['IPv6', 'IPv4'] : ['IPv4', 'IPv6'];
}

function canonical(address: string): string {
  const bytes = parseAddress(address);
  return bytes === undefined ? address : formatAddress(bytes);
}
