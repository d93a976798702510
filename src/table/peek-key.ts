/**
 * The hash key of an image, which a table has to have from its start for the image to fit. By itself, since whoever
 * makes the table does not read the image: checksums are not looked at here, as any key will do.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { IMAGE_HEADER_BYTES } from './layout.ts';

/** Gives 64 bits; undefined where there is no image, or none that can be read. */
export function peekKey(path: string): Int32Array | undefined {
  const bytes = Buffer.alloc(IMAGE_HEADER_BYTES);
  try {
    const file = openSync(path, 'r');
    try {
      readSync(file, bytes);
    } finally {
      closeSync(file);
    }
    const { layout } = JSON.parse(bytes.toString('utf8', 0, bytes.indexOf('\n')));
    const key = Int32Array.from(layout.key);
    return key.length === 2 ? key : undefined;
  } catch {
    return undefined;
  }
}
