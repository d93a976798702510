/** Values that are one of a few; anything else is an object of which nothing can be served. */
import type { IpFamily, Protocol, ServiceType } from '../../resources.ts';
import { ObjectError } from '../object-error.ts';

export const SERVICE_TYPES: readonly ServiceType[] = [
  'ClusterIP',
  'NodePort',
  'LoadBalancer',
  'ExternalName',
];
export const IP_FAMILIES: readonly IpFamily[] = ['IPv4', 'IPv6'];
export const ADDRESS_TYPES: readonly (IpFamily | 'FQDN')[] = ['IPv4', 'IPv6', 'FQDN'];
export const PROTOCOLS: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];

/** Gives the word that a text is; throws ObjectError where it is none of them. */
export function wordOf<T extends string>(words: readonly T[], text: string): T {
  for (const word of words) if (word === text) return word;
  throw new ObjectError(`expected one of ${words.join(', ')}: received "${text}"`);
}

/** Gives a port as it is; throws ObjectError where it is none. */
export function portNumber(port: number): number {
  if (port >= 1 && port <= 65_535) return port;
  throw new ObjectError(`expected a port from 1 to 65535: received ${port}`);
}
