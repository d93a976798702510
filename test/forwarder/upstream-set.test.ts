import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ForwardPolicy } from '../../src/config/configuration.ts';
import { encodeName } from '../../src/dns/name.ts';
import { ForwardZones } from '../../src/forwarder/forward-zones.ts';
import { StreamUpstream } from '../../src/forwarder/stream-upstream.ts';
import { Upstream } from '../../src/forwarder/upstream.ts';
import type { UpstreamAddress } from '../../src/forwarder/upstream-address.ts';
import { UpstreamSet } from '../../src/forwarder/upstream-set.ts';
import { UpstreamStats } from '../../src/forwarder/upstream-stats.ts';
import { Upstreams } from '../../src/forwarder/upstreams.ts';

function at(number: number, rest: Partial<UpstreamAddress> = {}): UpstreamAddress {
  const address = `192.0.2.${number}`;
  return { transport: 'udp', address, port: 53, serverName: '', ...rest };
}

function create(address: UpstreamAddress): Upstream {
  const stream = new StreamUpstream(address, { events: { count: () => {} } });
  return new Upstream(address, { stream, stats: new UpstreamStats() });
}

/** A set whose upstreams no other one has. */
function emptySet(policy: ForwardPolicy): UpstreamSet {
  const known = new Upstreams(create);
  return new UpstreamSet({ policy, upstreamAt: (address) => known.at(address) });
}

function setOf(policy: ForwardPolicy, count: number): UpstreamSet {
  const set = emptySet(policy);
  set.use(Array.from({ length: count }, (_, i) => at(i)));
  return set;
}

let now = 0;

/** Who is asked first, how often, in so many questions that come a second apart. */
function firsts(set: UpstreamSet, questions: number): number[] {
  const counts = set.upstreams.map(() => 0);
  for (let i = 0; i < questions; i++) {
    now += 1000;
    counts[set.upstreams.indexOf(set.order(now)[0])]++;
  }
  return counts;
}

for (const policy of ['fastest', 'random', 'roundRobin', 'sequential'] as const) {
  test(`${policy}: an order has every upstream once, those that are down behind the others`, () => {
    const set = setOf(policy, 5);
    for (const i of [0, 3]) set.upstreams[i].health.noteRefusal();
    for (let turn = 0; turn < 50; turn++) {
      const order = set.order(turn * 1000);
      assert.deepEqual(new Set(order), new Set(set.upstreams));
      assert.equal(order.length, 5);
      const down = order.slice(3).map((each) => set.upstreams.indexOf(each));
      assert.deepEqual(down.toSorted(), [0, 3]);
    }
  });

  test(`${policy}: a set without upstreams is down, and has an order`, () => {
    const set = setOf(policy, 0);
    assert.equal(set.isDown, true);
    assert.deepEqual(set.order(0), []);
  });
}

test('sequential: the first that is not down comes first', () => {
  const set = setOf('sequential', 3);
  assert.deepEqual(firsts(set, 10), [10, 0, 0]);
  set.upstreams[0].health.noteRefusal();
  assert.deepEqual(firsts(set, 10), [0, 10, 0]);
});

test('roundRobin: each in turn, also within one moment', () => {
  assert.deepEqual(firsts(setOf('roundRobin', 3), 30), [10, 10, 10]);
  const set = setOf('roundRobin', 3);
  const order = Array.from({ length: 6 }, () => set.upstreams.indexOf(set.order(0)[0]));
  assert.deepEqual(order, [0, 1, 2, 0, 1, 2]);
});

test('random: each as likely', () => {
  for (const count of firsts(setOf('random', 3), 3000)) {
    assert.ok(count > 850 && count < 1150, `${count}`);
  }
});

test('fastest: by expected time, those that are alike sharing the load', () => {
  const set = setOf('fastest', 4);
  for (const [i, ms] of [30, 5, 5.5, 100].entries()) set.upstreams[i].health.noteAnswer(ms);
  const counts = firsts(set, 1000);
  assert.equal(counts[0] + counts[3], 0);
  assert.ok(counts[1] > 400 && counts[2] > 400, `${counts}`);
  for (let turn = 0; turn < 20; turn++) {
    const rest = set.order(turn * 1000).slice(2);
    assert.deepEqual(rest, [set.upstreams[0], set.upstreams[3]]);
  }
});

test('fastest: one silence, and another is asked first; an answer, and it is back', () => {
  const set = setOf('fastest', 2);
  for (const { health } of set.upstreams) health.noteAnswer(5);
  set.upstreams[0].health.noteSilence();
  assert.deepEqual(firsts(set, 20), [0, 20]);
  set.upstreams[0].health.noteAnswer(undefined);
  const [again] = firsts(set, 200);
  assert.ok(again > 60, `${again}`);
});

test('use() keeps what is known of addresses that stay, and ends the connections of others', () => {
  const set = setOf('fastest', 2);
  const [first, second] = set.upstreams;
  const isClosed = new Map([first, second].map((each) => [each, false]));
  for (const each of [first, second]) {
    const close = each.stream.close.bind(each.stream);
    each.stream.close = () => {
      isClosed.set(each, true);
      close();
    };
  }
  set.use([at(9), at(1)]);
  assert.equal(set.upstreams[1], second);
  assert.notEqual(set.upstreams[0], first);
  assert.deepEqual([isClosed.get(first), isClosed.get(second)], [true, false]);
  assert.equal(set.order(0).length, 2);
  assert.ok(!set.order(0).includes(first));
});

test('use() takes an upstream with another certificate, transport or port for another one', () => {
  const set = emptySet('sequential');
  const tls = at(1, { transport: 'tls', port: 853, serverName: 'a.example' });
  set.use([tls]);
  for (const change of [{ serverName: 'b.example' }, { port: 8853 }, { transport: 'tcp' }]) {
    const [before] = set.upstreams;
    set.use([{ ...tls, ...(change as Partial<UpstreamAddress>) }]);
    assert.notEqual(set.upstreams[0], before);
    const [changed] = set.upstreams;
    set.use([{ ...tls, ...(change as Partial<UpstreamAddress>) }]);
    assert.equal(set.upstreams[0], changed);
  }
});

test('ForwardZones.find() takes the longest zone that a name is in', () => {
  const sets = Object.fromEntries(['all', 'corp', 'db'].map((each) => [each, setOf('random', 1)]));
  const zones = new ForwardZones([
    { zones: [''], set: sets.all },
    { zones: ['corp.example', '10.in-addr.arpa'], set: sets.corp },
    { zones: ['db.corp.example'], set: sets.db },
  ]);
  const cases: readonly (readonly [string, string])[] = [
    ['.', 'all'],
    ['example', 'all'],
    ['xcorp.example', 'all'],
    ['corp.example.org', 'all'],
    ['corp.example', 'corp'],
    ['a.b.corp.example', 'corp'],
    ['1.0.0.10.in-addr.arpa', 'corp'],
    ['db.corp.example', 'db'],
    ['x.db.corp.example', 'db'],
  ];
  for (const [name, set] of cases) assert.equal(zones.find(encodeName(name)), sets[set], name);
  const some = new ForwardZones([{ zones: ['corp.example'], set: sets.corp }]);
  assert.equal(some.find(encodeName('example.org')), undefined);
});
