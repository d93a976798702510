/**
 * The first label of an endpoint's name: Kubernetes DNS specification 1.1.0, section 2.4.1, with the names
 * that CoreDNS gives where the endpoint has no hostname of its own.
 */
import { MAX_LABEL_BYTES } from '../dns/constants.ts';
import type { Endpoint } from '../source/resources.ts';

export interface EndpointNameOptions {
  /** Use the Pod's name before the address. */
  readonly endpointPodNames: boolean;
}

/** Gives the hostname, else (if so configured) the Pod's name, else the address with dashes. */
export function endpointName(
  endpoint: Endpoint,
  address: string,
  options: EndpointNameOptions,
): string {
  if (endpoint.hostname !== '') return endpoint.hostname;
  if (options.endpointPodNames && isLabel(endpoint.podName)) return endpoint.podName;
  return dashedAddress(address);
}

/** Writes an address as one label: `10-244-0-7`, `fd00--1`; a label does not end with a dash. */
export function dashedAddress(address: string): string {
  const label = address.toLowerCase().replaceAll(/[.:]/g, '-');
  return label.endsWith('-') ? `${label}0` : label;
}

/** A Pod's name may hold dots, which would make it more than one label, and `targetRef` may hold anything. */
function isLabel(name: string): boolean {
  return name.length <= MAX_LABEL_BYTES && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name);
}
