/** What an upstream has received, as tests look at it. */
import packet, { type DecodedPacket } from 'dns-packet';
import { printFlags } from '../records.ts';

export type Transport = 'udp' | 'tcp' | 'tls';

export interface Client {
  readonly transport: Transport;
  readonly address: string;
  readonly port: number;
  /** Server name that the client has asked for in the TLS handshake. */
  readonly serverName?: string;
}

export interface Edns {
  readonly version: number;
  readonly payloadBytes: number;
  readonly dnssecOk: boolean;
  readonly options: readonly { readonly code: number; readonly data: Buffer }[];
}

export interface ReceivedQuery {
  readonly client: Client;
  readonly id: number;
  readonly opcode: string;
  /** Such as `rd cd`. */
  readonly flags: string;
  /** As it came, upper and lower case kept, without a dot at its end. */
  readonly name: string;
  readonly type: string;
  readonly class: string;
  readonly edns?: Edns;
  /** The whole message. */
  readonly message: Buffer;
  /** By `performance.now()`. */
  readonly receivedAtMs: number;
}

/** Reads a query; throws where it is not one question and at most one OPT record, or where bytes are left over. */
export function decodeQuery(message: Buffer, client: Client): ReceivedQuery {
  const decoded: DecodedPacket & { opcode?: string } = packet.decode(message);
  const { questions = [], answers = [], authorities = [], additionals = [] } = decoded;
  if (packet.decode.bytes !== message.length) throw new Error('Cannot read query: bytes left over');
  if (decoded.type !== 'query' || questions.length !== 1) throw new Error('Cannot read query');
  if (answers.length + authorities.length > 0 || additionals.length > 1) {
    throw new Error('Cannot read query: it carries records');
  }
  const [{ name, type, class: klass = 'IN' }] = questions;
  const edns = additionals.length === 1 ? decodeEdns(additionals[0]) : undefined;
  return {
    client,
    id: decoded.id ?? 0,
    opcode: decoded.opcode ?? 'QUERY',
    flags: printFlags(decoded),
    name,
    type,
    class: klass,
    ...(edns && { edns }),
    message,
    receivedAtMs: performance.now(),
  };
}

function decodeEdns(record: object): Edns {
  const opt = record as {
    type: string;
    ednsVersion: number;
    udpPayloadSize: number;
    flag_do: boolean;
    options: { code: number; data: Buffer }[];
  };
  if (opt.type !== 'OPT') throw new Error(`Cannot read query: it carries a record, ${opt.type}`);
  return {
    version: opt.ednsVersion,
    payloadBytes: opt.udpPayloadSize,
    dnssecOk: opt.flag_do,
    options: opt.options.map(({ code, data }) => ({ code, data })),
  };
}
