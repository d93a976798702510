/** What an answer is, as rows of docs/differences.md speak of it. */
import type { Printed } from '../support/records.ts';
import { DOMAIN } from './cluster-objects.ts';
import { parseRr, type Rr } from './comparison.ts';
import { UPSTREAM } from './coredns.ts';

/** Those of `SERVICE_CIDR`: every /16 of 10.96.0.0/12, and fd00:96::/108. */
export const SERVICE_ZONES: readonly string[] = [
  ...Array.from({ length: 16 }, (_, i) => `${96 + i}.10.in-addr.arpa`),
  `${[...`fd000096${'0'.repeat(19)}`].reverse().join('.')}.ip6.arpa`,
];

/** Tells whether a name is another or below it; the other has no dot at the end. */
export function isIn(name: string, zone: string): boolean {
  const folded = name.toLowerCase();
  return folded === zone || folded.endsWith(`.${zone}`);
}

export function isInDomain(name: string): boolean {
  return isIn(name, DOMAIN);
}

export function isReverse(name: string): boolean {
  return isIn(name, 'in-addr.arpa') || isIn(name, 'ip6.arpa');
}

/** Gives the reverse zone of the service range that holds a name. */
export function serviceZoneOf(name: string): string | undefined {
  return SERVICE_ZONES.find((zone) => isIn(name, zone));
}

/** Gives the owner of the SOA of an answer that has nothing else, without the dot. */
export function deniedBy({ answer, authority, additional }: Printed): string | undefined {
  if (answer.length > 0 || additional.length > 0 || authority.length !== 1) return undefined;
  const { owner, type } = parseRr(authority[0]);
  return type === 'SOA' ? withoutDot(owner) : undefined;
}

/** NODATA of a zone. */
export function isNodata(response: Printed, zone: string = DOMAIN): boolean {
  return response.status === 'NOERROR' && deniedBy(response) === zone;
}

export function isNxdomain(response: Printed, zone: string = DOMAIN): boolean {
  return response.status === 'NXDOMAIN' && deniedBy(response) === zone;
}

export function isRefused({ status, answer, authority, additional }: Printed): boolean {
  return status === 'REFUSED' && [...answer, ...authority, ...additional].length === 0;
}

/** Tells whether CoreDNS passed the question on, and this is what came back. */
export function isFromUpstream({ answer, authority }: Printed): boolean {
  return (
    authority.map(parseRr).some(({ rdata }) => rdata.startsWith(UPSTREAM.mname)) ||
    (answer.length > 0 && answer.map(parseRr).every(({ rdata }) => rdata === UPSTREAM.address))
  );
}

export function typesOf(section: readonly string[]): Set<string> {
  return new Set(section.map((text) => parseRr(text).type));
}

export function recordsOf(section: readonly string[], type: string): Rr[] {
  return section.map(parseRr).filter((rr) => rr.type === type);
}

export function withoutDot(name: string): string {
  return name.replace(/\.$/, '');
}

/** A hundred is shared among the SRV records of an answer. */
export function withoutWeight(record: string): string {
  return record.replace(/ SRV 0 \d+ /, ' SRV 0 0 ');
}

/** Labels of a name below the cluster domain, folded. */
export function labelsOf(name: string): string[] {
  return name.toLowerCase().split('.');
}
