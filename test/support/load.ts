/**
 * A client that asks at a fixed rate and counts: which queries were answered, and how. Each has an ID of its own
 * among those that are under way, and is sent once: what is lost is lost.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildQuery } from './records.ts';

const TICK_MS = 2;
const BUFFER_BYTES = 4 << 20;

export interface LoadOptions {
  readonly port: number;
  readonly perSecond: number;
  /** Ports that are asked from, so that every responder has its share; 8 by default. */
  readonly clients?: number;
}

export class Load {
  sent = 0;
  answered = 0;
  /** Responses whose RCODE was not NOERROR. */
  failed = 0;
  #isEnding = false;
  readonly #ended: Promise<void>;

  /** Asks a question, or one of several after the other, until `stop()`. */
  constructor(questions: string | readonly string[], options: LoadOptions) {
    const queries = [questions].flat().map((question) => buildQuery(question));
    this.#ended = this.#run(queries, options);
  }

  /** Sends nothing more, and resolves when everything was answered, or nothing has come for half a second. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    await this.#ended;
  }

  async #run(
    queries: readonly Uint8Array[],
    { port, perSecond, clients = 8 }: LoadOptions,
  ): Promise<void> {
    const sockets = await Promise.all(
      Array.from({ length: clients }, async () => {
        const socket = createSocket({
          type: 'udp4',
          recvBufferSize: BUFFER_BYTES,
          lookup: (name, _options, callback) => callback(null, name, 4),
        });
        socket.on('message', (response) => {
          this.answered++;
          if ((response[3] & 15) !== 0) this.failed++;
        });
        // With a lookup that is synchronous, so is everything that bind() does.
        const listening = once(socket, 'listening');
        socket.bind(0, '127.0.0.1');
        await listening;
        return socket;
      }),
    );
    const startedAt = performance.now();
    while (!this.#isEnding) {
      const due = ((performance.now() - startedAt) * perSecond) / 1000;
      while (this.sent < due) {
        const id = this.sent & 0xffff;
        const message = Buffer.from(queries[this.sent % queries.length]);
        message.writeUInt16BE(id);
        sockets[this.sent % clients].send(message, port, '127.0.0.1');
        this.sent++;
      }
      await sleep(TICK_MS);
    }
    for (let before = -1; this.answered < this.sent && this.answered > before; ) {
      before = this.answered;
      await sleep(500);
    }
    for (const socket of sockets) socket.close();
  }
}
