/** Responses as other servers send them: names compressed wherever they can be, RFC 1035 section 4.1.4. */
import { FLAG } from '../../src/dns/constants.ts';
import { encodeName } from '../../src/dns/name.ts';

/** A string is a name, in presentation format. */
export type RdataPart = string | Uint8Array;

export interface RawRecord {
  readonly owner: string;
  readonly type: number;
  readonly ttl: number;
  readonly rdata: readonly RdataPart[];
}

export interface RawMessage {
  readonly flags?: number;
  readonly question: { readonly name: string; readonly type: number };
  readonly answers?: readonly RawRecord[];
  readonly authorities?: readonly RawRecord[];
  readonly additionals?: readonly RawRecord[];
  /** Nothing points to the question, as where it was asked in another case and the server keeps case. */
  readonly isQuestionApart?: boolean;
}

export interface CompressedMessage {
  readonly bytes: Buffer;
  /** Where things stand in it. */
  readonly pointers: readonly number[];
  readonly ttls: readonly number[];
  readonly ends: readonly number[];
}

/** Builds a message; a name that ends as an earlier one does points there. */
export function buildCompressed({
  flags = FLAG.qr | FLAG.ra,
  question,
  answers = [],
  authorities = [],
  additionals = [],
  isQuestionApart = false,
}: RawMessage): CompressedMessage {
  const writer = new CompressingWriter();
  const counts = [1, answers.length, authorities.length, additionals.length];
  for (const half of [0, flags, ...counts]) writer.putUint16(half);
  writer.putName(question.name);
  writer.putUint16(question.type);
  writer.putUint16(1);
  if (isQuestionApart) writer.forget();
  const ttls: number[] = [];
  const ends: number[] = [];
  for (const record of [...answers, ...authorities, ...additionals]) {
    ttls.push(writer.putRecord(record));
    ends.push(writer.bytes.length);
  }
  return { bytes: Buffer.from(writer.bytes), pointers: writer.pointers, ttls, ends };
}

class CompressingWriter {
  readonly bytes: number[] = [];
  readonly pointers: number[] = [];
  /** Where each suffix stands, by its bytes. */
  readonly #suffixes = new Map<string, number>();

  putUint16(value: number): void {
    this.bytes.push(value >> 8, value & 0xff);
  }

  /** Gives where the TTL stands. */
  putRecord({ owner, type, ttl, rdata }: RawRecord): number {
    this.putName(owner);
    this.putUint16(type);
    this.putUint16(1);
    const ttlAt = this.bytes.length;
    this.putUint16(ttl >>> 16);
    this.putUint16(ttl & 0xffff);
    this.putUint16(0);
    const start = this.bytes.length;
    for (const part of rdata) {
      if (typeof part === 'string') this.putName(part);
      else this.bytes.push(...part);
    }
    const length = this.bytes.length - start;
    this.bytes[start - 2] = length >> 8;
    this.bytes[start - 1] = length & 0xff;
    return ttlAt;
  }

  /** Lets nothing point to what was put so far. */
  forget(): void {
    this.#suffixes.clear();
  }

  putName(text: string): void {
    const name = encodeName(text);
    let at = 0;
    for (; name[at] !== 0; at += name[at] + 1) {
      const suffix = name.subarray(at).join();
      const known = this.#suffixes.get(suffix);
      if (known !== undefined) {
        this.pointers.push(this.bytes.length);
        this.putUint16(0xc000 | known);
        return;
      }
      if (this.bytes.length < 0x4000) this.#suffixes.set(suffix, this.bytes.length);
      this.bytes.push(...name.subarray(at, at + name[at] + 1));
    }
    this.bytes.push(0);
  }
}
