/** Sizes as they are written in the configuration: a whole number and its unit, `512KiB`, `32MiB`, `1GiB`. */

const UNITS_BYTES: Readonly<Record<string, number>> = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };

/** Parses a size to bytes; undefined where it is none. Decimal units are none, so that nobody has to guess. */
export function parseSize(text: string): number | undefined {
  const [, count, unit] = /^(0|[1-9]\d{0,8})([KMG]iB)$/.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * UNITS_BYTES[unit];
}
