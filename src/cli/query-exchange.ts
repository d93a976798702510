/**
 * Asks a server one question. In: the question, the server, a time limit; out: the first response that is to this
 * question, a truncated one asked again by TCP. RFC 5452 section 9.1: a response counts if address, port, ID and
 * question are those of the query; whatever else arrives is passed over until the time is up.
 *
 * dns2 writes and reads the messages. Its own clients do not do: they compare no question, end at the first message
 * with the right ID, cannot reach IPv6 by TCP nor give TCP a time limit, and ask without EDNS, so that a server
 * cannot say what is wrong (RFC 8914).
 */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, isIPv6 } from 'node:net';
import { Packet } from 'dns2';
import type { SocketAddress } from '../config/configuration.ts';
import { CLASS_IN, EDNS_UDP_BYTES } from '../dns/constants.ts';

export interface Exchange {
  /** Without the final dot. */
  readonly name: string;
  readonly type: number;
  readonly server: SocketAddress;
  /** For everything together. */
  readonly timeoutMs: number;
  readonly tcp: boolean;
}

export interface Response {
  readonly message: Packet;
  readonly bytes: number;
  readonly protocol: 'UDP' | 'TCP';
  readonly elapsedMs: number;
}

/** No response within the time limit, or none possible; `cause` is the system's error, if there was one. */
export class NoResponseError extends Error {
  readonly code = 'ERR_NO_RESPONSE';
  override readonly name = 'NoResponseError';
}

/** Asks, and gives the response; rejects with NoResponseError. */
export async function exchange({
  name,
  type,
  server,
  timeoutMs,
  tcp,
}: Exchange): Promise<Response> {
  const start = performance.now();
  const signal = AbortSignal.timeout(timeoutMs);
  const query = new Packet();
  query.header.id = randomInt(0x10000);
  query.header.rd = 1;
  query.questions.push(new Packet.Question(name, type, CLASS_IN));
  query.additionals.push(Packet.Resource.EDNS([], { udpPayloadSize: EDNS_UDP_BYTES }));
  const asked: Asked = { query, server, signal };
  try {
    const first = tcp ? await askTcp(asked) : await askUdp({ ...asked, resendMs: timeoutMs / 2 });
    const isTruncated = !tcp && first.message.header.tc === 1;
    const response = isTruncated ? await askTcp(asked) : first;
    const protocol = tcp || isTruncated ? 'TCP' : 'UDP';
    return { ...response, protocol, elapsedMs: performance.now() - start };
  } catch (cause) {
    const { message } = cause as Error;
    const reason = signal.aborted ? `nothing came within ${timeoutMs} ms` : message;
    throw new NoResponseError(reason, { cause });
  }
}

interface Asked {
  readonly query: Packet;
  readonly server: SocketAddress;
  readonly signal: AbortSignal;
}

interface Received {
  readonly message: Packet;
  readonly bytes: number;
}

async function askUdp({
  query,
  server,
  signal,
  resendMs,
}: Asked & { resendMs: number }): Promise<Received> {
  const socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4');
  const bytes = query.toBuffer();
  let resend: NodeJS.Timeout | undefined;
  try {
    const response = new Promise<Received>((resolve, reject) => {
      socket.on('error', reject);
      signal.addEventListener('abort', () => reject(signal.reason));
      socket.on('message', (received) => {
        const message = readResponse(received, query);
        if (message !== undefined) resolve({ message, bytes: received.length });
      });
    });
    socket.on('connect', () => {
      socket.send(bytes);
      // A datagram may get lost: once more while there is time.
      resend = setTimeout(() => socket.send(bytes), resendMs);
    });
    // A connected socket takes nothing from anybody else, and learns that nobody listens.
    socket.connect(server.port, server.address);
    return await response;
  } finally {
    clearTimeout(resend);
    socket.close();
  }
}

async function askTcp({ query, server, signal }: Asked): Promise<Received> {
  const socket = connect({ host: server.address, port: server.port });
  socket.on('error', () => {}); // Whoever waits for the socket is told, too.
  signal.addEventListener('abort', () => socket.destroy(signal.reason));
  try {
    await once(socket, 'connect', { signal });
    const bytes = query.toBuffer();
    socket.write(Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length), bytes]));
    for (;;) {
      const received = await Packet.readStream(socket);
      const message = readResponse(received, query);
      if (message !== undefined) return { message, bytes: received.length };
    }
  } finally {
    socket.destroy();
  }
}

/** Gives the message if it is a response to the query. */
function readResponse(bytes: Buffer, query: Packet): Packet | undefined {
  let message: Packet;
  try {
    message = Packet.parse(bytes);
  } catch {
    return undefined;
  }
  const { header, questions } = message;
  if (header.qr !== 1 || header.id !== query.header.id) return undefined;
  // An error may come without the question, RFC 1035 section 4.1.1 (FORMERR).
  if (questions.length === 0) return header.rcode === 0 ? undefined : message;
  const [asked] = query.questions;
  const [question] = questions;
  const isSame =
    questions.length === 1 &&
    question.type === asked.type &&
    question.class === asked.class &&
    question.name.toLowerCase() === asked.name.toLowerCase();
  return isSame ? message : undefined;
}
