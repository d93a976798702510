/** The head of a length-delimited field whose value may not have come yet. */
import { ApiFormatError } from '../api-format-error.ts';

const LENGTH_DELIMITED = 2;
/** Tag and length, 32 bits each. */
const MAX_VARINT_BYTES = 5;

export interface FieldHead {
  readonly field: number;
  readonly headBytes: number;
  readonly valueBytes: number;
}

/** Reads tag and length; undefined where not all of their bytes have come. */
export function readFieldHead(bytes: Buffer, start: number, end: number): FieldHead | undefined {
  const tag = readVarint(bytes, start, end);
  if (tag === undefined) return undefined;
  if ((tag.value & 7) !== LENGTH_DELIMITED) fail(`wire type of a field is ${tag.value & 7}`);
  const length = readVarint(bytes, start + tag.bytes, end);
  if (length === undefined) return undefined;
  return {
    field: Math.floor(tag.value / 8),
    headBytes: tag.bytes + length.bytes,
    valueBytes: length.value,
  };
}

function readVarint(
  bytes: Buffer,
  start: number,
  end: number,
): { readonly value: number; readonly bytes: number } | undefined {
  let value = 0;
  for (let i = 0; i < MAX_VARINT_BYTES; i++) {
    if (start + i >= end) return undefined;
    const byte = bytes[start + i];
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, bytes: i + 1 };
  }
  return fail('a number is too large');
}

function fail(reason: string): never {
  throw new ApiFormatError(`Cannot decode list of the API server: ${reason}`);
}
