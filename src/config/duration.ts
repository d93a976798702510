/** Durations as people write them: `500ms`, `5s`, `1m`. */

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/** Parses a whole number with its unit to milliseconds; undefined where it is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,6})(ms|s|m)$/.exec(text);
  return match === null ? undefined : Number(match[1]) * MILLISECONDS[match[2]];
}
