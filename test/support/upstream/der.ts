/** The few types of DER (X.690) that a certificate is made of. */

export const sequence = (...parts: readonly Buffer[]): Buffer => encode(0x30, ...parts);
export const set = (...parts: readonly Buffer[]): Buffer => encode(0x31, ...parts);
export const octets = (bytes: Buffer): Buffer => encode(0x04, bytes);
export const utf8 = (text: string): Buffer => encode(0x0c, Buffer.from(text));

/** Encodes a positive integer, whose first bit must be 0. */
export const integer = (bytes: Buffer): Buffer => encode(0x02, bytes);

/** Encodes whole bytes as a bit string: none of the last byte's bits is unused. */
export const bitString = (bytes: Buffer): Buffer => encode(0x03, Buffer.of(0), bytes);

/** Encodes what a tag says instead of its type; primitive where it stands for the bytes themselves. */
export function context(tag: number, bytes: Buffer, { isPrimitive = false } = {}): Buffer {
  return encode((isPrimitive ? 0x80 : 0xa0) | tag, bytes);
}

/** Encodes a time as GeneralizedTime, to the second. */
export function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '');
  return encode(0x18, Buffer.from(digits));
}

/** Encodes an identifier such as `2.5.29.17`. */
export function objectId(dotted: string): Buffer {
  const [first, second, ...rest] = dotted.split('.').map(Number);
  return encode(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let left = value >> 7; left > 0; left >>= 7) bytes.unshift((left & 0x7f) | 0x80);
  return bytes;
}

function encode(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}
