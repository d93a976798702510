/**
 * Queries that the main thread sends to its own responders, each on a socket of that responder's own, so that it is
 * known of each whether it answers: which responder gets a query to the shared port is the kernel's choice.
 */
import { createSocket, type Socket } from 'node:dgram';
import { CLASS_IN, HEADER_BYTES, TYPE } from './dns/constants.ts';
import type { WireName } from './dns/name.ts';

const LOOPBACK = '127.0.0.1';

interface Asked {
  readonly port: number;
  isAnswered: boolean;
}

export class SelfQueries {
  readonly #socket: Socket;
  readonly #query: Buffer;
  /** Whom we asked last, by number; nothing where it could not be sent. */
  readonly #asked = new Map<number, Asked>();

  /** `name` is what is asked for; any response will do. */
  constructor(name: WireName) {
    this.#query = buildQuery(name);
    this.#socket = createSocket('udp4');
    this.#socket.unref();
    // What the socket reports belongs to no responder; where it cannot be had, nothing can be sent.
    this.#socket.on('error', () => {});
    this.#socket.on('message', (response, { port }) => this.#receive(response, port));
    this.#socket.bind(0, LOOPBACK);
  }

  /**
   * Tells whether responder `index` has answered anything since it was asked, undefined where it was not, and asks
   * anew on its port; 0 is none. An answer to an earlier query is as good a sign: a busy one is late.
   */
  ask(index: number, port: number): boolean | undefined {
    const before = this.#asked.get(index)?.isAnswered;
    this.#asked.delete(index);
    if (port === 0) return before;
    const query = Buffer.from(this.#query);
    query[0] = index;
    this.#socket.send(query, port, LOOPBACK, (error) => {
      if (error !== null) this.#asked.delete(index);
    });
    this.#asked.set(index, { port, isAnswered: false });
    return before;
  }

  close(): void {
    this.#socket.close();
  }

  #receive(response: Buffer, port: number): void {
    const asked = this.#asked.get(response[0]);
    if (asked?.port === port) asked.isAnswered = true;
  }
}

function buildQuery(name: WireName): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(1, 4);
  return Buffer.concat([header, name, Buffer.of(0, TYPE.SOA, 0, CLASS_IN)]);
}
