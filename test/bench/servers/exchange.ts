/** One question to one server, over UDP or TCP. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { buildQuery, type Printed, printResponse } from '../../support/records.ts';
import { PAYLOAD_BYTES } from './query-file.ts';
import type { Transport } from './questions.ts';

const HOST = '127.0.0.1';

export interface ExchangeOptions {
  readonly port: number;
  readonly transport: Transport;
  readonly limitMs: number;
}

/** Asks `name TYPE`; rejects where there is no response in time, or one that cannot be read. */
export async function exchange(question: string, options: ExchangeOptions): Promise<Printed> {
  const query = buildQuery(question, { payloadBytes: PAYLOAD_BYTES });
  const signal = AbortSignal.timeout(options.limitMs);
  const exchangeBytes = options.transport === 'udp' ? exchangeDatagram : exchangeOverTcp;
  return printResponse(await exchangeBytes(query, { port: options.port, signal }));
}

interface Target {
  readonly port: number;
  readonly signal: AbortSignal;
}

async function exchangeDatagram(query: Uint8Array, { port, signal }: Target): Promise<Uint8Array> {
  const socket = createSocket('udp4');
  try {
    // Connected, so that a port that nobody listens on is an error at once.
    socket.connect(port, HOST);
    await once(socket, 'connect', { signal });
    socket.send(query);
    const [response] = await once(socket, 'message', { signal });
    return response;
  } finally {
    socket.close();
  }
}

async function exchangeOverTcp(query: Uint8Array, { port, signal }: Target): Promise<Uint8Array> {
  const socket = connect(port, HOST);
  try {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(query.length);
    socket.write(Buffer.concat([length, query]));
    let received: Buffer<ArrayBufferLike> = Buffer.alloc(0);
    while (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) {
      const [chunk] = await once(socket, 'data', { signal });
      received = Buffer.concat([received, chunk]);
    }
    return received.subarray(2);
  } finally {
    socket.destroy();
  }
}
