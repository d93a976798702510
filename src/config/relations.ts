/**
 * Mistakes that no option makes by itself: entries of a list that exclude each other, options that do. In: a
 * configuration file whose options are each as they should be, and which of them may be compared; out: a list.
 */
import { type Prefix, parsePrefix, prefixContains } from '../dns/address.ts';
import type { SocketAddress } from './configuration.ts';
import {
  forwardOwnZoneMistakes,
  forwardZoneMistakes,
  ownUpstreamMistakes,
  upstreamMistakes,
} from './forward-relations.ts';
import { hostMistakes, rewriteLoopMistakes, rewriteMistakes } from './name-relations.ts';
import type { ConfigurationFile } from './schema.ts';
import { collides, parseSocketAddress } from './socket-address.ts';
import { canonicalZoneName, isZoneAtOrBelow } from './zone-name.ts';

export interface RelationMistake {
  /** `listen[1]`. */
  readonly path: string;
  readonly expected: string;
  readonly received: unknown;
}

type Option = keyof ConfigurationFile;

/** Finds the mistakes between options for which `isSound` is true. */
export function findRelationMistakes(
  file: ConfigurationFile,
  isSound: (option: Option) => boolean,
): RelationMistake[] {
  return RELATIONS.filter(({ options }) => options.every(isSound)).flatMap(({ find }) =>
    find(file),
  );
}

/** Finds what `source` says twice; its defaults are not in it yet. */
export function findSourceMistakes(source: unknown): RelationMistake[] {
  const { manifests, kubernetes } = (source ?? {}) as Readonly<Record<string, unknown>>;
  const isTwice = manifests !== undefined && kubernetes !== undefined && kubernetes !== null;
  if (!isTwice) return [];
  const expected = 'nothing where "source.kubernetes" is set';
  return [{ path: 'source.manifests', expected, received: manifests }];
}

interface Relation {
  readonly options: readonly Option[];
  readonly find: (file: ConfigurationFile) => RelationMistake[];
}

/** What decides which zones are answered here. */
const OWN_ZONES: readonly Option[] = ['zones', 'reverseZones', 'serviceCidr'];

const RELATIONS: readonly Relation[] = [
  { options: ['listen'], find: ({ listen }) => pairMistakes('listen', listen, LISTEN) },
  { options: ['listen', 'http'], find: httpMistakes },
  {
    options: ['source'],
    find: ({ source }) => pairMistakes('source.manifests', source.manifests, DISTINCT),
  },
  { options: ['source'], find: contextMistakes },
  { options: ['zones'], find: ({ zones }) => pairMistakes('zones', zones, ZONES) },
  {
    options: ['reverseZones'],
    find: ({ reverseZones }) => pairMistakes('reverseZones', reverseZones, ZONES),
  },
  {
    options: ['serviceCidr'],
    find: ({ serviceCidr }) => pairMistakes('serviceCidr', serviceCidr, PREFIXES),
  },
  {
    options: ['namespaces'],
    find: ({ namespaces }) => pairMistakes('namespaces', namespaces, DISTINCT),
  },
  { options: ['namespaces', 'namespaceLabels'], find: namespaceMistakes },
  { options: ['forward'], find: forwardZoneMistakes },
  { options: ['forward', ...OWN_ZONES], find: forwardOwnZoneMistakes },
  { options: ['forward'], find: upstreamMistakes },
  { options: ['forward', 'listen'], find: ownUpstreamMistakes },
  { options: ['hosts', ...OWN_ZONES], find: hostMistakes },
  { options: ['rewrite', 'hosts', ...OWN_ZONES], find: rewriteMistakes },
  { options: ['rewrite'], find: rewriteLoopMistakes },
];

/** What may not hold between an entry of a list and one before it. */
interface PairRule {
  readonly excludes: (entry: string, before: string) => boolean;
  readonly expected: (before: string) => string;
}

const DISTINCT: PairRule = {
  excludes: (entry, before) => entry === before,
  expected: () => 'an entry that is not listed yet',
};

const LISTEN: PairRule = {
  excludes: (entry, before) => isCollision(parseSocketAddress(entry), parseSocketAddress(before)),
  expected: (before) => `an address that "${before}" leaves free`,
};

const ZONES: PairRule = {
  excludes: (entry, before) => isZoneAtOrBelow(entry, before) || isZoneAtOrBelow(before, entry),
  expected: (before) => `a zone neither at, below nor above "${canonicalZoneName(before)}"`,
};

const PREFIXES: PairRule = {
  excludes: (entry, before) => overlaps(parsePrefix(entry), parsePrefix(before)),
  expected: (before) => `a prefix that does not overlap "${before}"`,
};

function pairMistakes(path: string, list: readonly string[], rule: PairRule): RelationMistake[] {
  return list.flatMap((entry, i) => {
    const before = list.slice(0, i).find((other) => rule.excludes(entry, other));
    if (before === undefined) return [];
    return [{ path: `${path}[${i}]`, expected: rule.expected(before), received: entry }];
  });
}

/** DNS over TCP and HTTP cannot share a port. */
function httpMistakes({ listen, http }: ConfigurationFile): RelationMistake[] {
  const other = listen.find((each) =>
    isCollision(parseSocketAddress(http), parseSocketAddress(each)),
  );
  if (other === undefined) return [];
  return [{ path: 'http', expected: LISTEN.expected(other), received: http }];
}

function contextMistakes({ source: { kubernetes } }: ConfigurationFile): RelationMistake[] {
  if (kubernetes === null || kubernetes.context === '' || kubernetes.kubeconfig !== '') return [];
  const expected = 'nothing where "source.kubernetes.kubeconfig" is not set';
  return [{ path: 'source.kubernetes.context', expected, received: kubernetes.context }];
}

function namespaceMistakes(file: ConfigurationFile): RelationMistake[] {
  const { namespaces, namespaceLabels } = file;
  if (namespaces.length === 0 || namespaceLabels.trim() === '') return [];
  return [
    {
      path: 'namespaceLabels',
      expected: 'nothing where "namespaces" is set',
      received: namespaceLabels,
    },
  ];
}

function isCollision(a: SocketAddress | undefined, b: SocketAddress | undefined): boolean {
  return a !== undefined && b !== undefined && collides(a, b);
}

function overlaps(a: Prefix | undefined, b: Prefix | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return prefixContains(a, b.address) || prefixContains(b, a.address);
}
