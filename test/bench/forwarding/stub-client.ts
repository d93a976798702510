/**
 * A client as pods have them: each query leaves from a port of its own, goes out again after 2.5 seconds as musl
 * does it, and is given up after ten. The time that counts is from the first sending to the first response.
 */
import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildQuery, printResponse } from '../../support/records.ts';
import { PAYLOAD_BYTES } from '../servers/query-file.ts';

const SEND_AGAIN_MS = 2500;
export const GIVE_UP_MS = 10_000;

export interface Outcome {
  /** Milliseconds until the response, or until it was given up. */
  readonly ms: number;
  /** Undefined without a response. */
  readonly rcode?: string;
  /** Codes of Extended DNS Errors. */
  readonly extendedErrors: readonly number[];
}

export class StubClient {
  readonly #port: number;
  readonly #sendsAgain: boolean;

  /** Asks a port of 127.0.0.1. */
  constructor(port: number, { sendsAgain = true } = {}) {
    this.#port = port;
    this.#sendsAgain = sendsAgain;
  }

  /** Asks `name TYPE`. */
  ask(question: string): Promise<Outcome> {
    const query = buildQuery(question, {
      id: Math.floor(Math.random() * 65_536),
      payloadBytes: PAYLOAD_BYTES,
    });
    const socket = createSocket({
      type: 'udp4',
      // Synchronous, so that a thousand sockets send at once.
      lookup: (name, _options, callback) => callback(null, name, 4),
    });
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const startedAt = performance.now();
    const send = () => socket.send(query, this.#port, '127.0.0.1');
    const again = this.#sendsAgain ? setInterval(send, SEND_AGAIN_MS) : undefined;
    const end = (response?: Uint8Array) => {
      clearInterval(again);
      clearTimeout(limit);
      socket.close();
      const ms = performance.now() - startedAt;
      if (response === undefined) return resolve({ ms, extendedErrors: [] });
      const { status, extendedErrors } = printResponse(response);
      resolve({ ms, rcode: status, extendedErrors });
    };
    const limit = setTimeout(end, GIVE_UP_MS);
    socket.once('message', (response) => end(response));
    send();
    return promise;
  }

  /** Asks one after the other. */
  async askInTurn(questions: readonly string[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const question of questions) outcomes.push(await this.ask(question));
    return outcomes;
  }

  /** Asks so many a second, whatever becomes of those before. */
  async askAtRate(questions: readonly string[], perSecond: number): Promise<Outcome[]> {
    const startedAt = performance.now();
    const outcomes: Promise<Outcome>[] = [];
    for (const question of questions) {
      const due = startedAt + (outcomes.length * 1000) / perSecond;
      const early = due - performance.now();
      if (early > 0) await sleep(early);
      outcomes.push(this.ask(question));
    }
    return Promise.all(outcomes);
  }

  askAtOnce(questions: readonly string[]): Promise<Outcome[]> {
    return Promise.all(questions.map((question) => this.ask(question)));
  }
}

/** Gives the share that were answered with NOERROR. */
export function answeredShare(outcomes: readonly Outcome[]): number {
  return outcomes.filter(({ rcode }) => rcode === 'NOERROR').length / outcomes.length;
}
