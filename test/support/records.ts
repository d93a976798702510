/** Messages as `dig` prints them: questions in, sections out, through dns-packet, which is not ours. */
import packet, { type Answer, type DecodedPacket, type Packet } from 'dns-packet';

export interface QuestionOptions {
  id?: number;
  flags?: number;
  class?: string;
  opcode?: number;
  /** UDP payload size; without it the query has no OPT record. */
  payloadBytes?: number;
  dnssecOk?: boolean;
}

/** A response in presentation format. */
export interface Printed {
  status: string;
  /** Such as `qr aa rd`. */
  flags: string;
  question: string[];
  answer: string[];
  authority: string[];
  additional: string[];
  /** Payload size of the OPT record, 0 without one. */
  payloadBytes: number;
  /** Codes of Extended DNS Errors. */
  extendedErrors: number[];
  bytes: number;
}

/** Builds a query in wire format from `name TYPE`. */
export function buildQuery(text: string, options: QuestionOptions = {}): Uint8Array {
  const [name, type = 'A'] = text.split(' ');
  const { id = 4711, flags = packet.RECURSION_DESIRED, payloadBytes, dnssecOk = false } = options;
  const additionals =
    payloadBytes === undefined
      ? []
      : [
          {
            type: 'OPT',
            name: '.',
            udpPayloadSize: payloadBytes,
            flags: dnssecOk ? packet.DNSSEC_OK : 0,
            extendedRcode: 0,
            ednsVersion: 0,
            flag_do: dnssecOk,
            options: [],
          },
        ];
  return new Uint8Array(
    packet.encode({
      type: 'query',
      id,
      flags,
      questions: [{ name, type, class: options.class ?? 'IN' }],
      additionals,
    } as unknown as Packet),
  );
}

const FLAG_NAMES = [
  ['flag_qr', 'qr'],
  ['flag_aa', 'aa'],
  ['flag_tc', 'tc'],
  ['flag_rd', 'rd'],
  ['flag_ra', 'ra'],
  ['flag_ad', 'ad'],
  ['flag_cd', 'cd'],
] as const;

/** Prints a response; throws where dns-packet cannot read it to the last byte. */
export function printResponse(bytes: Uint8Array): Printed {
  const decoded: DecodedPacket & { rcode?: string } = packet.decode(Buffer.from(bytes));
  if (packet.decode.bytes !== bytes.length) {
    throw new Error(`dns-packet read ${packet.decode.bytes} of ${bytes.length} bytes`);
  }
  const additionals = decoded.additionals ?? [];
  const opt = additionals.find((record) => record.type === 'OPT') as
    | { udpPayloadSize: number; options: { code: number; data: Buffer }[] }
    | undefined;
  return {
    status: String(decoded.rcode),
    flags: printFlags(decoded),
    question: (decoded.questions ?? []).map(
      ({ name, type, class: klass }) => `${dotted(name)} ${klass ?? 'IN'} ${type}`,
    ),
    answer: (decoded.answers ?? []).map(printRecord),
    authority: (decoded.authorities ?? []).map(printRecord),
    additional: additionals.filter((record) => record.type !== 'OPT').map(printRecord),
    payloadBytes: opt?.udpPayloadSize ?? 0,
    extendedErrors: (opt?.options ?? [])
      .filter(({ code }) => code === 15)
      .map(({ data }) => data.readUInt16BE(0)),
    bytes: bytes.length,
  };
}

/** Prints the flags of a message that are set. */
export function printFlags(decoded: DecodedPacket): string {
  return FLAG_NAMES.filter(([key]) => decoded[key])
    .map(([, name]) => name)
    .join(' ');
}

function printRecord(record: Answer): string {
  const { name, ttl, type, data } = record as {
    name: string;
    ttl: number;
    type: string;
    data: unknown;
  };
  return `${dotted(name)} ${ttl} IN ${type} ${printRdata(type, data)}`;
}

function printRdata(type: string, data: unknown): string {
  switch (type) {
    case 'SOA': {
      const soa = data as Record<string, number | string>;
      const names = `${dotted(String(soa.mname))} ${dotted(String(soa.rname))}`;
      return `${names} ${soa.serial} ${soa.refresh} ${soa.retry} ${soa.expire} ${soa.minimum}`;
    }
    case 'SRV': {
      const srv = data as { priority?: number; weight?: number; port: number; target: string };
      return `${srv.priority ?? 0} ${srv.weight ?? 0} ${srv.port} ${dotted(srv.target)}`;
    }
    case 'TXT':
      return (data as Buffer[]).map((text) => `"${text.toString()}"`).join(' ');
    case 'A':
    case 'AAAA':
      return String(data);
    default:
      return dotted(String(data));
  }
}

function dotted(name: string): string {
  return name.endsWith('.') ? name : `${name}.`;
}
