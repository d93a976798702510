/**
 * Endpoints as one text, a line each: 150,000 take 6 MB this way, and 40 MB as objects
 * (test/bench/source/kubernetes).
 *
 *   10.0.0.1 10.0.0.2|1|web-0|web-0      addresses, 1 where it is ready, hostname, Pod name
 */
import type { Endpoint } from './resources.ts';

const FIELD_END = '|';
const LINE_END = '\n';
const READY = 0x31;

export function packEndpoints(endpoints: readonly Endpoint[]): string {
  return endpoints.map(packEndpoint).join(LINE_END);
}

export function unpackEndpoints(packed: string): Endpoint[] {
  return packed === '' ? [] : packed.split(LINE_END).map(unpackEndpoint);
}

/** Goes from endpoint to endpoint and says where in the text each field stands, without making an object. */
export class EndpointCursor {
  text = '';
  addressesStart = 0;
  addressesEnd = 0;
  isReady = false;
  hostnameStart = 0;
  hostnameEnd = 0;
  podNameStart = 0;
  podNameEnd = 0;
  #next = 0;

  /** Begins before the first endpoint. */
  reset(packed: string): void {
    this.text = packed;
    this.#next = 0;
  }

  /** Moves to the next endpoint; false where there is none. */
  next(): boolean {
    const { text } = this;
    if (this.#next >= text.length) return false;
    this.addressesStart = this.#next;
    this.addressesEnd = text.indexOf(FIELD_END, this.#next);
    this.isReady = text.charCodeAt(this.addressesEnd + 1) === READY;
    this.hostnameStart = this.addressesEnd + 3;
    this.hostnameEnd = text.indexOf(FIELD_END, this.hostnameStart);
    this.podNameStart = this.hostnameEnd + 1;
    const end = text.indexOf(LINE_END, this.podNameStart);
    this.podNameEnd = end < 0 ? text.length : end;
    this.#next = this.podNameEnd + 1;
    return true;
  }
}

function packEndpoint({ addresses, ready, hostname, podName }: Endpoint): string {
  // Most have one address: an array for each is half of what packing costs.
  const list = addresses.length === 1 ? clean(addresses[0]) : addresses.map(clean).join(' ');
  return `${list}|${ready ? '1' : '0'}|${clean(hostname)}|${clean(podName)}`;
}

function unpackEndpoint(line: string): Endpoint {
  const [addresses, ready, hostname, podName] = line.split(FIELD_END);
  return {
    addresses: addresses === '' ? [] : addresses.split(' '),
    ready: ready === '1',
    hostname,
    podName,
  };
}

/** No address and no label has a separator in it; what has one names nothing. */
function clean(text: string): string {
  const isSeparated = text.includes('|') || text.includes(' ') || text.includes('\n');
  return isSeparated ? '' : text;
}
