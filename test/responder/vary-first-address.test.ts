/** Which of several addresses of a kept answer comes first. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TYPE } from '../../src/dns/constants.ts';
import { encodeName } from '../../src/dns/name.ts';
import { buildCompressed } from '../support/compressed-message.ts';
import { TestOutside } from '../support/outside.ts';
import { TestZone, UDP } from '../support/zone.ts';

const FORWARDING = { ...UDP, handOn: () => true };
const ASKED = 3000;

/** `www.example` is `front.example`, which has addresses, as an upstream compresses it. */
function response(addresses: number): Uint8Array {
  const question = [...encodeName('www.example'), 0, 1, 0, 1];
  const front = 12 + question.length + 12;
  const alias = [0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 8, 5, ...Buffer.from('front'), 0xc0, 16];
  const records = Array.from({ length: addresses }, (_, i) => [
    ...[0xc0, front, 0, 1, 0, 1, 0, 0, 0, 90, 0, 4],
    ...[192, 0, 2, i],
  ]);
  const header = [0, 0, 0x81, 0x80, 0, 1, 0, 1 + addresses, 0, 0, 0, 0];
  return Uint8Array.from([...header, ...question, ...alias, ...records.flat()]);
}

function ask(addresses: number): string[][] {
  const outside = new TestOutside();
  outside.keep(response(addresses));
  const zone = new TestZone({ forwarded: [''], outside });
  return Array.from(
    { length: ASKED },
    () => zone.ask('www.example A', { transport: FORWARDING, payloadBytes: 1232 }).answer,
  );
}

test('each address is the first as often as any other, and none is lost', () => {
  const addresses = 5;
  const firsts = new Map<string, number>();
  const all = Array.from({ length: addresses }, (_, i) => `front.example. 90 IN A 192.0.2.${i}`);
  for (const [alias, ...records] of ask(addresses)) {
    assert.equal(alias, 'www.example. 60 IN CNAME front.example.');
    assert.deepEqual(records.toSorted(), all);
    firsts.set(records[0], (firsts.get(records[0]) ?? 0) + 1);
  }
  // Six standard deviations of a binomial distribution.
  const expected = ASKED / addresses;
  const tolerance = 6 * Math.sqrt(expected * (1 - 1 / addresses));
  for (const record of all) {
    assert.ok(Math.abs((firsts.get(record) ?? 0) - expected) < tolerance, record);
  }
});

test('one address is left alone', () => {
  for (const answer of ask(1)) {
    assert.deepEqual(answer, [
      'www.example. 60 IN CNAME front.example.',
      'front.example. 90 IN A 192.0.2.0',
    ]);
  }
});

test('name servers keep their addresses, though their records are as long as those of addresses', () => {
  const outside = new TestOutside();
  const servers = ['a.example', 'b.example', 'c.example', 'd.example'];
  const { bytes } = buildCompressed({
    question: { name: 'example', type: TYPE.NS },
    answers: servers.map((name) => ({ owner: 'example', type: TYPE.NS, ttl: 60, rdata: [name] })),
    additionals: servers.map((owner, i) => ({
      owner,
      type: TYPE.A,
      ttl: 60,
      rdata: [Uint8Array.of(192, 0, 2, i)],
    })),
  });
  outside.keep(bytes);
  const zone = new TestZone({ forwarded: [''], outside });
  for (let i = 0; i < 50; i++) {
    const printed = zone.ask('example NS', { transport: FORWARDING, payloadBytes: 1232 });
    assert.deepEqual(
      printed.additional,
      servers.map((name, last) => `${name}. 60 IN A 192.0.2.${last}`),
    );
  }
});
