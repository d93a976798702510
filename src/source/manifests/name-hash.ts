/**
 * Spreads names over 32 bits, the same on every machine: FNV-1a, with the last steps of MurmurHash3 so that every
 * bit of the outcome depends on every character. Not a secret: whoever chooses names can choose where they fall, as
 * with any hash without a key.
 */

const OFFSET_BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/** Hashes a name to a whole number from 0 to 2^32 - 1. */
export function hashName(name: string): number {
  let hash = OFFSET_BASIS;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), PRIME);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
