/** Rows about PTR records. */
import type { Printed } from '../../support/records.ts';
import { isNxdomain, isRefused, recordsOf, serviceZoneOf, withoutDot } from '../answers.ts';
import { isSubset, parseRr } from '../comparison.ts';
import type { Row } from '../judge.ts';

/** Of an address, its zone among them. */
const IPV6_LABELS = 34;

export const POINTER_ROWS: readonly Row[] = [
  {
    id: 'ptr-virtual-ip',
    aspects: ['answer'],
    explains: ({ question: { name, type }, coredns, vipdns, world }) => {
      if (type !== 'PTR' || serviceZoneOf(name) === undefined) return false;
      const isEndpoint = (target: string) => world.holdsAddress(withoutDot(target));
      const more = targetsOf(vipdns).filter((target) => !targetsOf(coredns).includes(target));
      return (
        targetsOf(coredns).length === 1 &&
        isSubset(coredns.answer, vipdns.answer) &&
        more.every(isEndpoint)
      );
    },
  },
  {
    id: 'ptr-without-service',
    aspects: ['rcode', 'answer', 'authority', 'flags'],
    explains: ({ question: { name, type }, coredns, vipdns, world }) => {
      const gone = targetsOf(coredns).filter((target) => !targetsOf(vipdns).includes(target));
      const isMissing = (target: string) =>
        world.isMissing(serviceOf(target)) || world.hasNoAddress(withoutDot(target));
      return (
        type === 'PTR' &&
        gone.length > 0 &&
        gone.every(isMissing) &&
        isSubset(vipdns.answer, coredns.answer) &&
        (vipdns.answer.length > 0 || isNotHeld(name, vipdns))
      );
    },
  },
  {
    id: 'below-reverse-name',
    aspects: ['rcode', 'answer', 'authority', 'flags'],
    explains: ({ question: { name, type }, coredns, vipdns, world }) => {
      const [, ...parent] = name.toLowerCase().split('.');
      const above = world.answersOf('coredns', parent.join('.'), 'PTR').map(parseRr);
      const targets = targetsOf(coredns);
      return (
        type === 'PTR' &&
        parent.length === IPV6_LABELS &&
        targets.length > 0 &&
        targets.every((target) => above.some(({ rdata }) => rdata === target)) &&
        isNotHeld(name, vipdns)
      );
    },
  },
];

/** Tells whether a name is answered as one that nobody has. */
function isNotHeld(name: string, vipdns: Printed): boolean {
  const zone = serviceZoneOf(name);
  return zone === undefined ? isRefused(vipdns) : isNxdomain(vipdns, zone);
}

/** Gives the name above an endpoint's. */
function serviceOf(target: string): string {
  return withoutDot(target.slice(target.indexOf('.') + 1));
}

function targetsOf({ answer }: Printed): string[] {
  return recordsOf(answer, 'PTR').map(({ rdata }) => rdata);
}
