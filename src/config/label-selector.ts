/**
 * Label selectors of Kubernetes in their text form: `app=web,tier in (front, back),!canary`.
 * In: text; out: requirements as plain data, which can be handed to another thread, and whether labels meet
 * them. The grammar is that of the Kubernetes documentation ("Labels and Selectors"), as the API server reads
 * it, with `>` and `<` for whole numbers.
 */

/** One of the things that labels have to meet. */
export type Requirement =
  | { readonly key: string; readonly operator: 'in' | 'notin'; readonly values: readonly string[] }
  | { readonly key: string; readonly operator: 'exists' | 'missing' }
  | { readonly key: string; readonly operator: 'above' | 'below'; readonly bound: bigint };

/** Parses a selector; undefined where it is none. The empty one has no requirement. */
export function parseLabelSelector(text: string): readonly Requirement[] | undefined {
  const parsed = readSelector(text);
  return typeof parsed === 'string' ? undefined : parsed;
}

/** Tells what is wrong with a selector, as what was expected and what was found; undefined where nothing is. */
export function findLabelSelectorMistake(text: string): string | undefined {
  const parsed = readSelector(text);
  return typeof parsed === 'string' ? parsed : undefined;
}

/** Tells whether labels meet every requirement. A missing label meets `!=` and `notin`, as in Kubernetes. */
export function matchesLabels(
  requirements: readonly Requirement[],
  labels: Readonly<Record<string, string>>,
): boolean {
  return requirements.every((requirement) => {
    const { key } = requirement;
    return isMet(requirement, Object.hasOwn(labels, key) ? labels[key] : undefined);
  });
}

/** Gives the requirements, or the mistake. */
function readSelector(text: string): readonly Requirement[] | string {
  try {
    return new SelectorParser(text).parse();
  } catch (error) {
    if (error instanceof SelectorMistake) return error.message;
    throw error;
  }
}

/** Ends the parser wherever it is; never leaves this file. */
class SelectorMistake extends Error {}

function isMet(requirement: Requirement, value: string | undefined): boolean {
  switch (requirement.operator) {
    case 'in':
      return value !== undefined && requirement.values.includes(value);
    case 'notin':
      return value === undefined || !requirement.values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'missing':
      return value === undefined;
    case 'above':
      return isWholeNumber(value) && BigInt(value) > requirement.bound;
    case 'below':
      return isWholeNumber(value) && BigInt(value) < requirement.bound;
  }
}

/** Reads the selector from left to right, one token ahead. */
class SelectorParser {
  readonly #tokens: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = text.match(TOKENS) ?? [];
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    if (this.#next === END) return requirements;
    do requirements.push(this.#parseRequirement());
    while (this.#take(','));
    if (this.#next !== END) this.#fail('"," or the end');
    return requirements;
  }

  #parseRequirement(): Requirement {
    const isNegated = this.#take('!');
    const key = this.#parseKey();
    if (isNegated) return { key, operator: 'missing' };
    switch (this.#next) {
      case END:
      case ',':
        return { key, operator: 'exists' };
      case '=':
      case '==':
        this.#at++;
        return { key, operator: 'in', values: [this.#parseValue()] };
      case '!=':
        this.#at++;
        return { key, operator: 'notin', values: [this.#parseValue()] };
      case 'in':
      case 'notin':
        return {
          key,
          operator: this.#tokens[this.#at++] as 'in' | 'notin',
          values: this.#parseSet(),
        };
      case '>':
      case '<':
        return {
          key,
          operator: this.#tokens[this.#at++] === '>' ? 'above' : 'below',
          bound: this.#parseBound(),
        };
      default:
        return this.#fail('"=", "==", "!=", "in", "notin", ">", "<", "," or the end');
    }
  }

  #parseKey(): string {
    if (!isWord(this.#next) || !isLabelKey(this.#next)) this.#fail('a label key');
    return this.#tokens[this.#at++];
  }

  /** A value may be empty: `app=`. */
  #parseValue(): string {
    if (!isWord(this.#next)) return '';
    if (!LABEL_VALUE.test(this.#next)) this.#fail('a label value');
    return this.#tokens[this.#at++];
  }

  #parseSet(): string[] {
    if (!this.#take('(')) this.#fail('"("');
    const values: string[] = [];
    do values.push(this.#parseValue());
    while (this.#take(','));
    if (!this.#take(')')) this.#fail('"," or ")"');
    return [...new Set(values)];
  }

  #parseBound(): bigint {
    if (!isWholeNumber(this.#next)) this.#fail('a whole number');
    return BigInt(this.#tokens[this.#at++]);
  }

  get #next(): string {
    return this.#tokens[this.#at] ?? END;
  }

  #take(token: string): boolean {
    if (this.#next !== token) return false;
    this.#at++;
    return true;
  }

  #fail(expected: string): never {
    const found = this.#next === END ? 'the end' : `"${this.#next}"`;
    throw new SelectorMistake(`expected ${expected}, found ${found}`);
  }
}

/** No token is empty. */
const END = '';
/** Operators, the longest first, and what lies between them and white space. */
const TOKENS = /==|!=|[=!<>(),]|[^\s=!<>(),]+/g;

/** Names that a label, or the prefix of its key, may have. */
const LABEL_NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const LABEL_VALUE = LABEL_NAME;
const LABEL_KEY_PREFIX = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const MAX_KEY_PREFIX = 253;

function isWord(token: string): boolean {
  return token !== END && !/^[=!<>(),]/.test(token);
}

function isLabelKey(text: string): boolean {
  const [name, prefix, ...more] = text.split('/').reverse();
  if (more.length > 0 || !LABEL_NAME.test(name)) return false;
  return prefix === undefined || (prefix.length <= MAX_KEY_PREFIX && LABEL_KEY_PREFIX.test(prefix));
}

/** A 64-bit one, as the API server takes it. */
function isWholeNumber(text: string | undefined): text is string {
  if (text === undefined || !/^[-+]?\d{1,19}$/.test(text)) return false;
  const value = BigInt(text.replace('+', ''));
  return BigInt.asIntN(64, value) === value;
}
