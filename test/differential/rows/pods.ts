/** Rows about the names of Pods by their address. */

import { dashedAddress } from '../../../src/zone/endpoint-name.ts';
import type { Printed } from '../../support/records.ts';
import { isNodata, isNxdomain, labelsOf, recordsOf, typesOf } from '../answers.ts';
import { parseRr } from '../comparison.ts';
import type { Row } from '../judge.ts';

const POD_NAME = /^([^.]+)\.[^.]+\.pod\.cluster\.local$/;

export const POD_ROWS: readonly Row[] = [
  {
    id: 'pod-srv',
    isPossible: ({ pods }) => pods.some((mode) => mode !== 'disabled'),
    aspects: ['answer', 'authority', 'additional'],
    explains: ({ question: { name, type }, coredns, vipdns }) => {
      const folded = name.toLowerCase();
      const isOwn = (rdata: string) => rdata === `0 100 0 ${folded}.`;
      return (
        type === 'SRV' &&
        POD_NAME.test(folded) &&
        coredns.answer.length > 0 &&
        recordsOf(coredns.answer, 'SRV').every(({ rdata }) => isOwn(rdata)) &&
        isNodata(vipdns)
      );
    },
  },
  {
    id: 'pod-mapped-address',
    isPossible: ({ pods }) => pods.includes('insecure'),
    aspects: ['answer', 'authority'],
    explains: ({ question: { name, type }, coredns, vipdns }) => {
      if (!POD_NAME.exec(name.toLowerCase())?.[1].startsWith('--ffff-')) return false;
      const [without, withAddress] = type === 'A' ? [vipdns, coredns] : [coredns, vipdns];
      const { answer } = withAddress;
      return isNodata(without) && answer.length === 1 && typesOf(answer).has(type);
    },
  },
  {
    id: 'pod-second-address',
    isPossible: ({ pods }) => pods.includes('verified'),
    aspects: ['rcode', 'answer', 'authority', 'additional', 'soaTimes'],
    explains: ({ question: { name }, coredns, vipdns, settings, world }) => {
      const [label, namespace] = labelsOf(name);
      return (
        settings.pods === 'verified' &&
        POD_NAME.test(name.toLowerCase()) &&
        world.secondPodAddresses.has(`${namespace}/${label}`) &&
        isNxdomain(coredns) &&
        (isNodata(vipdns) || isAddressOf(label, vipdns))
      );
    },
  },
  {
    id: 'below-pod',
    isPossible: ({ pods }) => pods.some((mode) => mode !== 'disabled'),
    aspects: ['rcode', 'answer', 'authority', 'additional'],
    explains: ({ question: { name, type }, coredns, vipdns, world }) => {
      const pod = labelsOf(name).slice(-5).join('.');
      const depth = labelsOf(name).length - 5;
      return (
        POD_NAME.test(pod) &&
        (depth === 1 || depth === 2) &&
        world.exists(pod) &&
        coredns.status === 'NOERROR' &&
        (coredns.answer.length === 0 || typesOf(coredns.answer).has(type)) &&
        isNxdomain(vipdns)
      );
    },
  },
];

/** Tells whether the answer is the address that a label says. */
function isAddressOf(label: string, { answer }: Printed): boolean {
  return answer.length === 1 && dashedAddress(parseRr(answer[0]).rdata) === label;
}
