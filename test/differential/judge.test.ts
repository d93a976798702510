import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Printed } from '../support/records.ts';
import { type Conditions, createVerdicts, judge, type Row, staleRows } from './judge.ts';
import { pairUp } from './pair.ts';
import { denied, printed } from './printed.ts';
import type { Question } from './questions.ts';
import { formatVerdicts } from './report.ts';
import { ROWS } from './rows.ts';

const SETTINGS = { pods: 'disabled', endpointPodNames: false, ttl: 30, negativeTtl: 7 };
const CONDITIONS: Conditions = {
  pods: ['disabled'],
  rounds: 0,
  hasOwnAddresses: false,
  hasLinkLocal: false,
};
const WEB = 'web.shop.svc.cluster.local';
const SRV = `_http._tcp.${WEB}. 30 IN SRV 0 100 80 ${WEB}.`;

type Exchange = readonly [question: string, coredns: Printed, vipdns: Printed];

/** Judges answers to questions over TCP. */
function verdictsOf(exchanges: readonly Exchange[], rows: readonly Row[] = ROWS) {
  const questions = exchanges.map(([text]): Question => {
    const [name, type] = text.split(' ');
    return { name, type, form: { name: 'tcp', transport: 'tcp', options: {} } };
  });
  const coredns = exchanges.map(([, answer]) => answer);
  const vipdns = exchanges.map(([, , answer]) => answer);
  const facts = { settings: SETTINGS, secondPodAddresses: new Set<string>() };
  const verdicts = createVerdicts(rows);
  judge(pairUp(questions, { coredns, vipdns }, facts), rows, verdicts);
  return verdicts;
}

/** A port's name that both servers have. */
const PORT: Exchange = [
  `_http._tcp.${WEB} SRV`,
  printed({ answer: [SRV] }),
  printed({ answer: [SRV] }),
];

test('judge() lets a difference pass that a row explains, and counts it there', () => {
  const between: Exchange = [`_tcp.${WEB} A`, denied('NXDOMAIN', 30), denied('NOERROR', 7)];
  const { compared, different, byRow, unexplained } = verdictsOf([PORT, between]);
  assert.deepEqual(
    { compared, different, unexplained },
    { compared: 2, different: 1, unexplained: [] },
  );
  assert.equal(byRow.get('empty-non-terminal'), 1);
  assert.equal(byRow.get('soa-ttl'), 1);
  assert.equal(byRow.get('any'), 0);
});

test('judge() wants every aspect explained', () => {
  const between: Exchange = [
    `_tcp.${WEB} A`,
    denied('NXDOMAIN', 30),
    { ...denied('NOERROR', 7), flags: 'qr rd' },
  ];
  const { unexplained } = verdictsOf([PORT, between]);
  assert.deepEqual(
    unexplained.map(({ aspects }) => aspects),
    [['flags']],
  );
});

test('rows explain no name for which their reason does not hold', () => {
  const wrong: readonly Exchange[] = [
    // Nothing is below it.
    [`_udp.${WEB} A`, denied('NXDOMAIN', 30), denied('NOERROR', 7)],
    // A time that is in nobody's configuration.
    [`a.${WEB} A`, denied('NXDOMAIN', 30), denied('NXDOMAIN', 8)],
    // There is no such port.
    [`https.tcp.${WEB} SRV`, printed({ answer: [SRV] }), denied('NXDOMAIN', 7)],
    [WEB.concat(' A'), printed({ answer: [`${WEB}. 30 IN A 10.96.0.1`] }), denied('NOERROR', 7)],
    ['b.cluster.local SOA', denied('NXDOMAIN', 30), denied('NOERROR', 7)],
    ['example.org A', denied('NXDOMAIN', 30), printed({ status: 'REFUSED' })],
    [
      'b.shop.pod.cluster.local AAAA',
      denied('NXDOMAIN', 30),
      printed({ answer: ['b. 30 IN AAAA ::1'] }),
    ],
  ];
  const { unexplained } = verdictsOf([PORT, ...wrong]);
  assert.deepEqual(
    unexplained.map(({ pair }) => `${pair.question.name} ${pair.question.type}`),
    wrong.map(([question]) => question),
  );
});

test('formatVerdicts() prints an unexplained difference as two answers with their question', () => {
  const verdicts = verdictsOf([[`c.${WEB} A`, denied('NXDOMAIN', 30), printed()]]);
  const text = formatVerdicts(verdicts, []).join('\n');
  assert.match(text, /^; c\.web\.shop\.svc\.cluster\.local\. A, tcp \(pods: disabled/m);
  assert.match(text, /^; differ in rcode, authority, /m);
  assert.match(text, /^;; CoreDNS: status: NXDOMAIN; flags: qr aa rd; no EDNS; 100 bytes$/m);
  assert.match(text, /^;; vipdns: status: NOERROR/m);
  assert.match(text, /1 questions compared, 1 with different answers, 1 of them UNEXPLAINED$/);
});

test('staleRows() gives the rows without a difference that could have had one', () => {
  const never = (id: string, isPossible?: Row['isPossible']): Row => ({
    id,
    aspects: ['rcode'],
    explains: () => false,
    ...(isPossible && { isPossible }),
  });
  const rows = [never('always'), never('pods', ({ pods }) => pods.includes('verified'))];
  const verdicts = createVerdicts(rows);
  assert.deepEqual(staleRows(verdicts, { rows, conditions: CONDITIONS }), ['always']);
  const conditions = { ...CONDITIONS, pods: ['verified'] };
  assert.deepEqual(staleRows(verdicts, { rows, conditions }), ['always', 'pods']);
});
