/** Rows about Services of type ExternalName. */
import { isInDomain, isNodata, recordsOf, typesOf, withoutDot } from '../answers.ts';
import { isSameSet, parseRr } from '../comparison.ts';
import { UPSTREAM } from '../coredns.ts';
import type { Row } from '../judge.ts';
import type { Pair } from '../pair.ts';

/** CoreDNS follows an alias for these. */
const FOLLOWED_TYPES = ['A', 'AAAA', 'TXT'];

export const EXTERNAL_NAME_ROWS: readonly Row[] = [
  {
    id: 'external-name-types',
    aspects: ['rcode', 'tc', 'answer', 'authority', 'additional'],
    explains: (pair) =>
      ![...FOLLOWED_TYPES, 'CNAME'].includes(pair.question.type) &&
      isNodata(pair.coredns) &&
      isWholeChain(pair),
  },
  {
    id: 'external-name-missing',
    aspects: ['rcode', 'answer', 'authority'],
    explains: (pair) => {
      const { coredns, vipdns, question } = pair;
      const isBare = [...typesOf(vipdns.answer)].join() === 'CNAME';
      const wasDropped = isNodata(coredns) || isPartOfChain(coredns.answer, vipdns.answer);
      return FOLLOWED_TYPES.includes(question.type) && isWholeChain(pair) && isBare && wasDropped;
    },
  },
  {
    id: 'external-name-outside',
    aspects: ['answer'],
    explains: ({ coredns, vipdns }) => {
      const own = coredns.answer.filter((text) => parseRr(text).rdata !== UPSTREAM.address);
      return own.length < coredns.answer.length && isSameSet(own, vipdns.answer);
    },
  },
];

/**
 * Tells whether vipdns's answer is a chain of CNAMEs from the question's name, and then what CoreDNS has of the type
 * at its end, or the denial of that. What lies outside the zone has nothing here, and a circle has no end.
 */
function isWholeChain({ question, vipdns, world }: Pair): boolean {
  const targets = new Map(
    recordsOf(vipdns.answer, 'CNAME').map(({ owner, rdata }) => [owner, rdata]),
  );
  if (!world.holds(question.name, 'CNAME')) return false;
  const passed = new Set<string>();
  let end = `${question.name.toLowerCase()}.`;
  for (let next = targets.get(end); next !== undefined && !passed.has(end); ) {
    passed.add(end);
    end = next;
    next = targets.get(end);
  }
  if (passed.size === 0 || passed.size < targets.size) return false;
  const rest = vipdns.answer.filter((text) => parseRr(text).type !== 'CNAME');
  const hasNoEnd = passed.has(end) || !isInDomain(withoutDot(end));
  if (rest.length > 0 || hasNoEnd) {
    const expected = hasNoEnd ? [] : world.answersOf('coredns', withoutDot(end), question.type);
    return (
      vipdns.status === 'NOERROR' && vipdns.authority.length === 0 && isSameSet(rest, expected)
    );
  }
  const rcode = world.isMissing(withoutDot(end)) ? 'NXDOMAIN' : 'NOERROR';
  const isDenied = [...typesOf(vipdns.authority)].join() === 'SOA';
  return vipdns.status === rcode && isDenied;
}

function isPartOfChain(some: readonly string[], all: readonly string[]): boolean {
  return some.every((text) => all.includes(text));
}
