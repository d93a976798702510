/** Answers from outside in responses: behind aliases, cut, aged, with their flags and errors. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import packet, { type Answer } from 'dns-packet';
import fc from 'fast-check';
import { FLAG, RCODE, TYPE } from '../../src/dns/constants.ts';
import { buildCompressed, type RawMessage, type RawRecord } from '../support/compressed-message.ts';
import { OneAnswer } from '../support/received.ts';
import { buildQuery, printResponse, type QuestionOptions } from '../support/records.ts';
import { service } from '../support/resources.ts';
import { TCP, TestZone, type TestZoneOptions, UDP } from '../support/zone.ts';

const ALIAS = 'away.shop.svc.cluster.local';
const QR = FLAG.qr | FLAG.ra;
const handOn = () => true;
const OVER_UDP = { ...UDP, handOn };
const OVER_TCP = { ...TCP, handOn };

interface OutsideOptions extends TestZoneOptions {
  readonly target?: string;
  readonly isStale?: boolean;
  readonly ageSeconds?: number;
}

/** A zone in which ALIAS leads to `target`, and whose every question outside has this answer. */
function zoneWith(message: RawMessage, options: OutsideOptions = {}): TestZone {
  const outside = new OneAnswer(buildCompressed(message).bytes);
  outside.isStale = options.isStale ?? false;
  outside.ageSeconds = options.ageSeconds ?? 0;
  const zone = new TestZone({ forwarded: [''], outside, ...options });
  zone.zone.setService('shop/away', {
    service: service('shop/away', {
      type: 'ExternalName',
      externalName: options.target ?? message.question.name,
    }),
    groups: [],
  });
  return zone;
}

function address(owner: string, ttl = 60, last = 1): RawRecord {
  return { owner, type: TYPE.A, ttl, rdata: [Uint8Array.of(192, 0, 2, last)] };
}

/** Records of each section in an order of their own: addresses take turns in being the first. */
function sortedSectionsOf(bytes: Uint8Array): Answer[][] {
  const keyOf = (record: Answer) => JSON.stringify(record);
  return sectionsOf(bytes).map((section) =>
    section.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
  );
}

function sectionsOf(bytes: Uint8Array): Answer[][] {
  const { answers, authorities, additionals } = packet.decode(Buffer.from(bytes));
  assert.equal(packet.decode.bytes, bytes.length);
  const withoutOpt = (additionals ?? []).filter(({ type }) => type !== 'OPT');
  return [answers ?? [], authorities ?? [], withoutOpt];
}

const label = fc.constantFrom('a', 'bb', 'www', 'example', 'org', 'x-1', 'z9');
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
/** Types that dns-packet knows, with names in their RDATA. */
const data = fc.oneof(
  fc.record({ type: fc.constant(TYPE.A), rdata: fc.tuple(bytes(4)) }),
  fc.record({ type: fc.constantFrom(TYPE.NS, TYPE.CNAME, TYPE.PTR, 39), rdata: fc.tuple(name) }),
  fc.record({ type: fc.constant(TYPE.MX), rdata: fc.tuple(bytes(2), name) }),
  fc.record({ type: fc.constant(17), rdata: fc.tuple(name, name) }),
  fc.record({ type: fc.constant(TYPE.SRV), rdata: fc.tuple(bytes(6), name) }),
  fc.record({ type: fc.constant(TYPE.SOA), rdata: fc.tuple(name, name, bytes(20)) }),
  fc.record({
    type: fc.constant(35),
    rdata: fc.tuple(bytes(4), fc.constant(Uint8Array.of(1, 0x75, 0, 1, 0x78)), name),
  }),
);
const records = fc.array(
  fc
    .tuple(name, fc.integer({ min: 1, max: 3600 }), data)
    .map(([owner, ttl, rest]): RawRecord => ({ owner, ttl, ...rest })),
  { maxLength: 12 },
);
const message = fc
  .record({
    question: name,
    answers: records,
    authorities: records,
    additionals: records,
    isQuestionApart: fc.boolean(),
  })
  // Every answer is positive, and none is kept for less than it says.
  .map(
    ({ question, ...sections }): RawMessage => ({
      question: { name: question, type: TYPE.A },
      ...sections,
      answers: [address(question), ...sections.answers],
    }),
  );

test('an answer from outside is the same to dns-packet as it came, asked for by itself', () => {
  fc.assert(
    fc.property(message, (raw) => {
      const query = buildQuery(`${raw.question.name} A`);
      const response = zoneWith(raw).send(query, OVER_TCP);
      assert.deepEqual(sortedSectionsOf(response), sortedSectionsOf(buildCompressed(raw).bytes));
    }),
  );
});

