/**
 * A key that nobody can guess, for a hash that nobody is to foresee. From the system's own device where there is
 * one: `node:crypto` takes 4 MB for it, and 1.3 MB in each further thread (test/bench/memory).
 */
import { closeSync, openSync, readSync } from 'node:fs';

const DEVICE = '/dev/urandom';

/** Gives 64 random bits. */
export function randomKey(): Int32Array {
  const key = new Int32Array(2);
  try {
    const device = openSync(DEVICE, 'r');
    try {
      if (readSync(device, key) === key.byteLength) return key;
    } finally {
      closeSync(device);
    }
  } catch {
    // No such device, or none that we may read.
  }
  return process.getBuiltinModule('node:crypto').randomFillSync(key);
}
