/**
 * Writes the image of a table that goes on changing meanwhile: region by region, then those that have changed since,
 * until few are left, and these in one go. No turn of the event loop copies more than a megabyte or two, so the writer
 * is never held up for long; and what stands in the file at the end was the table at one moment.
 */
import type { FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { IMAGE_HEADER_BYTES, REGION_BYTES } from './layout.ts';
import { BYTE_ORDER, formatHeader, IMAGE_VERSION, layoutOf } from './table-image.ts';
import type { TableWriter } from './table-writer.ts';

/** Regions that are copied in one turn; the last ones, which are to be of one moment, among them. */
const REGIONS_A_TURN = 16;
/** Passes over what has changed since the last one; where changes come faster than that, nothing is written. */
const MAX_PASSES = 20;

/**
 * Writes to an empty file; `about` is asked for at the moment of which the image is. Gives false where the table changes
 * too fast.
 */
export async function writeImage(
  file: FileHandle,
  table: TableWriter,
  about: () => unknown,
): Promise<boolean> {
  const image = new ImageInTheMaking(file, table);
  const changed = table.noteChanges();
  try {
    let regions = Array.from({ length: table.usedRegions }, (_, region) => region);
    for (let pass = 0; pass < MAX_PASSES; pass++) {
      const isLast = regions.length <= REGIONS_A_TURN;
      if (isLast) return await image.finish(regions, about);
      for (let from = 0; from < regions.length; from += REGIONS_A_TURN) {
        await image.copy(regions.slice(from, from + REGIONS_A_TURN));
      }
      regions = changed.take();
    }
    return false;
  } finally {
    table.ignoreChanges();
  }
}

class ImageInTheMaking {
  readonly #file: FileHandle;
  readonly #table: TableWriter;
  readonly #copy = Buffer.allocUnsafeSlow(REGIONS_A_TURN * REGION_BYTES);
  readonly #checksums: number[] = [];

  constructor(file: FileHandle, table: TableWriter) {
    this.#file = file;
    this.#table = table;
  }

  /** Copies regions as they are now, and resolves when the copy is in the file. */
  async copy(regions: readonly number[]): Promise<void> {
    for (const [index, region] of regions.entries()) {
      const bytes = this.#copy.subarray(index * REGION_BYTES, (index + 1) * REGION_BYTES);
      this.#table.copyRegion(region, bytes);
      this.#checksums[region] = crc32(bytes);
    }
    for (let from = 0; from < regions.length; ) {
      let to = from + 1;
      while (to < regions.length && regions[to] === regions[to - 1] + 1) to++;
      const bytes = this.#copy.subarray(from * REGION_BYTES, to * REGION_BYTES);
      await this.#put(bytes, IMAGE_HEADER_BYTES + regions[from] * REGION_BYTES);
      from = to;
    }
  }

  /** Copies the last regions: with them the image is of this moment. */
  async finish(regions: readonly number[], about: () => unknown): Promise<true> {
    const copied = this.copy(regions);
    const layout = layoutOf(this.#table.view);
    const checksums = Buffer.from(Uint32Array.from(this.#checksums).buffer);
    const header = formatHeader({
      version: IMAGE_VERSION,
      layout,
      order: BYTE_ORDER,
      regions: this.#checksums.length,
      checksum: crc32(checksums),
      about: about(),
    });
    await copied;
    await this.#put(checksums, IMAGE_HEADER_BYTES + this.#checksums.length * REGION_BYTES);
    await this.#put(header, 0);
    return true;
  }

  /** A file may take less than it is given at once. */
  async #put(bytes: Buffer, position: number): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, position + at);
      at += bytesWritten;
    }
  }
}
