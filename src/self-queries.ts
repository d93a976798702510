/**
 * Queries that the main thread sends to its own responders, each on a socket of that responder's own, so that it is
 * known of each whether it answers: which responder gets a query to the shared port is the kernel's choice.
 */
import { createSocket, type Socket } from 'node:dgram';
import { CLASS_IN, HEADER_BYTES, TYPE } from './dns/constants.ts';
import type { WireName } from './dns/name.ts';

const LOOPBACK = '127.0.0.1';
/** The ID of a query: the responder's number, and a byte that each query counts up. */
const MAX_COUNT = 0xff;

interface Asked {
  count: number;
  isAnswered: boolean;
}

export class SelfQueries {
  readonly #socket: Socket;
  readonly #query: Buffer;
  /** What was asked last, by responder; nothing where it could not be sent. */
  readonly #asked = new Map<number, Asked>();
  #count = 0;

  /** `name` is what is asked for; any response will do. */
  constructor(name: WireName) {
    this.#query = buildQuery(name);
    this.#socket = createSocket('udp4');
    this.#socket.unref();
    // What the socket reports belongs to no responder.
    this.#socket.on('error', () => {});
    this.#socket.on('message', (response) => this.#receive(response));
  }

  /** Tells whether responder `index` answered what it was asked last, undefined where it was not, and asks anew. */
  ask(index: number, port: number): boolean | undefined {
    const before = this.#asked.get(index)?.isAnswered;
    this.#asked.delete(index);
    if (port === 0) return before;
    const query = Buffer.from(this.#query);
    this.#count = (this.#count + 1) & MAX_COUNT;
    const asked = { count: this.#count, isAnswered: false };
    query[0] = index;
    query[1] = asked.count;
    this.#socket.send(query, port, LOOPBACK, (error) => {
      if (error !== null) this.#asked.delete(index);
    });
    this.#asked.set(index, asked);
    return before;
  }

  close(): void {
    this.#socket.close();
  }

  #receive(response: Buffer): void {
    const asked = this.#asked.get(response[0]);
    if (asked?.count === response[1]) asked.isAnswered = true;
  }
}

function buildQuery(name: WireName): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(1, 4);
  return Buffer.concat([header, name, Buffer.of(0, TYPE.SOA, 0, CLASS_IN)]);
}
