/** How figures are printed. */
import type { MemoryFigures } from './measured-server.ts';

/** As `resident 180 (anonymous 122, file 58), peak 199`. */
export function formatFigures({ resident, anonymous, file, peak }: MemoryFigures): string {
  const [all, own, shared, most] = [resident, anonymous, file, peak].map((mib) => mib.toFixed(0));
  return `resident ${all} (anonymous ${own}, file ${shared}), peak ${most}`;
}

/** Gives NaN where there are no numbers. */
export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}
