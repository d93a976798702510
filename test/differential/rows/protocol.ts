/** Rows about messages: sizes, truncation, and what EDNS says. */

import type { Printed } from '../../support/records.ts';
import { isRefused } from '../answers.ts';
import { hasFlag, isSameSet, isSubset, parseRr, type Rr } from '../comparison.ts';
import type { Row } from '../judge.ts';
import type { Pair } from '../pair.ts';

const MAX_UDP_BYTES = 1232;

/** Where an answer is cut, each is held against the whole of its own, and the wholes are held against each other. */
export const PROTOCOL_ROWS: readonly Row[] = [
  {
    id: 'udp-size',
    aspects: ['tc', 'answer', 'additional'],
    explains: (pair) =>
      sizeOf(pair) > MAX_UDP_BYTES &&
      pair.coredns.bytes > MAX_UDP_BYTES &&
      pair.vipdns.bytes <= MAX_UDP_BYTES &&
      isPartOfWhole(pair),
  },
  {
    id: 'truncation',
    aspects: ['answer', 'additional'],
    explains: (pair) =>
      hasFlag(pair.coredns, 'tc') && hasFlag(pair.vipdns, 'tc') && isPartOfWhole(pair),
  },
  {
    id: 'glue',
    aspects: ['tc', 'answer', 'additional'],
    explains: (pair) =>
      hasFlag(pair.coredns, 'tc') &&
      !hasFlag(pair.vipdns, 'tc') &&
      isSameSet(pair.vipdns.answer, pair.whole.vipdns.answer) &&
      pair.coredns.additional.length < pair.whole.coredns.additional.length &&
      hasWholeGlue(pair.vipdns, pair.whole.vipdns) &&
      isPartOfWhole(pair),
  },
  {
    id: 'opt-size',
    aspects: ['payload'],
    explains: ({ question, coredns, vipdns }) =>
      coredns.payloadBytes === question.form.options.payloadBytes &&
      vipdns.payloadBytes === MAX_UDP_BYTES,
  },
  {
    id: 'class',
    aspects: ['rcode', 'flags', 'answer', 'authority'],
    explains: ({ question, coredns, vipdns, whole }) =>
      question.form.options.class !== undefined &&
      coredns.status === whole.coredns.status &&
      isSameSet(coredns.answer, whole.coredns.answer) &&
      isRefused(vipdns),
  },
];

function sizeOf({ question }: Pair): number {
  return question.form.options.payloadBytes ?? 512;
}

/** Tells whether each server gives a part of what it gives over TCP, and vipdns says so by TC. */
function isPartOfWhole({ coredns, vipdns, whole }: Pair): boolean {
  const isCut = vipdns.answer.length < whole.vipdns.answer.length;
  return (
    hasFlag(vipdns, 'tc') === isCut &&
    isPart(coredns, whole.coredns) &&
    isPart(vipdns, whole.vipdns)
  );
}

function isPart(part: Printed, whole: Printed): boolean {
  return isSubset(part.answer, whole.answer) && isSubset(part.additional, whole.additional);
}

/** Tells whether the addresses of each name and type are all there, or none of them. */
function hasWholeGlue(part: Printed, whole: Printed): boolean {
  const setOf = ({ owner, type }: Rr) => `${owner} ${type}`;
  const given = new Set(part.additional.map((text) => setOf(parseRr(text))));
  const expected = whole.additional.filter((text) => given.has(setOf(parseRr(text))));
  return expected.length === part.additional.length;
}
