/**
 * The format of a table's image in a file: its memory as it stands, so that a restart has it in the time that it takes
 * to read. What may be shared is not in it: `layout.ts` has the words that readers write.
 *
 *   4096 bytes   two lines of text: the header as JSON, and its CRC-32; zeros
 *   regions      memory of the table from its start, 64 KiB each, up to the last that is in use
 *   checksums    CRC-32 of each region, 4 bytes in the machine's own order; that of all of them is in the header
 *
 * Addresses in it are those of the table, so it fits a table with the same layout and the same hash key alone.
 */
import { crc32 } from 'node:zlib';
import { ImageError, OtherImageError } from './image-error.ts';
import { IMAGE_HEADER_BYTES } from './layout.ts';
import type { TableView } from './table.ts';

/** Of this format, of the table's layout and of the nodes in it: another version is not read. */
export const IMAGE_VERSION = 3;

export interface ImageLayout {
  readonly buckets: number;
  readonly readers: number;
  readonly arenaAt: number;
  readonly key: readonly [number, number];
}

export interface ImageHeader {
  readonly version: number;
  readonly layout: ImageLayout;
  /** Byte order of the machine: 1 in the first byte of a word for little-endian. */
  readonly order: number;
  readonly regions: number;
  readonly checksum: number;
  /** What whoever wrote it says of it. */
  readonly about: unknown;
}

export const BYTE_ORDER = new Uint8Array(Int32Array.of(1).buffer)[0];

export function layoutOf(view: TableView): ImageLayout {
  const { readers, arenaAt, key0, key1, bucketMask } = view;
  return { buckets: bucketMask + 1, readers, arenaAt, key: [key0, key1] };
}

/** Throws RangeError where it does not fit. */
export function formatHeader(header: ImageHeader): Buffer {
  const bytes = Buffer.alloc(IMAGE_HEADER_BYTES);
  const line = Buffer.from(`${JSON.stringify(header)}\n`);
  const text = Buffer.concat([line, Buffer.from(`${crc32(line)}\n`)]);
  if (text.length > bytes.length)
    throw new RangeError('Cannot write image: its header is too long');
  text.copy(bytes);
  return bytes;
}

/** Reads a header; throws ImageError where it is damaged, OtherImageError where it is of another version or machine. */
export function parseHeader(bytes: Buffer): ImageHeader {
  const end = bytes.indexOf('\n') + 1;
  const checksum = bytes.toString('latin1', end, bytes.indexOf('\n', end));
  if (end === 0 || checksum !== String(crc32(bytes.subarray(0, end)))) {
    throw new ImageError('the checksum of its header is another');
  }
  const header = JSON.parse(bytes.toString('utf8', 0, end)) as ImageHeader;
  if (header.version !== IMAGE_VERSION) {
    throw new OtherImageError(`its version is ${header.version}`);
  }
  if (header.order !== BYTE_ORDER) {
    throw new OtherImageError('it is of a machine of other byte order');
  }
  return header;
}