test('an answer from outside is the same to dns-packet as it came, behind an alias', () => {
  const alias = { name: ALIAS, type: 'CNAME', ttl: 5, class: 'IN', flush: false };
  fc.assert(
    fc.property(message, (raw) => {
      const response = zoneWith(raw).send(buildQuery(`${ALIAS} A`), OVER_TCP);
      assert.deepEqual(sectionsOf(response)[0][0], { ...alias, data: raw.question.name });
      const [answers, ...rest] = sortedSectionsOf(response);
      const came = answers.filter(({ name: owner }) => owner !== ALIAS);
      assert.deepEqual([came, ...rest], sortedSectionsOf(buildCompressed(raw).bytes));
    }),
  );
});

test('an answer from outside is the same to dns-packet under a name that was rewritten, but for owners', () => {
  fc.assert(
    fc.property(message, (raw) => {
      const { name: target } = raw.question;
      const zone = zoneWith(raw, { rewrite: [{ from: 'front.corp.test', to: target }] });
      const response = zone.send(buildQuery('front.corp.test A'), OVER_TCP);
      const back = sortedSectionsOf(response).map((section) =>
        section.map((record) => ({
          ...record,
          name: record.name === 'front.corp.test' ? target : record.name,
        })),
      );
      const keyOf = (record: unknown) => JSON.stringify(record);
      assert.deepEqual(
        back.map((section) => section.map(keyOf).toSorted()),
        sortedSectionsOf(buildCompressed(raw).bytes).map((section) =>
          section.map(keyOf).toSorted(),
        ),
      );
      const owners = sectionsOf(response)[0].map(({ name: owner }) => owner);
      assert.ok(owners.includes('front.corp.test') && !owners.includes(target));
    }),
  );
});

test('the question and owner names come back as the client has spelled them', () => {
  const raw = { question: { name: 'www.example.org', type: TYPE.A } };
  const zone = zoneWith({ ...raw, answers: [address('www.example.org')] });
  const { question, answer } = zone.ask('wWw.ExAmple.org A', { transport: OVER_UDP });
  assert.deepEqual(question, ['wWw.ExAmple.org. IN A']);
  assert.deepEqual(answer, ['wWw.ExAmple.org. 60 IN A 192.0.2.1']);
});

test('an alias is given with the RCODE and the SOA of a target that does not exist, or fails', () => {
  const soa = {
    owner: 'example.org',
    type: TYPE.SOA,
    ttl: 60,
    rdata: ['ns.example.org', 'hostmaster.example.org', Buffer.alloc(20, 1)],
  };
  const question = { name: 'gone.example.org', type: TYPE.A };
  const cname = [`${ALIAS}. 5 IN CNAME gone.example.org.`];
  const missing = zoneWith({ question, flags: QR | RCODE.NXDOMAIN, authorities: [soa] });
  const nxdomain = missing.ask(`${ALIAS} A`, { transport: OVER_UDP });
  assert.deepEqual([nxdomain.status, nxdomain.answer], ['NXDOMAIN', cname]);
  assert.match(nxdomain.authority[0], /^example\.org\. 60 IN SOA ns\.example\.org\. /);
  const failing = zoneWith({ question, flags: QR | RCODE.SERVFAIL });
  const servfail = failing.ask(`${ALIAS} A`, { transport: OVER_UDP });
  assert.deepEqual([servfail.status, servfail.answer], ['SERVFAIL', cname]);
});

test('AA is never that of an upstream, RA is set, CD and RD come back', () => {
  const flags = QR | FLAG.aa | FLAG.tc;
  const question = { name: 'www.example.org', type: TYPE.A };
  const zone = zoneWith({ question, flags, answers: [address('www.example.org')] });
  const cases: readonly (readonly [number, string])[] = [
    [FLAG.rd, 'qr rd ra'],
    [FLAG.rd | FLAG.cd, 'qr rd ra cd'],
  ];
  for (const [asked, expected] of cases) {
    const printed = zone.ask('www.example.org A', { transport: OVER_UDP, flags: asked });
    assert.equal(printed.flags, expected);
  }
});

test('AD is told to those who ask for it, where all of the answer was validated', () => {
  const question = { name: 'www.example.org', type: TYPE.A };
  const answers = [address('www.example.org')];
  const authentic = zoneWith({ question, flags: QR | FLAG.ad, answers });
  const plain = zoneWith({ question, answers });
  const isAuthentic = (zone: TestZone, asked: string, options: QuestionOptions) =>
    zone.ask(`${asked} A`, { transport: OVER_UDP, ...options }).flags.includes('ad');
  const wanting = [{ flags: FLAG.rd | FLAG.ad }, { payloadBytes: 1232, dnssecOk: true }];
  for (const options of wanting) {
    assert.equal(isAuthentic(authentic, question.name, options), true);
    assert.equal(isAuthentic(plain, question.name, options), false);
    // Nobody has validated what we put before it.
    assert.equal(isAuthentic(authentic, ALIAS, options), false);
  }
  assert.equal(isAuthentic(authentic, question.name, {}), false);
  assert.equal(isAuthentic(authentic, question.name, { payloadBytes: 1232 }), false);
});

