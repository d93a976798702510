/**
 * Names that are answered as others. In: a query whose name nobody here holds; out: the same query with the name that
 * a rule puts in its place. What `*.suffix` stands for is kept, any number of labels of it.
 */
import { MAX_NAME_BYTES } from '../dns/constants.ts';
import { countLabels, encodeName, type WireName } from '../dns/name.ts';
import type { Query } from './query.ts';

/** Both exact names, or both `*.suffix`, without the final dot. */
export interface RewriteRule {
  readonly from: string;
  readonly to: string;
}

/** A rule in wire format, folded to lower case. */
export interface CompiledRewrite {
  readonly from: WireName;
  readonly fromLabelCount: number;
  readonly to: WireName;
  readonly isWildcard: boolean;
}

/** Compiles rules, and puts them in the order in which they go before one another. */
export function compileRewrites(rules: readonly RewriteRule[]): CompiledRewrite[] {
  const compiled = rules.map(({ from, to }) => {
    const isWildcard = from.startsWith('*.');
    const [fromName, toName] = [from, to].map((text) => encodeName(text.replace(/^\*\./, '')));
    return { from: fromName, fromLabelCount: countLabels(fromName), to: toName, isWildcard };
  });
  // Of two rules that a name meets, one ends with the other; an exact one is as long as the name itself.
  return compiled.toSorted((a, b) => b.from.length - a.from.length);
}

/**
 * Puts another name in the place of the query's, in its own memory, where a rule says so; gives whether one did. An
 * exact name goes before a longer suffix, that before a shorter one. Where the other name would be too long, the
 * query stays as it is: RFC 1035 section 2.3.4.
 */
export function rewriteName(query: Query, rules: readonly CompiledRewrite[]): boolean {
  for (let i = 0; i < rules.length; i++) {
    const { from, fromLabelCount, to, isWildcard } = rules[i];
    // A wildcard stands for at least one label, RFC 4592 section 2.1.1.
    if (query.labelCount > fromLabelCount !== isWildcard) continue;
    const offset = query.offsetOf(from, fromLabelCount);
    if (offset < 0) continue;
    const length = offset + to.length;
    if (length > MAX_NAME_BYTES) return false;
    query.name.set(to, offset);
    query.setName(query.name, 0, length);
    return true;
  }
  return false;
}
