/** A server that forwards every query to another one, as plainly as can be: what a loop is made with. */
import { createSocket } from 'node:dgram';
import { printResponse } from '../../support/records.ts';
import type { ReceivedQuery } from '../../support/upstream/query.ts';
import type { Reply } from '../../support/upstream/response.ts';

export class Relay {
  readonly #port: number;
  readonly #socket = createSocket('udp4');
  /** By the ID of the query under way. */
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #lastId = 0;

  constructor(port: number) {
    this.#port = port;
    this.#socket.on('message', (response) => {
      const id = response.readUInt16BE();
      this.#waiting.get(id)?.({ rcode: printResponse(response).status });
      this.#waiting.delete(id);
    });
  }

  /** Asks the other server, and answers with its RCODE; never where that does not answer. */
  readonly answer = (query: ReceivedQuery): Promise<Reply> => {
    const id = ++this.#lastId & 0xffff;
    const message = Buffer.from(query.message);
    message.writeUInt16BE(id);
    this.#socket.send(message, this.#port, '127.0.0.1');
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  };
}
