/** Responses of an upstream: what is answered, in wire format for the client that asked. */
import packet, { type Answer, type Packet } from 'dns-packet';
import type { ReceivedQuery } from './query.ts';
import { parseRecord } from './record.ts';

/** Payload size that the upstream offers. */
const PAYLOAD_BYTES = 1232;
/** Of a datagram where the client says nothing of more (RFC 1035 section 4.2.1). */
const PLAIN_PAYLOAD_BYTES = 512;

/** What to answer; sections as lines of a zone file. */
export interface Reply {
  /** NOERROR by default. */
  readonly rcode?: string;
  readonly answers?: readonly string[];
  readonly authorities?: readonly string[];
  readonly additionals?: readonly string[];
  /** The response is from the zone itself: AA, as an authority sets it and a resolver does not. */
  readonly isAuthoritative?: boolean;
  /** Extended DNS Errors (RFC 8914), by their code. */
  readonly extendedErrors?: readonly number[];
}

const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

/** Builds a response, whatever its size. */
export function buildResponse(query: ReceivedQuery, reply: Reply): Buffer {
  const rcode = RCODES.indexOf(reply.rcode ?? 'NOERROR');
  if (rcode === -1) throw new Error(`Cannot build response: no RCODE "${reply.rcode}"`);
  const additionals = (reply.additionals ?? []).map(parseRecord);
  if (query.edns) additionals.push(buildOpt(query.edns.dnssecOk, reply.extendedErrors ?? []));
  const asked = query.flags.split(' ');
  return packet.encode({
    type: 'response',
    id: query.id,
    flags:
      rcode |
      packet.RECURSION_AVAILABLE |
      (asked.includes('rd') ? packet.RECURSION_DESIRED : 0) |
      (asked.includes('cd') ? packet.CHECKING_DISABLED : 0) |
      (reply.isAuthoritative ? packet.AUTHORITATIVE_ANSWER : 0),
    questions: [{ name: query.name, type: query.type, class: query.class }],
    answers: (reply.answers ?? []).map(parseRecord),
    authorities: (reply.authorities ?? []).map(parseRecord),
    additionals,
  } as unknown as Packet);
}

/** Gives the response as it goes out over UDP: without a record and with TC where the client has no room for it. */
export function fitDatagram(response: Buffer, query: ReceivedQuery): Buffer {
  const limit = Math.max(query.edns?.payloadBytes ?? 0, PLAIN_PAYLOAD_BYTES);
  return response.length <= limit ? response : truncate(response);
}

/** Takes all records but OPT out of a response, and sets TC. */
export function truncate(response: Buffer): Buffer {
  const decoded = packet.decode(response);
  return rebuild(response, {
    flags: (decoded.flags ?? 0) | packet.TRUNCATED_RESPONSE,
    answers: [],
    authorities: [],
    additionals: (decoded.additionals ?? []).filter(({ type }) => type === 'OPT'),
  });
}

/** Builds a message again with some of it replaced. */
export function rebuild(message: Buffer, changes: Packet): Buffer {
  const decoded = packet.decode(message);
  // The RCODE is in the flags, which dns-packet takes whole.
  return packet.encode({ ...decoded, ...changes, type: 'response' } as Packet);
}

function buildOpt(dnssecOk: boolean, extendedErrors: readonly number[]): Answer {
  const options = extendedErrors.map((code) => ({
    code: 15,
    data: Buffer.from([code >> 8, code & 255]),
  }));
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize: PAYLOAD_BYTES,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: dnssecOk ? packet.DNSSEC_OK : 0,
    flag_do: dnssecOk,
    options,
  } as unknown as Answer;
}
