/** Values that say themselves whether they are whole: version, sum of the key, sum of what follows from the version. */

/** Words that the two threads of a race share. */
export const WORD = { stop: 0, found: 1, broken: 2 } as const;

export function keyBytes(number: number): Uint8Array {
  return Buffer.from(`name-${number}.shop.svc.cluster.local`, 'latin1');
}

/** Builds a value of `length` bytes, at least 12. */
export function buildValue(key: Uint8Array, version: number, length: number): Uint8Array {
  const value = new Uint8Array(length);
  const view = new DataView(value.buffer);
  view.setUint32(0, version);
  view.setUint32(4, sumOf(key, 0, key.length));
  for (let i = 12; i < length; i++) value[i] = (version + i * 7) & 0xff;
  view.setUint32(8, sumOf(value, 12, length));
  return value;
}

export function versionOf(bytes: Uint8Array, start: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(start);
}

/** Tells whether the value of `length` bytes at `start` is one that `buildValue()` built for this key. */
export function isWhole(
  bytes: Uint8Array,
  { start, length, key }: { start: number; length: number; key: Uint8Array },
): boolean {
  if (length < 12 || start + length > bytes.length) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (view.getUint32(start + 4) !== sumOf(key, 0, key.length)) return false;
  const version = versionOf(bytes, start);
  for (let i = 12; i < length; i++) {
    if (bytes[start + i] !== ((version + i * 7) & 0xff)) return false;
  }
  return view.getUint32(start + 8) === sumOf(bytes, start + 12, start + length);
}

function sumOf(bytes: Uint8Array, start: number, end: number): number {
  let sum = 17;
  for (let i = start; i < end; i++) sum = (Math.imul(sum, 31) + bytes[i]) | 0;
  return sum >>> 0;
}
