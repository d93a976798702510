/**
 * Parts of the first label of an endpoint's or a Pod's name: Kubernetes DNS specification 1.1.0, section 2.4.1, with
 * the names that CoreDNS gives where an endpoint has no hostname of its own.
 */
import { MAX_LABEL_BYTES } from '../dns/constants.ts';
import { foldCase } from '../dns/name.ts';

export interface EndpointNameOptions {
  /** Use the Pod's name before the address. */
  readonly endpointPodNames: boolean;
}

const DASH = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;

/**
 * Writes an address as one label, `10-244-0-7` or `fd00--1`, and gives its length; a label does not end with a dash.
 * Not an options object: called for every endpoint.
 */
export function writeDashed(
  address: string,
  start: number,
  end: number,
  bytes: Uint8Array,
  at: number,
): number {
  let length = end - start;
  for (let i = 0; i < length; i++) {
    const code = address.charCodeAt(start + i);
    bytes[at + i] = code === DOT || code === COLON ? DASH : foldCase(code);
  }
  if (length > 0 && bytes[at + length - 1] === DASH) bytes[at + length++] = ZERO;
  return length;
}

/** Gives an address as one label. */
export function dashedAddress(address: string): string {
  const bytes = new Uint8Array(address.length + 1);
  const length = writeDashed(address, 0, address.length, bytes, 0);
  return Buffer.from(bytes.buffer, 0, length).toString('latin1');
}

/** Tells whether a Pod's name is one label: it may hold dots, and `targetRef` may hold anything. */
export function isPodLabel(name: string): boolean {
  return name.length <= MAX_LABEL_BYTES && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name);
}
