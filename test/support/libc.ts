/** The C library for tests, or why there is none: batches are for Linux, and tests run everywhere. */
import { type Libc, loadLibc } from '../../src/socket/libc.ts';

let loaded: Libc | undefined;
let missing: string | false = false;
try {
  loaded = await loadLibc();
} catch (error) {
  missing = error instanceof Error ? error.message : String(error);
}

/** For the `skip` of tests that need batches. */
export const noBatches: string | false = missing;

export function testLibc(): Libc {
  if (loaded === undefined) throw new Error(`Cannot test batches: ${missing}`);
  return loaded;
}
