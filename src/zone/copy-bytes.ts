/** Copies a few bytes, for which `set()` would make an object first. Not an options object: called for every record. */
export function copyBytes(
  source: Uint8Array,
  from: number,
  target: Uint8Array,
  to: number,
  length: number,
): void {
  for (let i = 0; i < length; i++) target[to + i] = source[from + i];
}
