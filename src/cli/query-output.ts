/**
 * A response as text, in the manner of dig. In: what dns2 read; out: lines in presentation format, RFC 1035
 * section 5.1, unknown types as RFC 3597 section 5 writes them.
 *
 * What comes from the network is escaped, since a terminal obeys control characters. A dot within a label cannot be
 * told from one between labels: dns2 joins them.
 */
import type DNS2 from 'dns2';
import { Packet } from 'dns2';
import type { SocketAddress } from '../config/configuration.ts';
import type { Response } from './query-exchange.ts';

/** Types that dns2 has no name for. */
const FURTHER_TYPES: Readonly<Record<string, number>> = { NAPTR: 35, DS: 43, SVCB: 64, HTTPS: 65 };
/** OPT is a pseudo-record, RFC 6891 section 6.1.1; dns2 calls it EDNS. */
const OPT = 41;

/** Parses a type by its name or as `TYPE65`; undefined where there is none. */
export function parseType(text: string): number | undefined {
  const name = text.toUpperCase();
  const [, digits] = /^TYPE([1-9]\d{0,4})$/.exec(name) ?? [];
  if (digits !== undefined) return Number(digits) <= 0xffff ? Number(digits) : undefined;
  if (Object.hasOwn(FURTHER_TYPES, name)) return FURTHER_TYPES[name];
  const types: Readonly<Record<string, number>> = Packet.TYPE;
  return name !== 'EDNS' && Object.hasOwn(types, name) ? types[name] : undefined;
}

/** Formats the whole response. */
export function formatResponse(response: Response, server: SocketAddress): string {
  const { message, protocol, bytes, elapsedMs } = response;
  return [
    ...formatHeader(message),
    ...formatOpt(message),
    '',
    ';; QUESTION SECTION:',
    ...message.questions.map(({ name, type }) => `;${formatName(name)}\tIN\t${formatType(type)}`),
    ...formatSection('ANSWER', message.answers),
    ...formatSection('AUTHORITY', message.authorities),
    ...formatSection(
      'ADDITIONAL',
      message.additionals.filter(({ type }) => type !== OPT),
    ),
    '',
    `;; Query time: ${Math.round(elapsedMs)} msec`,
    `;; SERVER: ${server.address}#${server.port} (${protocol})`,
    `;; MSG SIZE  rcvd: ${bytes}`,
  ].join('\n');
}

/** Formats the data of the answers alone, one record a line. */
export function formatAnswerData({ message }: Response): string {
  return message.answers.map(formatData).join('\n');
}

/** Gives the name of the response's RCODE, whose upper bits are in the OPT record. */
export function responseCode(message: Packet): string {
  const upper = message.additionals.find(({ type }) => type === OPT)?.extendedRcode ?? 0;
  const code = (upper << 4) | message.header.rcode;
  const [name] = Object.entries(Packet.RCODE).find(([, number]) => number === code) ?? [];
  return name ?? `RCODE${code}`;
}

function formatHeader(message: Packet): string[] {
  const { header, questions, answers, authorities, additionals, errors } = message;
  const flags = (['qr', 'aa', 'tc', 'rd', 'ra'] as const).filter((flag) => header[flag] === 1);
  const counts = [
    `QUERY: ${questions.length}`,
    `ANSWER: ${answers.length}`,
    `AUTHORITY: ${authorities.length}`,
    `ADDITIONAL: ${additionals.length}`,
  ];
  return [
    `;; ->>HEADER<<- opcode: QUERY, status: ${responseCode(message)}, id: ${header.id}`,
    `;; flags: ${flags.join(' ')}; ${counts.join(', ')}`,
    ...(errors.length > 0 ? [`;; WARNING: ${errors.length} parts could not be read`] : []),
  ];
}

function formatOpt({ additionals }: Packet): string[] {
  const opt = additionals.find(({ type }) => type === OPT);
  if (opt === undefined) return [];
  const lines = [
    '',
    ';; OPT PSEUDOSECTION:',
    `; EDNS: version: ${opt.version}, flags:${opt.doFlag ? ' do' : ''}; udp: ${opt.class}`,
  ];
  for (const option of opt.rdata ?? []) {
    if (isExtendedError(option)) lines.push(`; EDE: ${formatExtendedError(option)}`);
  }
  return lines;
}

function isExtendedError(option: DNS2.Packet.EdnsOption): option is DNS2.Packet.EdeOption {
  return option.ednsCode === Packet.EDNS_OPTION_CODE.EDE;
}

/** `14 (Not Ready): text`, RFC 8914. */
function formatExtendedError({ infoCode, extraText }: DNS2.Packet.EdeOption): string {
  const words = Packet.EDE_NAME[infoCode]?.toLowerCase().replaceAll('_', ' ');
  const name = words?.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
  const text = extraText ? `: ${quoteText(extraText)}` : '';
  return `${infoCode}${name === undefined ? '' : ` (${name})`}${text}`;
}

function formatSection(title: string, records: readonly DNS2.Packet.Resource[]): string[] {
  if (records.length === 0) return [];
  return ['', `;; ${title} SECTION:`, ...records.map(formatRecord)];
}

function formatRecord(record: DNS2.Packet.Resource): string {
  const { name, ttl, type } = record;
  return [formatName(name), ttl, 'IN', formatType(type), formatData(record)].join('\t');
}

function formatData(record: DNS2.Packet.Resource): string {
  switch (record.type) {
    case Packet.TYPE.A:
    case Packet.TYPE.AAAA:
      return record.address ?? '';
    case Packet.TYPE.CNAME:
    case Packet.TYPE.PTR:
      return formatName(record.domain);
    case Packet.TYPE.NS:
      return formatName(record.ns);
    case Packet.TYPE.MX:
      return `${record.priority} ${formatName(record.exchange)}`;
    case Packet.TYPE.SRV:
      return `${record.priority} ${record.weight} ${record.port} ${formatName(record.target)}`;
    case Packet.TYPE.TXT:
      return [record.data ?? '']
        .flat()
        .map((text) => quoteText(String(text)))
        .join(' ');
    case Packet.TYPE.SOA: {
      const { primary, admin, serial, refresh, retry, expiration, minimum } = record;
      const numbers = [serial, refresh, retry, expiration, minimum];
      return [formatName(primary), formatName(admin), ...numbers].join(' ');
    }
    default: {
      const data = Buffer.isBuffer(record.data) ? record.data : Buffer.alloc(0);
      return `\\# ${data.length} ${data.toString('hex')}`.trimEnd();
    }
  }
}

function formatType(type: number): string {
  const [further] = Object.entries(FURTHER_TYPES).find(([, number]) => number === type) ?? [];
  return further ?? Packet.TYPE_NAME[type] ?? `TYPE${type}`;
}

function formatName(name = ''): string {
  return `${escapeBytes(name, /[^!-~]|["\\;@$()]/g)}.`;
}

function quoteText(text: string): string {
  return `"${escapeBytes(text, /[^ -~]|["\\]/g)}"`;
}

/** Escapes what the pattern finds as `\"` or `\007`; dns2 has a character for each byte. */
function escapeBytes(text: string, pattern: RegExp): string {
  return text.replace(pattern, (character) => {
    if (character > ' ' && character <= '~') return `\\${character}`;
    return Array.from(
      Buffer.from(character, isByte(character) ? 'latin1' : 'utf8'),
      (byte) => `\\${String(byte).padStart(3, '0')}`,
    ).join('');
  });
}

function isByte(character: string): boolean {
  return character.charCodeAt(0) <= 0xff;
}
