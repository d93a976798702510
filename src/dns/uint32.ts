/** 32-bit numbers of a message, in network order: RFC 1035 section 2.3.2. No DataView, which would be one more object. */

/** Reads an unsigned number. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return bytes[at] * 0x1000000 + ((bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]);
}

export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** Reads a TTL in seconds; RFC 2181 section 8: one with the highest bit set counts as 0. */
export function readTtl(bytes: Uint8Array, at: number): number {
  const ttl = readUint32(bytes, at);
  return ttl > 0x7fffffff ? 0 : ttl;
}