test('TTLs become less with age and not less than 0; stale ones are 30 s, with EDE 3', () => {
  const question = { name: 'www.example.org', type: TYPE.A };
  const answers = [address(question.name, 60), address(question.name, 300, 2)];
  const ttls = (options: OutsideOptions) => {
    const zone = zoneWith({ question, answers }, options);
    const printed = zone.ask('www.example.org A', { transport: OVER_UDP, payloadBytes: 1232 });
    // Either of the two may come first.
    const found = printed.answer.map((line) => Number(line.split(' ')[1]));
    return [found.toSorted((a, b) => a - b), printed.extendedErrors];
  };
  assert.deepEqual(ttls({ ageSeconds: 0 }), [[60, 300], []]);
  assert.deepEqual(ttls({ ageSeconds: 59 }), [[1, 241], []]);
  assert.deepEqual(ttls({ ageSeconds: 100 }), [[0, 200], []]);
  assert.deepEqual(ttls({ ageSeconds: 100, isStale: true }), [[30, 30], [3]]);
});

test('an extended error comes with its text to those who speak EDNS, and not to others', () => {
  const question = { name: 'www.example.org', type: TYPE.A };
  const option = Buffer.concat([Buffer.from([0, 15, 0, 9, 0, 22]), Buffer.from('nobody!')]);
  const opt = { owner: '.', type: TYPE.OPT, ttl: 0, rdata: [option] };
  const zone = zoneWith({ question, flags: QR | RCODE.SERVFAIL, additionals: [opt] });
  for (const asked of ['www.example.org', ALIAS]) {
    const response = zone.send(buildQuery(`${asked} A`, { payloadBytes: 512 }), OVER_UDP);
    const printed = printResponse(response);
    assert.deepEqual([printed.status, printed.extendedErrors], ['SERVFAIL', [22]]);
    assert.ok(Buffer.from(response).includes('nobody!'));
  }
  const plain = zone.ask('www.example.org A', { transport: OVER_UDP });
  assert.deepEqual([plain.status, plain.payloadBytes, plain.extendedErrors], ['SERVFAIL', 0, []]);
});

function textOf(record: unknown): string {
  return JSON.stringify(record);
}

test('what does not fit is cut between records: with TC where it is asked for, in silence where not', () => {
  const limits = fc.constantFrom(undefined, 512, 700, 1232, 4096);
  const count = fc.nat(40);
  const isAliased = fc.boolean();
  fc.assert(
    fc.property(
      fc.record({
        limit: limits,
        answers: count,
        authorities: count,
        additionals: count,
        isAliased,
      }),
      ({ limit, isAliased: behind, ...counts }) => {
        const question = { name: 'www.example.org', type: TYPE.A };
        const put = (owner: string, length: number) =>
          Array.from({ length }, (_, i) => address(owner, 60, i));
        const raw = {
          question,
          answers: put(question.name, counts.answers + 1),
          authorities: put('example.org', counts.authorities),
          additionals: put('ns.example.org', counts.additionals),
        };
        const asked = behind ? ALIAS : question.name;
        const options = limit === undefined ? {} : { payloadBytes: limit };
        const response = zoneWith(raw).send(buildQuery(`${asked} A`, options), OVER_UDP);
        const most = Math.min(limit ?? 512, 1232);
        assert.ok(response.length <= most, `${response.length} of ${most}`);
        const came = sectionsOf(buildCompressed(raw).bytes);
        const got = sectionsOf(response);
        if (behind) assert.equal(got[0].shift()?.type, 'CNAME');
        for (const [i, section] of got.entries()) {
          // Any of the addresses may be the first.
          const first = came[i].slice(0, section.length);
          assert.deepEqual(new Set(section.map(textOf)), new Set(first.map(textOf)));
          assert.equal(section.length, new Set(section.map(textOf)).size);
          // What comes after a record that was left out is left out as well.
          if (section.length < came[i].length) {
            assert.ok(got.slice(i + 1).every(({ length }) => length === 0));
          }
        }
        const isCut = got[0].length < came[0].length || got[1].length < came[1].length;
        assert.equal(printResponse(response).flags.split(' ').includes('tc'), isCut);
        const rest = came.flat().length - got.flat().length;
        // Nothing that had room was left out: a record takes 16 bytes, OPT and what may be told in it 17 + 6.
        if (rest > 0) assert.ok(response.length > most - 16 - 12, `${response.length} of ${most}`);
      },
    ),
  );
});

test('a large answer is whole over TCP, or has TC where pointers would lead too far', () => {
  const question = { name: 'www.example.org', type: TYPE.A };
  const answers = Array.from({ length: 2000 }, (_, i) => address(question.name, 60, i & 255));
  const zone = zoneWith({ question, answers });
  const whole = zone.ask('www.example.org A', { transport: OVER_TCP });
  assert.deepEqual([whole.answer.length, whole.flags], [2000, 'qr rd ra']);
  const aliased = zone.ask(`${ALIAS} A`, { transport: OVER_TCP });
  assert.ok(aliased.answer.length > 1000 && aliased.bytes <= 0x4000);
  assert.equal(aliased.flags.includes('tc'), true);
});
