/** Rows about reverse zones, and about names outside all zones. */

import type { Printed } from '../../support/records.ts';
import {
  deniedBy,
  isFromUpstream,
  isIn,
  isInDomain,
  isNodata,
  isRefused,
  isReverse,
  recordsOf,
  serviceZoneOf,
  typesOf,
  withoutDot,
} from '../answers.ts';
import { DOMAIN } from '../cluster-objects.ts';
import { parseRr } from '../comparison.ts';
import type { Row } from '../judge.ts';
import type { Question } from '../questions.ts';

const REVERSE_ROOTS = ['in-addr.arpa', 'ip6.arpa'];

export const REVERSE_ROWS: readonly Row[] = [
  {
    id: 'reverse-types',
    aspects: ['rcode', 'authority', 'soaTimes', 'flags'],
    explains: ({ question: { name, type }, coredns, vipdns, world }) =>
      type !== 'PTR' &&
      world.holds(name, 'PTR') &&
      isFromUpstream(coredns) &&
      vipdns.status === 'NOERROR' &&
      deniedBy(vipdns) === (serviceZoneOf(name) ?? name.toLowerCase()),
  },
  {
    id: 'reverse-service-range',
    aspects: ['rcode', 'answer', 'authority', 'soaTimes'],
    explains: ({ question: { name }, coredns, vipdns, world }) =>
      serviceZoneOf(name) !== undefined &&
      serviceZoneOf(name) !== name.toLowerCase() &&
      isFromUpstream(coredns) &&
      deniedBy(vipdns) === serviceZoneOf(name) &&
      vipdns.status === (world.isAbove(name) ? 'NOERROR' : 'NXDOMAIN'),
  },
  {
    id: 'reverse-service-apex',
    aspects: ['rcode', 'answer', 'authority', 'additional', 'soaTimes'],
    explains: ({ question, coredns, vipdns, world }) => {
      const zone = question.name.toLowerCase();
      if (serviceZoneOf(zone) !== zone || !isPassedOn(question, coredns)) return false;
      const isOwn = vipdns.answer.map(parseRr).every(({ owner }) => owner === `${zone}.`);
      switch (question.type) {
        case 'SOA':
        case 'ANY':
          return isOwn && vipdns.answer.length === 1 && typesOf(vipdns.answer).has('SOA');
        case 'NS': {
          const names = recordsOf(world.answersOf('vipdns', DOMAIN, 'NS'), 'NS').map(
            ({ rdata }) => rdata,
          );
          const ours = recordsOf(vipdns.answer, 'NS').map(({ rdata }) => rdata);
          return isOwn && ours.join() === [...new Set(names)].join();
        }
        default:
          return isNodata(vipdns, zone);
      }
    },
  },
  {
    id: 'reverse-apex',
    aspects: ['rcode', 'flags', 'answer', 'authority', 'additional'],
    explains: ({ question: { name }, coredns, vipdns }) =>
      REVERSE_ROOTS.includes(name.toLowerCase()) &&
      coredns.status === 'NOERROR' &&
      isRefused(vipdns),
  },
  {
    id: 'outside',
    aspects: ['rcode', 'answer', 'authority', 'flags'],
    explains: ({ question, coredns, vipdns, world }) =>
      !isInDomain(question.name) &&
      serviceZoneOf(question.name) === undefined &&
      !world.holds(question.name) &&
      isPassedOn(question, coredns) &&
      isRefused(vipdns),
  },
  {
    id: 'reverse-soa',
    aspects: ['authority'],
    explains: ({ question: { name }, coredns, vipdns }) => {
      const [theirs, ours] = [coredns, vipdns].map(({ authority }) => authority.map(parseRr));
      return (
        isReverse(name) &&
        theirs.length === 1 &&
        ours.length === 1 &&
        theirs[0].rdata.startsWith(`ns.dns.${theirs[0].owner} hostmaster.${theirs[0].owner} `) &&
        withoutDot(ours[0].owner) === (serviceZoneOf(name) ?? name.toLowerCase()) &&
        ours[0].rdata.startsWith(`ns.dns.${DOMAIN}. hostmaster.${DOMAIN}. `)
      );
    },
  },
];

/** CoreDNS does not look whether there is a name where a SOA is asked for, but has the whole of both trees. */
function isPassedOn({ name, type }: Question, coredns: Printed): boolean {
  const root = REVERSE_ROOTS.find((each) => isIn(name, each));
  return isFromUpstream(coredns) || (type === 'SOA' && isNodata(coredns, root));
}
