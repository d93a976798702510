/** The values that options have in the file, each with the words that say what is expected. */
import { z } from 'zod';

/** A string that `accepts` takes; the message says what was expected. */
export function text(expected: string, accepts: (value: string) => boolean) {
  return z.string({ error: expected }).refine(accepts, { error: expected });
}

/** A string that `findMistake` finds nothing wrong with; the message says what was expected, and what is wrong. */
export function explained(expected: string, findMistake: (value: string) => string | undefined) {
  return z.string({ error: expected }).check(({ value, issues }) => {
    const mistake = findMistake(value);
    if (mistake === undefined) return;
    issues.push({ code: 'custom', input: value, message: `${expected} (${mistake})` });
  });
}

export const yesOrNo = z.boolean({ error: 'true or false' });

/** A number from the first to the second of the range. */
export function wholeNumber(expected: string, [from, to]: readonly [number, number]) {
  return z.int({ error: expected }).min(from, { error: expected }).max(to, { error: expected });
}

export function list<Item extends z.ZodType>(item: Item) {
  return z.array(item, { error: 'a list' });
}

export function atLeastOne<Item extends z.ZodType>(item: Item) {
  return list(item).min(1, { error: 'at least one entry' });
}
