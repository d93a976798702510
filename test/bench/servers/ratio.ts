/** Medians, and ratios between servers that were measured in turns. */

/** Gives the median; undefined of nothing. */
export function medianOf(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A figure of one server by the number of the round. */
export type ByRound = ReadonlyMap<number, number>;

/**
 * Gives the median of the ratios of the rounds in which both have a figure. What slows a machine down for a while
 * slows both down in that round, and leaves their ratio.
 */
export function medianRatio(figures: ByRound, base: ByRound): number | undefined {
  const ratios: number[] = [];
  for (const [round, figure] of figures) {
    const against = base.get(round);
    if (against !== undefined && against > 0) ratios.push(figure / against);
  }
  return medianOf(ratios);
}
