/**
 * Bits that nobody can guess: a key for a hash that nobody is to foresee, and whatever else must not be foreseen. From
 * the system's own device where there is one: `node:crypto` takes 4 MB for it, and 1.3 MB in each further thread
 * (test/bench/memory).
 */
import { closeSync, openSync, readSync } from 'node:fs';

const DEVICE = '/dev/urandom';

/** Gives 64 random bits. */
export function randomKey(): Int32Array {
  return fillRandom(new Int32Array(2));
}

/** Fills an array with random bits, and gives it back. */
export function fillRandom<Words extends NodeJS.ArrayBufferView>(words: Words): Words {
  try {
    const device = openSync(DEVICE, 'r');
    try {
      if (readSync(device, words) === words.byteLength) return words;
    } finally {
      closeSync(device);
    }
  } catch {
    // No such device, or none that we may read.
  }
  return process.getBuiltinModule('node:crypto').randomFillSync(words);
}
