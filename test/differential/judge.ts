/** Holds pairs of answers against the rows of docs/differences.md. */
import { type Aspect, differencesOf } from './comparison.ts';
import type { Pair } from './pair.ts';

/** What a run has that a row may need. */
export interface Conditions {
  /** Modes. */
  readonly pods: readonly string[];
  /** Times that the cluster was changed. */
  readonly rounds: number;
  /** Whether the machine has an address of its own besides loopback. */
  readonly hasOwnAddresses: boolean;
  readonly hasLinkLocal: boolean;
}

/** A row of the document as far as a comparison can see it. */
export interface Row {
  /** As in the document. */
  readonly id: string;
  /** Whether it can explain anything under these conditions; always where it is missing. */
  readonly isPossible?: (conditions: Conditions) => boolean;
  /** In what the answers may differ by it. */
  readonly aspects: readonly Aspect[];
  /** Tells whether the two answers are what the row says of such a question. */
  explains(pair: Pair): boolean;
}

export interface Unexplained {
  readonly pair: Pair;
  /** In what they differ beyond what rows explain. */
  readonly aspects: readonly Aspect[];
}

export interface Verdicts {
  compared: number;
  /** Questions with answers that differ in anything. */
  different: number;
  /** Questions whose answers differ by each row. */
  readonly byRow: Map<string, number>;
  readonly unexplained: Unexplained[];
}

/** Gives the rows that could have explained something, and did not. */
export function staleRows(
  { byRow }: Verdicts,
  { rows, conditions }: { rows: readonly Row[]; conditions: Conditions },
): string[] {
  return rows
    .filter(({ id, isPossible }) => byRow.get(id) === 0 && isPossible?.(conditions) !== false)
    .map(({ id }) => id);
}

export function createVerdicts(rows: readonly Row[]): Verdicts {
  const byRow = new Map(rows.map(({ id }) => [id, 0]));
  return { compared: 0, different: 0, byRow, unexplained: [] };
}

/** Judges pairs, and adds what comes out to `verdicts`. */
export function judge(pairs: readonly Pair[], rows: readonly Row[], verdicts: Verdicts): void {
  for (const pair of pairs) {
    verdicts.compared++;
    const left = differencesOf(pair.coredns, pair.vipdns);
    if (left.size === 0) continue;
    verdicts.different++;
    for (const { id, aspects, explains } of rows) {
      const own = aspects.filter((aspect) => left.has(aspect));
      if (own.length === 0 || !explains(pair)) continue;
      for (const aspect of own) left.delete(aspect);
      verdicts.byRow.set(id, (verdicts.byRow.get(id) ?? 0) + 1);
    }
    if (left.size > 0) verdicts.unexplained.push({ pair, aspects: [...left] });
  }
}
