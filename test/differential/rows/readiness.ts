/** The row about endpoints that are not ready, of a Service that publishes them. */
import { isNodata, withoutWeight } from '../answers.ts';
import { DOMAIN } from '../cluster-objects.ts';
import { isSameSet } from '../comparison.ts';
import { UNREADY_ADDRESS, UNREADY_SERVICE } from '../fixed-objects.ts';
import type { Row } from '../judge.ts';

const LABEL = UNREADY_ADDRESS.replaceAll('.', '-');
const ENDPOINT = `${LABEL}.${UNREADY_SERVICE}`;
const REVERSE = `${UNREADY_ADDRESS.split('.').reverse().join('.')}.in-addr.arpa`;

export const READINESS_ROWS: readonly Row[] = [
  {
    id: 'not-ready',
    aspects: ['rcode', 'answer', 'authority', 'additional', 'soaTimes'],
    explains: ({ question, coredns, vipdns }) => {
      const name = question.name.toLowerCase();
      if (name === ENDPOINT || name === REVERSE) {
        const isItself = vipdns.answer.length === 1 && isAboutUnready(vipdns.answer[0]);
        const isHere = isItself || isNodata(vipdns, name === REVERSE ? REVERSE : DOMAIN);
        return coredns.status === 'NXDOMAIN' && isHere;
      }
      const isOfService = name === UNREADY_SERVICE || name === `_http._tcp.${UNREADY_SERVICE}`;
      return isOfService && isWithout(vipdns.answer, coredns.answer);
    },
  },
];

function isAboutUnready(record: string): boolean {
  return record.includes(UNREADY_ADDRESS) || record.includes(LABEL);
}

/** Tells whether the records without the endpoint that is not ready are those of CoreDNS. */
function isWithout(all: readonly string[], ready: readonly string[]): boolean {
  const left = all.filter((record) => !isAboutUnready(record));
  return left.length < all.length && isSameSet(left.map(withoutWeight), ready.map(withoutWeight));
}
