/** Many questions to one server, over one UDP socket or one TCP connection at a time. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildQuery, type Printed, printResponse } from '../support/records.ts';
import { TcpClient } from '../support/tcp-client.ts';
import type { Question } from './questions.ts';

const HOST = '127.0.0.1';
/** Few enough for the kernel to hold all of their responses. */
const IN_FLIGHT = 64;
/** A datagram may be lost where the machine is busy. */
const ATTEMPTS = 5;
const ATTEMPT_MS = 2000;

/** Asks all questions, in the order of the responses; rejects where one is not answered. */
export async function exchangeAll(
  questions: readonly Question[],
  port: number,
): Promise<Printed[]> {
  const responses: Printed[] = [];
  for (let from = 0; from < questions.length; from += IN_FLIGHT) {
    const some = questions.slice(from, from + IN_FLIGHT);
    // Their places among all, as IDs: 0 is one of them.
    const overUdp = some.flatMap(({ form }, id) => (form.transport === 'udp' ? [id] : []));
    const overTcp = some.flatMap(({ form }, id) => (form.transport === 'tcp' ? [id] : []));
    const queries = some.map(({ name, type, form }, id) =>
      buildQuery(`${name} ${type}`, { ...form.options, id }),
    );
    const received = new Map<number, Uint8Array>();
    await exchangeDatagrams({ queries, ids: overUdp, received, port });
    await exchangeOverTcp({ queries, ids: overTcp, received, port });
    for (const [id, { name, type, form }] of some.entries()) {
      const response = received.get(id);
      if (response === undefined) {
        throw new Error(`Cannot get an answer from port ${port}: ${name} ${type}, ${form.name}`);
      }
      responses.push(printResponse(response));
    }
  }
  return responses;
}

interface Exchange {
  readonly queries: readonly Uint8Array[];
  /** Of the queries that are sent. */
  readonly ids: readonly number[];
  readonly received: Map<number, Uint8Array>;
  readonly port: number;
}

async function exchangeDatagrams({ queries, ids, received, port }: Exchange): Promise<void> {
  if (ids.length === 0) return;
  const socket = createSocket('udp4');
  try {
    const all = new Promise<void>((resolve) => {
      socket.on('message', (message) => {
        received.set(message.readUInt16BE(0), message);
        if (ids.every((id) => received.has(id))) resolve();
      });
    });
    socket.connect(port, HOST);
    await once(socket, 'connect');
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      for (const id of ids) if (!received.has(id)) socket.send(queries[id]);
      const isOver = await Promise.race([all.then(() => true), sleep(ATTEMPT_MS, false)]);
      if (isOver) return;
    }
  } finally {
    socket.close();
  }
}

async function exchangeOverTcp({ queries, ids, received, port }: Exchange): Promise<void> {
  if (ids.length === 0) return;
  const client = await TcpClient.connect({ address: HOST, port, family: 'IPv4' });
  try {
    client.send(...ids.map((id) => queries[id]));
    for (const response of await client.receive(ids.length)) {
      received.set(response.readUInt16BE(0), response);
    }
  } finally {
    client.socket.destroy();
  }
}
