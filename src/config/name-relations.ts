/**
 * Mistakes of `hosts` and `rewrite` that no entry makes by itself: names that are the cluster's or stand twice, rules
 * that no question would meet, rules that lead back. In: a file whose options are each as they should be; out: a list.
 */
import { canonicalAddress } from '../dns/address.ts';
import { ownZoneMistakes, ownZonesOf } from './forward-relations.ts';
import type { RelationMistake } from './relations.ts';
import type { ConfigurationFile } from './schema.ts';
import { canonicalZoneName } from './zone-name.ts';

/** Finds names that are the cluster's to give, and names and addresses that stand twice. */
export function hostMistakes(file: ConfigurationFile): RelationMistake[] {
  const ownZones = ownZonesOf(file);
  const names = Object.keys(file.hosts).map(canonicalZoneName);
  return Object.entries(file.hosts).flatMap(([name, addresses], i) => {
    const path = `hosts.${name}`;
    const isTwice = names.indexOf(names[i]) < i;
    const expected = 'a name that is not listed yet';
    const canonical = addresses.map(canonicalAddress);
    return [
      ...(isTwice ? [{ path, expected, received: name }] : []),
      ...ownZoneMistakes(name, { path, ownZones }),
      ...addresses.flatMap((address, j) => {
        if (canonical.indexOf(canonical[j]) === j) return [];
        const received = address;
        return [{ path: `${path}[${j}]`, expected: 'an entry that is not listed yet', received }];
      }),
    ];
  });
}

/** Finds rules that say nothing: of two kinds, for a name that has a rule, or that is answered before. */
export function rewriteMistakes(file: ConfigurationFile): RelationMistake[] {
  const ownZones = ownZonesOf(file);
  const patterns = file.rewrite.map(({ from }) => canonicalZoneName(from));
  const hosts = new Set(Object.keys(file.hosts).map(canonicalZoneName));
  return file.rewrite.flatMap(({ from, to }, i) => {
    const path = `rewrite[${i}].from`;
    const isTwice = patterns.indexOf(patterns[i]) < i;
    return [
      ...(isWildcard(from) === isWildcard(to) ? [] : [kindMistake(`rewrite[${i}].to`, [from, to])]),
      ...(isTwice ? [{ path, expected: 'a name without a rule so far', received: from }] : []),
      ...(hosts.has(patterns[i])
        ? [{ path, expected: 'a name that is not in "hosts"', received: from }]
        : []),
      ...ownZoneMistakes(from, { path, ownZones }),
    ];
  });
}

function kindMistake(path: string, [from, to]: readonly [string, string]): RelationMistake {
  const kind = isWildcard(from) ? '"*." and a name' : 'a name without "*."';
  return { path, expected: `${kind}, as "${from}" is`, received: to };
}

/** Finds rules whose results would all be rewritten again: a name is rewritten once, so such a rule misleads. */
export function rewriteLoopMistakes({ rewrite }: ConfigurationFile): RelationMistake[] {
  const patterns = rewrite.map(({ from }) => canonicalZoneName(from));
  return rewrite.flatMap(({ to }, i) => {
    const result = canonicalZoneName(to);
    const next = patterns.find((pattern) => covers(pattern, result));
    if (next === undefined) return [];
    const expected = `a name that no rule rewrites again, as that for "${next}" does`;
    return [{ path: `rewrite[${i}].to`, expected, received: to }];
  });
}

/** Tells whether every name of a pattern, in canonical form, is one of another. */
function covers(pattern: string, other: string): boolean {
  // What a wildcard stands for is below its suffix; the suffix itself begins without the dot.
  return pattern === other || (isWildcard(pattern) && other.endsWith(pattern.slice(1)));
}

function isWildcard(pattern: string): boolean {
  return pattern.startsWith('*.');
}
