/** Finds the word that was probably meant. */

/** So many slips may be in a word, and no more than one in three letters: everything is near a short word. */
const MAX_SLIPS = 2;
const LETTERS_PER_SLIP = 3;

/**
 * Gives the word with the fewest slips; undefined where none is near. A slip is a letter that is wrong, missing,
 * too many, or in its neighbor's place; case does not count.
 */
export function nearestOf(text: string, words: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = Math.min(MAX_SLIPS, Math.floor(text.length / LETTERS_PER_SLIP)) + 1;
  for (const word of words) {
    const slips = countSlips(text.toLowerCase(), word.toLowerCase());
    if (slips >= least) continue;
    least = slips;
    nearest = word;
  }
  return nearest;
}

/** Optimal string alignment distance, row by row. */
function countSlips(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(change, last[j] + 1, row[j - 1] + 1);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] && i > 1) {
        row[j] = Math.min(row[j], beforeLast[j - 2] + 1);
      }
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length];
}
