/** Rows about the records of names that exist. */
import { isIn, isNodata, recordsOf, typesOf, withoutDot, withoutWeight } from '../answers.ts';
import { DOMAIN } from '../cluster-objects.ts';
import { hasFlag, isSameSet, isSubset, parseRr, type Rr, soaTimes } from '../comparison.ts';
import type { Row } from '../judge.ts';
import { OWN_SERVICE } from '../own-service.ts';

export const RECORD_ROWS: readonly Row[] = [
  {
    id: 'any',
    aspects: ['rcode', 'tc', 'answer', 'authority', 'additional', 'soaTimes'],
    explains: ({ question, coredns, vipdns, world }) => {
      const [type, ...others] = typesOf(vipdns.answer);
      const all = world.answersOf('vipdns', question.name, type);
      return (
        question.type === 'ANY' &&
        coredns.answer.length === 0 &&
        others.length === 0 &&
        type !== undefined &&
        isSubset(vipdns.answer, all) &&
        (hasFlag(vipdns, 'tc') || vipdns.answer.length === all.length)
      );
    },
  },
  {
    id: 'endpoint-srv',
    aspects: ['answer', 'authority', 'additional'],
    explains: ({ question: { name, type }, coredns, vipdns, world }) => {
      const isOwn = (rdata: string) => rdata.endsWith(` ${name.toLowerCase()}.`);
      return (
        type === 'SRV' &&
        isIn(name, `svc.${DOMAIN}`) &&
        world.holdsAddress(name) &&
        coredns.answer.length > 0 &&
        recordsOf(coredns.answer, 'SRV').every(({ rdata }) => isOwn(rdata)) &&
        isNodata(vipdns)
      );
    },
  },
  {
    id: 'srv-weight',
    aspects: ['answer', 'additional'],
    explains: ({ question: { type }, coredns, vipdns, world }) => {
      const [theirs, ours] = [coredns, vipdns].map(({ answer }) => recordsOf(answer, 'SRV'));
      const addressesOf = ({ rdata }: Rr) => {
        const target = withoutDot(rdata.split(' ')[3]);
        return ['A', 'AAAA'].flatMap((each) => world.answersOf('coredns', target, each));
      };
      const pairs = ours.flatMap(addressesOf).length;
      const isNameShared = ours.some((rr) => addressesOf(rr).length > 1);
      // One number may stand for two protocols, which are one record at the Service's name.
      const weights = Array.from({ length: pairs + 1 }, (_, i) => weightFor(pairs + i));
      const [theirWeight, ...otherWeights] = new Set(theirs.map(weightOf));
      return (
        type === 'SRV' &&
        isSameSet(coredns.answer.map(withoutWeight), vipdns.answer.map(withoutWeight)) &&
        ours.every((rr) => weights.includes(weightOf(rr)) && weightOf(rr) === weightOf(ours[0])) &&
        otherWeights.length === 0 &&
        isSubset(coredns.additional, vipdns.additional) &&
        isSameSet(vipdns.additional, ours.flatMap(addressesOf)) &&
        (theirWeight < weightFor(pairs) ||
          // Not each address of a name has all of its ports, where these are of different slices.
          (isNameShared && theirWeight !== weightOf(ours[0])) ||
          !isSubset(vipdns.additional, coredns.additional))
      );
    },
  },
  {
    id: 'ns-headless',
    isPossible: ({ hasOwnAddresses, rounds }) => hasOwnAddresses && rounds > 1,
    aspects: ['answer', 'additional'],
    explains: ({ question: { type }, coredns, vipdns }) => {
      const [theirs, ours] = [coredns, vipdns].map(({ answer }) =>
        recordsOf(answer, 'NS').map(({ rdata }) => rdata),
      );
      const service = `${OWN_SERVICE.name}.${OWN_SERVICE.namespace}.svc.${DOMAIN}.`;
      const isEndpoint = (name: string) => name.slice(name.indexOf('.') + 1) === service;
      const [theirGlue, ourGlue] = [coredns, vipdns].map(({ additional }) =>
        additional.map((record) => parseRr(record).rdata).sort(),
      );
      return (
        type === 'NS' &&
        ours.join() === service &&
        theirs.every(isEndpoint) &&
        ourGlue.join() === [...new Set(theirGlue)].join()
      );
    },
  },
  {
    id: 'link-local',
    isPossible: ({ hasLinkLocal }) => hasLinkLocal,
    aspects: ['answer', 'additional'],
    explains: ({ coredns, vipdns }) =>
      isSameSet(withoutLinkLocal(coredns.answer), vipdns.answer) &&
      isSameSet(withoutLinkLocal(coredns.additional), vipdns.additional),
  },
  {
    id: 'other-case',
    aspects: ['rcode', 'answer', 'authority', 'additional'],
    explains: ({ question: { name, type }, coredns, vipdns, world }) => {
      const folded = name.toLowerCase();
      const isConcerned =
        folded === DOMAIN ? type === 'NS' : folded === `ns.dns.${DOMAIN}` && type !== 'ANY';
      return (
        isConcerned &&
        !name.endsWith(DOMAIN) &&
        coredns.answer.length === 0 &&
        isSameSet(vipdns.answer, world.answersOf('vipdns', folded, type))
      );
    },
  },
  {
    id: 'soa-ttl',
    aspects: ['soaTimes'],
    explains: ({ coredns, vipdns, settings: { ttl, negativeTtl } }) =>
      soaTimes(coredns).every((times) => times === `${Math.min(ttl, 300)}/${ttl}`) &&
      soaTimes(vipdns).every((times) => times === `${negativeTtl}/${negativeTtl}`),
  },
  {
    id: 'dns-version-ttl',
    aspects: ['ttl'],
    explains: ({ coredns, vipdns, settings }) =>
      recordsOf(coredns.answer, 'TXT').every(({ ttl }) => ttl === 28_800) &&
      recordsOf(vipdns.answer, 'TXT').every(({ ttl }) => ttl === settings.ttl),
  },
];

function weightOf({ rdata }: Rr): number {
  return Number(rdata.split(' ')[1]);
}

/** Of each of so many records. */
function weightFor(records: number): number {
  return Math.max(Math.floor(100 / records), 1);
}

function withoutLinkLocal(section: readonly string[]): string[] {
  return section.filter((record) => !record.includes(' AAAA fe80:'));
}
