/**
 * Label selectors as the Kubernetes API writes them: `app=web,tier in (front, back),!canary`. In: text; out: a
 * list of requirements, all of which labels have to meet.
 */

/** `values` is empty for `exists` and `doesNotExist`. */
export interface Requirement {
  readonly key: string;
  readonly operator: 'in' | 'notIn' | 'exists' | 'doesNotExist';
  readonly values: readonly string[];
}

const KEY = '[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?';
const VALUE = '(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?)?';
const SET = new RegExp(`^(${KEY})\\s+(in|notin)\\s*\\(([^()]*)\\)$`);
const EQUALITY = new RegExp(`^(${KEY})\\s*(==|=|!=)\\s*(${VALUE})$`);
const EXISTENCE = new RegExp(`^(!?)\\s*(${KEY})$`);
const ONE_VALUE = new RegExp(`^${VALUE}$`);

/** Parses a selector; undefined where it is none. The empty one has no requirement. */
export function parseLabelSelector(text: string): readonly Requirement[] | undefined {
  if (text.trim() === '') return [];
  const requirements: Requirement[] = [];
  // Commas within parentheses separate values.
  for (const part of text.split(/,(?![^(]*\))/)) {
    const requirement = parseRequirement(part.trim());
    if (requirement === undefined) return undefined;
    requirements.push(requirement);
  }
  return requirements;
}

/** Tells whether labels meet every requirement; a missing label is not in any set. */
export function matchesLabels(
  requirements: readonly Requirement[],
  labels: Readonly<Record<string, string>>,
): boolean {
  return requirements.every((requirement) => meets(requirement, labels));
}

function meets(
  { key, operator, values }: Requirement,
  labels: Readonly<Record<string, string>>,
): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case 'in':
      return value !== undefined && values.includes(value);
    case 'notIn':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'doesNotExist':
      return value === undefined;
  }
}

function parseRequirement(text: string): Requirement | undefined {
  const set = SET.exec(text);
  if (set !== null) {
    const values = set[3].split(',').map((value) => value.trim());
    if (!values.every((value) => ONE_VALUE.test(value))) return undefined;
    return { key: set[1], operator: set[2] === 'in' ? 'in' : 'notIn', values };
  }
  const equality = EQUALITY.exec(text);
  if (equality !== null) {
    const operator = equality[2] === '!=' ? 'notIn' : 'in';
    return { key: equality[1], operator, values: [equality[3]] };
  }
  const existence = EXISTENCE.exec(text);
  if (existence === null) return undefined;
  const operator = existence[1] === '!' ? 'doesNotExist' : 'exists';
  return { key: existence[2], operator, values: [] };
}
