/** Reads the image of a table back into a new one, which readers may have open already. */
import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { ImageError, OtherImageError } from './image-error.ts';
import { IMAGE_HEADER_BYTES, REGION_BYTES } from './layout.ts';
import { type ImageHeader, layoutOf, parseHeader } from './table-image.ts';
import type { TableWriter } from './table-writer.ts';

const REGIONS_A_READ = 16;

/**
 * Fills an empty table, whose readers find everything or nothing of it, and gives what the image says of itself; the
 * table's `settle()` is to follow before it changes. `check` may refuse the image by throwing. Throws ImageError where it
 * is damaged, OtherImageError where it does not fit the table.
 */
export function readImage<About>(
  path: string,
  table: TableWriter,
  check: (about: About) => void,
): About {
  const file = openSync(path, 'r');
  try {
    const header = parseHeader(readWhole(file, Buffer.alloc(IMAGE_HEADER_BYTES), 0));
    check(header.about as About);
    const { layout, regions } = header;
    const expected = layoutOf(table.view);
    if (JSON.stringify(layout) !== JSON.stringify(expected)) {
      throw new OtherImageError('its layout is another');
    }
    if (!(regions > 0 && regions * REGION_BYTES <= table.bytes.length)) {
      throw new ImageError('it is larger than the table');
    }
    readRegions(file, header, table);
    return header.about as About;
  } finally {
    closeSync(file);
  }
}

function readRegions(file: number, { regions, checksum }: ImageHeader, table: TableWriter): void {
  const checksumBytes = Buffer.allocUnsafeSlow(regions * 4);
  readWhole(file, checksumBytes, IMAGE_HEADER_BYTES + regions * REGION_BYTES);
  if (crc32(checksumBytes) !== checksum) throw new ImageError('the checksum of its end is another');
  const checksums = new Uint32Array(checksumBytes.buffer);
  const copy = Buffer.allocUnsafeSlow(REGIONS_A_READ * REGION_BYTES);
  const adoption = table.adopt();
  for (let from = 0; from < regions; from += REGIONS_A_READ) {
    const count = Math.min(REGIONS_A_READ, regions - from);
    readWhole(
      file,
      copy.subarray(0, count * REGION_BYTES),
      IMAGE_HEADER_BYTES + from * REGION_BYTES,
    );
    for (let i = 0; i < count; i++) {
      const bytes = copy.subarray(i * REGION_BYTES, (i + 1) * REGION_BYTES);
      if (crc32(bytes) !== checksums[from + i]) {
        throw new ImageError(`the checksum of region ${from + i} is another`);
      }
      adoption.take(from + i, bytes);
    }
  }
  adoption.publish(regions * REGION_BYTES);
}

function readWhole(file: number, bytes: Buffer, position: number): Buffer {
  for (let at = 0; at < bytes.length; ) {
    const count = readSync(file, bytes, at, bytes.length - at, position + at);
    if (count === 0) throw new ImageError('it ends too early');
    at += count;
  }
  return bytes;
}
