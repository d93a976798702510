/**
 * Remembers names that were asked for once and had to go: who asks for one of them again asks often, only not as often
 * as others ask for names that nobody asks for twice. In: keys; out: whether one was there lately.
 *
 * A hash has one place, and the next one of that place takes it: about the last 65,536 names are known, and one in
 * four billion is taken for another, which costs an entry where it does not belong.
 */
const PLACES = 1 << 16;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

export class DepartedNames {
  readonly #hashes = new Int32Array(PLACES);

  add(key: string): void {
    const hash = hashOf(key);
    this.#hashes[hash & (PLACES - 1)] = hash;
  }

  has(key: string): boolean {
    const hash = hashOf(key);
    return this.#hashes[hash & (PLACES - 1)] === hash;
  }
}

/** FNV-1a, 32 bits; 0 stands for an empty place. */
function hashOf(key: string): number {
  let hash = FNV_OFFSET;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), FNV_PRIME);
  return hash === 0 ? 1 : hash;
}
