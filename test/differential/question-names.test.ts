import assert from 'node:assert/strict';
import { test } from 'node:test';
import { questionNames } from './question-names.ts';
import { buildQuestions } from './questions.ts';
import { RandomChoice } from './random-choice.ts';
import { RandomCluster } from './random-cluster.ts';

const cluster = new RandomCluster(new RandomChoice(1), { services: 5, ownAddresses: [] });
const names = questionNames(cluster, new RandomChoice(1));

test('questionNames() has the names of each object, and their neighbours', () => {
  const service = 'unready.shop.svc.cluster.local';
  for (const name of [
    service,
    `_http._tcp.${service}`,
    `_tcp.${service}`,
    `http.tcp.${service}`,
    `missing.${service}`,
    `10-246-0-2.${service}`,
    `x.10-246-0-2.${service}`,
    '2.0.246.10.in-addr.arpa',
    '0.246.10.in-addr.arpa',
    'x.2.0.246.10.in-addr.arpa',
    '1.100.96.10.in-addr.arpa',
    'without-service.shop.svc.cluster.local',
    '10-246-0-3.without-service.shop.svc.cluster.local',
    'shop.svc.cluster.local',
    '256-1-1-1.shop.pod.cluster.local',
    'CLUSTER.LOCAL',
  ]) {
    assert.ok(names.includes(name), name);
  }
});

test('questionNames() has each name once, and none that is too long', () => {
  assert.equal(new Set(names).size, names.length);
  for (const name of names) {
    assert.ok(name.length <= 253 && name.split('.').every(({ length }) => length <= 63), name);
  }
});

test('buildQuestions() asks for every type over UDP, with EDNS, with DO, and before that over TCP', () => {
  const questions = buildQuestions(['web.example.org']);
  const formsOf = (type: string) =>
    questions.filter((question) => question.type === type).map(({ form }) => form.name);
  for (const type of ['CNAME', 'NS', 'SOA', 'TXT', 'MX', 'ANY', 'UNKNOWN_65', 'DS']) {
    assert.deepEqual(formsOf(type), ['tcp', 'udp', 'udp+edns', 'udp+do']);
  }
  const all = ['tcp', 'udp', 'udp+edns', 'udp+do', 'udp+large', 'tcp+edns'];
  for (const type of ['AAAA', 'SRV', 'PTR']) assert.deepEqual(formsOf(type), all);
  assert.deepEqual(formsOf('A'), [...all, 'udp+ch']);
});
