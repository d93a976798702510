/** Durations as they are written in the configuration: a whole number and its unit, `500ms`, `5s`, `1m`, `1h`. */

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Parses a duration to milliseconds; undefined where it is none. `0s` is the shortest, a day the longest. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^(0|[1-9]\d{0,8})(ms|s|m|h)$/.exec(text) ?? [];
  if (count === undefined) return undefined;
  const durationMs = Number(count) * UNITS_MS[unit];
  return durationMs <= DAY_MS ? durationMs : undefined;
}

/** Below what timers of Node.js can hold. */
const DAY_MS = 86_400_000;
