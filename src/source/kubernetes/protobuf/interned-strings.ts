/**
 * Gives the same string for the same bytes, as far as it remembers: most texts of a cluster are few (namespaces,
 * names of ports, keys of labels) and stand in thousands of objects.
 *
 * A table of fixed size without chains: what falls on a taken slot takes it over. So it needs no limit and no
 * clearing, and keys that are chosen to collide cost their owner the saving, and nobody anything else.
 */

const SLOTS = 1 << 13;
/** Longer than any DNS label; what is longer hardly ever repeats. */
const MAX_LENGTH = 63;

export class InternedStrings {
  readonly #slots: (string | undefined)[] = new Array(SLOTS).fill(undefined);

  /** Gives the text of UTF-8 bytes. */
  get(bytes: Buffer, start: number, end: number): string {
    if (end - start > MAX_LENGTH) return bytes.toString('utf8', start, end);
    // FNV-1a, 32 bits.
    let hash = 0x811c9dc5;
    let allBits = 0;
    for (let i = start; i < end; i++) {
      hash = Math.imul(hash ^ bytes[i], 0x01000193);
      allBits |= bytes[i];
    }
    // A byte beyond ASCII is not a character, and cannot be compared with one.
    if (allBits > 0x7f) return bytes.toString('utf8', start, end);
    const slot = (hash ^ (hash >>> 16)) & (SLOTS - 1);
    const held = this.#slots[slot];
    if (held !== undefined && isText(held, bytes, start, end)) return held;
    const text = bytes.toString('latin1', start, end);
    this.#slots[slot] = text;
    return text;
  }
}

/** Not an options object: called for every text of every object. */
function isText(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) !== bytes[start + i]) return false;
  }
  return true;
}
