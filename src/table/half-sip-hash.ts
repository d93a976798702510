/**
 * HalfSipHash-1-3 of 32-bit words: a keyed hash, since keys are names that tenants choose and nobody is to
 * choose many for one bucket. The words are the key's bytes with zeros up to a multiple of 4; the length goes
 * into the last block, as in SipHash (Aumasson and Bernstein, 2012; the 32-bit variant of the reference code).
 */
export function halfSipHash(words: Int32Array, length: number, key0: number, key1: number): number {
  let v0 = key0;
  let v1 = key1;
  let v2 = key0 ^ 0x6c796765;
  let v3 = key1 ^ 0x74656462;
  const count = (length + 3) >> 2;
  // One loop for blocks, the length, and the three rounds at the end: a call for each round would cost more.
  for (let i = 0; i < count + 4; i++) {
    const block = i < count ? words[i] : i === count ? length : 0;
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
