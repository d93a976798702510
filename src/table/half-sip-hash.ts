/**
 * HalfSipHash-1-3, 32 bits: a keyed hash, since keys are names that tenants choose and nobody is to choose many
 * for one bucket (Aumasson and Bernstein, SipHash, 2012; its 32-bit variant as in their reference code).
 */

/**
 * Hashes `length` bytes, at most 255, that stand in `words` with zeros up to a multiple of 4. The result is a
 * signed 32-bit integer. Words are read in the byte order of the processor.
 */
export function halfSipHash(words: Int32Array, length: number, key0: number, key1: number): number {
  let v0 = key0;
  let v1 = key1;
  let v2 = key0 ^ 0x6c796765;
  let v3 = key1 ^ 0x74656462;
  const count = length >> 2;
  const last = (length << 24) | ((length & 3) === 0 ? 0 : words[count]);
  // One loop for the blocks, the last of them, and three rounds at the end: a call for each would cost more.
  for (let i = 0; i < count + 4; i++) {
    const block = i < count ? words[i] : i === count ? last : 0;
    if (i === count + 1) v2 ^= 0xff;
    v3 ^= block;
    v0 = (v0 + v1) | 0;
    v1 = (v1 << 5) | (v1 >>> 27);
    v1 ^= v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = (v3 << 8) | (v3 >>> 24);
    v3 ^= v2;
    v0 = (v0 + v3) | 0;
    v3 = (v3 << 7) | (v3 >>> 25);
    v3 ^= v0;
    v2 = (v2 + v1) | 0;
    v1 = (v1 << 13) | (v1 >>> 19);
    v1 ^= v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= block;
  }
  return v1 ^ v3;
}
