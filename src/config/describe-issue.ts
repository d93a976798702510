/** What is wrong with one value of a configuration, in a line. In: an issue that the schema found; out: lines. */
import type { z } from 'zod';
import { optionsAt } from './schema.ts';
import { nearestOf } from './spelling.ts';

export interface Described {
  readonly options: unknown;
  readonly place: (path: string) => string;
}

/** Gives a line for each mistake of one issue: where, what was expected, what was found. */
export function describeIssue(issue: z.core.$ZodIssue, { options, place }: Described): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const name = formatPath([...issue.path, key]);
      const near = nearestOf(key, optionsAt(issue.path));
      const hint =
        near === undefined ? '' : `; did you mean "${formatPath([...issue.path, near])}"`;
      return place(`"${name}" is no option${hint}`);
    });
  }
  if (issue.code === 'invalid_key') {
    const where = place(formatPath(issue.path.slice(0, -1)));
    const expected = issue.issues.map(({ message }) => message).join(', ');
    return [`${where}: expected ${expected}: received ${quote(issue.path.at(-1))}`];
  }
  const received = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    options,
  );
  const where = place(formatPath(issue.path));
  return [`${where}: expected ${expectationOf(issue)}: received ${quote(received)}`];
}

function expectationOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_value':
      return `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'invalid_type':
      return issue.expected === 'object' ? 'a mapping' : issue.message;
    default:
      return issue.message;
  }
}

/** Formats `['listen', 1]` as `listen[1]`, `['log', 'level']` as `log.level`. */
function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${String(key)}`))
    .join('');
}

/** Quotes a value on one line; an option without a value has nothing. */
export function quote(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > MAX_QUOTE ? `${text.slice(0, MAX_QUOTE)}...` : text;
}

const MAX_QUOTE = 100;
