/** Rows about which names exist, and what is said of those that do without the type. */
import { deniedBy, isNodata, isNxdomain, labelsOf, serviceZoneOf } from '../answers.ts';
import { DOMAIN } from '../cluster-objects.ts';
import type { Row } from '../judge.ts';

export const EXISTENCE_ROWS: readonly Row[] = [
  {
    id: 'empty-non-terminal',
    aspects: ['rcode'],
    explains: ({ question, coredns, vipdns, world }) =>
      isNxdomain(coredns) && isNodata(vipdns) && world.isAbove(question.name),
  },
  {
    id: 'txt-without-service',
    aspects: ['rcode'],
    explains: ({ question, coredns, vipdns, world }) =>
      question.type === 'TXT' &&
      isNxdomain(coredns) &&
      isNodata(vipdns) &&
      world.exists(question.name),
  },
  {
    id: 'name-server-types',
    aspects: ['rcode'],
    explains: ({ question: { name, type }, coredns, vipdns, world }) =>
      name.toLowerCase() === `ns.dns.${DOMAIN}` &&
      (type === 'PTR' || type === 'TXT') &&
      world.holdsAddress(name) &&
      isNxdomain(coredns) &&
      isNodata(vipdns),
  },
  {
    id: 'dns-version-types',
    aspects: ['rcode'],
    explains: ({ question, coredns, vipdns }) =>
      question.name.toLowerCase() === `dns-version.${DOMAIN}` &&
      isNxdomain(coredns) &&
      isNodata(vipdns),
  },
  {
    id: 'soa-missing-name',
    aspects: ['rcode'],
    explains: ({ question, coredns, vipdns }) =>
      question.type === 'SOA' &&
      coredns.status === 'NOERROR' &&
      deniedBy(coredns) !== undefined &&
      isNxdomain(vipdns, serviceZoneOf(question.name)),
  },
  {
    id: 'port-address',
    aspects: ['tc', 'answer', 'authority'],
    explains: ({ question: { name, type }, coredns, vipdns, world }) =>
      (type === 'A' || type === 'AAAA') &&
      world.holds(name, 'SRV') &&
      /^_[^.]+\._[^.]+\./.test(name) &&
      coredns.status === 'NOERROR' &&
      coredns.answer.length > 0 &&
      isNodata(vipdns),
  },
  {
    id: 'port-without-underscores',
    aspects: ['rcode', 'tc', 'answer', 'authority', 'additional'],
    explains: ({ question: { name }, coredns, vipdns, world }) => {
      const [port, protocol, ...parent] = labelsOf(name);
      const isPort = [port, protocol].every((label) => /^_./.test(label));
      const proper = ['_', port.replace('_', ''), '._', protocol?.replace('_', '')].join('');
      const stands = world.holds(`${proper}.${parent.join('.')}`, 'SRV');
      const isEmpty = [port, protocol].includes('_') && world.holds(parent.join('.'));
      return !isPort && (stands || isEmpty) && coredns.status === 'NOERROR' && isNxdomain(vipdns);
    },
  },
];
