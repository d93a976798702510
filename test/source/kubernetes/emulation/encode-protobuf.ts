/** Writes API objects, given in their JSON form, as the API server writes them in protobuf. */
import { type FieldType, MESSAGES } from './proto-schema.ts';

export type ApiJson = Readonly<Record<string, unknown>>;

const MAGIC = Buffer.from('k8s\0', 'latin1');

/** Encodes a message by its name in `proto-schema.ts`; fields that are not in there are left out. */
export function encodeMessage(name: string, json: ApiJson): Buffer {
  const parts: Buffer[] = [];
  // In the order of the numbers, as Go writes them.
  const fields = Object.entries(MESSAGES[name]).sort(([, [a]], [, [b]]) => a - b);
  for (const [key, [number, type, repeated]] of fields) {
    const value = json[key];
    if (value === undefined || value === null) continue;
    const values = repeated ? (value as unknown[]) : [value];
    for (const each of values) parts.push(...encodeField(number, type, each));
  }
  return Buffer.concat(parts);
}

/** Puts a message into the envelope that everything has which stands for itself. */
export function encodeEnvelope({ apiVersion, kind }: ApiJson, raw: Buffer): Buffer {
  const typeMeta = Buffer.concat([
    delimited(1, Buffer.from(String(apiVersion))),
    delimited(2, Buffer.from(String(kind))),
  ]);
  const rest = [
    delimited(1, typeMeta),
    delimited(2, raw),
    delimited(3, EMPTY),
    delimited(4, EMPTY),
  ];
  return Buffer.concat([MAGIC, ...rest]);
}

export function encodeListMessage(item: string, json: ApiJson): Buffer {
  const metadata = delimited(1, encodeMessage('ListMeta', json.metadata as ApiJson));
  const items = (json.items as ApiJson[]).map((each) => delimited(2, encodeMessage(item, each)));
  return Buffer.concat([metadata, ...items]);
}

/** A frame of a watch; the object comes in its envelope. */
export function encodeWatchFrame(type: string, object: Buffer): Buffer {
  const event = Buffer.concat([
    delimited(1, Buffer.from(type)),
    delimited(2, delimited(1, object)),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(event.length);
  return Buffer.concat([length, event]);
}

const EMPTY = Buffer.alloc(0);

function encodeField(number: number, type: FieldType, value: unknown): Buffer[] {
  switch (type) {
    case 'string':
      return [delimited(number, Buffer.from(value as string))];
    case 'int':
      return [tag(number, 0), varint(BigInt(value as number))];
    case 'bool':
      return [tag(number, 0), varint(value === true ? 1n : 0n)];
    case 'time':
      return [delimited(number, encodeTime(value as string))];
    case 'intOrString':
      return [delimited(number, encodeIntOrString(value as number | string))];
    case 'map':
      return Object.entries(value as Record<string, string>).map(([key, text]) =>
        delimited(
          number,
          Buffer.concat([delimited(1, Buffer.from(key)), delimited(2, Buffer.from(text))]),
        ),
      );
    default:
      return [delimited(number, encodeMessage(type.message as string, value as ApiJson))];
  }
}

function encodeTime(text: string): Buffer {
  return Buffer.concat([tag(1, 0), varint(BigInt(Math.floor(Date.parse(text) / 1000)))]);
}

/** Go writes all three fields, used or not. */
function encodeIntOrString(value: number | string): Buffer {
  const isText = typeof value === 'string';
  return Buffer.concat([
    tag(1, 0),
    varint(isText ? 1n : 0n),
    tag(2, 0),
    varint(isText ? 0n : BigInt(value)),
    delimited(3, Buffer.from(isText ? value : '')),
  ]);
}

export function delimited(number: number, value: Buffer): Buffer {
  return Buffer.concat([tag(number, 2), varint(BigInt(value.length)), value]);
}

export function tag(number: number, wireType: number): Buffer {
  return varint(BigInt(number * 8 + wireType));
}

/** Negative numbers take ten bytes, as 64 bits in two's complement. */
export function varint(value: bigint): Buffer {
  let rest = BigInt.asUintN(64, value);
  const bytes: number[] = [];
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}
