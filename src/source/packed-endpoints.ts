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
const NOT_READY = 0x30;
const BAR = 0x7c;
const BLANK = 0x20;
const LINE_FEED = 0x0a;
const FIRST_BYTES = 4096;

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

/** Writes endpoints from bytes, as `packEndpoints()` does from objects, so that one text is all that is made. */
export class EndpointPacker {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #end = 0;
  #addresses = 0;

  begin(): void {
    this.#end = 0;
    this.#addresses = 0;
  }

  beginEndpoint(): void {
    if (this.#end > 0) this.#put(LINE_FEED);
    this.#addresses = 0;
  }

  addAddress(source: Uint8Array, start: number, end: number): void {
    if (this.#addresses++ > 0) this.#put(BLANK);
    this.#putText(source, start, end);
  }

  /** Ends the addresses; a hostname and a Pod's name follow. */
  putReady(isReady: boolean): void {
    this.#put(BAR);
    this.#put(isReady ? READY : NOT_READY);
  }

  putName(source: Uint8Array, start: number, end: number): void {
    this.#put(BAR);
    this.#putText(source, start, end);
  }

  /** Gives the text of all endpoints since `begin()`. */
  text(): string {
    return this.#bytes.toString('utf8', 0, this.#end);
  }

  /** As `clean()`: a text with a separator in it names nothing. */
  #putText(source: Uint8Array, start: number, end: number): void {
    const from = this.#end;
    for (let i = start; i < end; i++) {
      const byte = source[i];
      if (byte === BAR || byte === BLANK || byte === LINE_FEED) {
        this.#end = from;
        return;
      }
      this.#put(byte);
    }
  }

  #put(byte: number): void {
    if (this.#end === this.#bytes.length) {
      const next = Buffer.allocUnsafeSlow(this.#bytes.length * 2);
      this.#bytes.copy(next);
      this.#bytes = next;
    }
    this.#bytes[this.#end++] = byte;
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
