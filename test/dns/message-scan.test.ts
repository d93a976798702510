import assert from 'node:assert/strict';
import { test } from 'node:test';
import packet, { type Answer } from 'dns-packet';
import fc from 'fast-check';
import { HEADER_BYTES, TYPE } from '../../src/dns/constants.ts';
import { MAX_RECORDS, MessageScan } from '../../src/dns/message-scan.ts';
import { buildCompressed, type RawRecord, type RdataPart } from '../support/compressed-message.ts';

const scan = new MessageScan();
const QUESTION = { name: 'www.example.org', type: TYPE.A };
const NAME = 'host.example.org';
const OTHER = 'other.example.org';

/** RDATA of every type whose names may come compressed: RFC 3597 section 4, and RFC 1035 section 3.3. */
const COMPRESSIBLE: readonly (readonly [string, number, readonly RdataPart[]])[] = [
  ['NS', 2, [NAME]],
  ['MD', 3, [NAME]],
  ['MF', 4, [NAME]],
  ['CNAME', 5, [NAME]],
  ['SOA', 6, [NAME, OTHER, new Uint8Array(20)]],
  ['MB', 7, [NAME]],
  ['MG', 8, [NAME]],
  ['MR', 9, [NAME]],
  ['PTR', 12, [NAME]],
  ['MINFO', 14, [NAME, OTHER]],
  ['MX', 15, [Uint8Array.of(0, 10), NAME]],
  ['RP', 17, [NAME, OTHER]],
  ['AFSDB', 18, [Uint8Array.of(0, 1), NAME]],
  ['RT', 21, [Uint8Array.of(0, 10), NAME]],
  ['SIG', 24, [new Uint8Array(18), NAME, new Uint8Array(64)]],
  ['PX', 26, [Uint8Array.of(0, 10), NAME, OTHER]],
  ['NXT', 30, [NAME, Uint8Array.of(0x62, 1, 0x80, 8)]],
  ['SRV', 33, [Uint8Array.of(0, 0, 0, 5, 0, 80), NAME]],
  ['NAPTR', 35, [Buffer.from('\0\x64\0\x0a\x01u\x07E2U+sip\x03!x!', 'latin1'), NAME]],
];

function scanAll(bytes: Uint8Array): boolean {
  return scan.scan(bytes, bytes.length);
}

function pointersOf({ pointerAt, pointers }: MessageScan): number[] {
  return [...pointerAt.subarray(0, pointers)];
}

/** A message with one record, whose owner name is these bytes. */
function withOwner(owner: readonly number[], before: readonly number[] = []): Uint8Array {
  const question = [...Buffer.from('\x03www\x07example\x03org\0\0\x01\0\x01', 'latin1')];
  const record = [...owner, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1];
  return Uint8Array.from([
    0,
    0,
    0x80,
    0,
    0,
    1,
    0,
    1,
    0,
    0,
    0,
    0,
    ...question,
    ...before,
    ...record,
  ]);
}

/** Where the first record of `withOwner()` begins. */
const RECORD_AT = HEADER_BYTES + 17 + 4;

for (const [name, type, rdata] of COMPRESSIBLE) {
  test(`MessageScan finds the pointers in ${name} records`, () => {
    const answers = [
      { owner: 'www.example.org', type, ttl: 60, rdata },
      { owner: OTHER, type: TYPE.A, ttl: 60, rdata: [Uint8Array.of(192, 0, 2, 1)] },
    ];
    const { bytes, pointers, ttls, ends } = buildCompressed({ question: QUESTION, answers });
    assert.equal(scanAll(bytes), true);
    assert.deepEqual(pointersOf(scan), pointers);
    assert.deepEqual([...scan.ttlAt.subarray(0, 2)], ttls);
    assert.deepEqual([...scan.endAt.subarray(0, 2)], ends);
    assert.deepEqual([...scan.typeOf.subarray(0, 2)], [type, TYPE.A]);
  });

  test(`MessageScan takes no ${name} record that is longer or shorter than it says`, () => {
    const isOpenEnded = name === 'SIG' || name === 'NXT';
    const { bytes, ends } = buildCompressed({
      question: QUESTION,
      answers: [{ owner: 'www.example.org', type, ttl: 60, rdata }],
      authorities: [{ owner: OTHER, type: TYPE.A, ttl: 60, rdata: [Uint8Array.of(192, 0, 2, 1)] }],
    });
    const lengthAt = scanAll(bytes) ? scan.ttlAt[0] + 4 : 0;
    const length = bytes.readUInt16BE(lengthAt);
    bytes.writeUInt16BE(0, 8);
    for (const other of isOpenEnded ? [2] : [0, 1, length - 1, length + 1]) {
      bytes.writeUInt16BE(other, lengthAt);
      assert.equal(scan.scan(bytes, ends[0] + 1), false, `${other} and not ${length}`);
    }
  });
}

test('MessageScan takes no message that is cut, at whatever byte', () => {
  const answers = COMPRESSIBLE.map(([, type, rdata]) => ({
    owner: 'a.www.example.org',
    type,
    ttl: 60,
    rdata,
  }));
  const { bytes } = buildCompressed({ question: QUESTION, answers, additionals: answers });
  assert.equal(scanAll(bytes), true);
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(scan.scan(bytes, length), false, `${length} of ${bytes.length}`);
    assert.equal(scanAll(bytes.subarray(0, length)), false, `${length} of ${bytes.length}`);
  }
});

test('MessageScan takes no message whose counts say more than there is', () => {
  const answers: RawRecord[] = [
    { owner: 'www.example.org', type: TYPE.A, ttl: 60, rdata: [Uint8Array.of(192, 0, 2, 1)] },
  ];
  const { bytes } = buildCompressed({ question: QUESTION, answers });
  for (const at of [4, 6, 8, 10]) {
    for (const more of [1, 2, MAX_RECORDS, 0xfffe]) {
      const lying = Buffer.from(bytes);
      lying.writeUInt16BE(bytes.readUInt16BE(at) + more, at);
      assert.equal(scanAll(lying), false, `${more} more at ${at}`);
    }
  }
});

test('MessageScan takes no name that goes round, ahead, elsewhere than to a name, or on for too long', () => {
  const at = RECORD_AT;
  const label = [63, ...new Array(63).fill(0x61)];
  const cases: readonly (readonly [string, readonly number[]])[] = [
    ['to itself', [0xc0, at]],
    ['to its own label', [1, 0x61, 0xc0, at]],
    ['to just behind', [0xc0, at + 2]],
    ['to the end of the message', [0xc0, at + 16]],
    ['far beyond', [0xff, 0xff]],
    ['into the header', [0xc0, 2]],
    ['to the type of the question', [0xc0, at - 4]],
    ['to the class of the question', [0xc0, at - 1]],
    ['label type 01', [0x41, 0x61, 0]],
    ['label type 10', [0x81, 0x61, 0]],
    ['longer than 255 bytes', [...label, ...label, ...label, ...label, 0]],
    [
      'longer than 255 bytes with what it points to',
      [...label, ...label, ...label, 47, ...label.slice(0, 47), 0xc0, 12],
    ],
  ];
  for (const [what, owner] of cases) assert.equal(scanAll(withOwner(owner)), false, what);
  const fitting = [...label, ...label, ...label, 44, ...label.slice(1, 45), 0xc0, 12];
  assert.equal(scanAll(withOwner(fitting)), true, 'as long as a name may be');
  assert.equal(scanAll(withOwner([0xc0, 16])), true, 'to the second label of the question');
});

test('MessageScan takes no name that runs out of the question', () => {
  // A digit is a length as well: from the "0" on, 48 bytes lead over the end of the question.
  const question = Buffer.from('\x05a0bcd\x07example\x03org\0\0\x01\0\x01', 'latin1');
  const record = [0xc0, 14, 0, 16, 0, 1, 0, 0, 0, 60, 0, 40, 39, ...new Array(39).fill(0)];
  const header = [0, 0, 0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0];
  assert.equal(scanAll(Uint8Array.from([...header, ...question, ...record])), false);
});

test('MessageScan takes no name that goes on where a label of the question looks like a pointer', () => {
  const question = Buffer.from('\x04a\xc0\x0cb\x07example\0\0\x01\0\x01', 'latin1');
  const record = [0xc0, HEADER_BYTES + 2, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1];
  const header = [0, 0, 0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0];
  const message = Uint8Array.from([...header, ...question, ...record]);
  assert.equal(scanAll(message), false);
  message[header.length + question.length + 1] = HEADER_BYTES;
  assert.equal(scanAll(message), true);
});

test('MessageScan goes through a chain of pointers as long as one may be, and no further', () => {
  const chain = (hops: number) => {
    const names = Array.from({ length: hops }, (_, i) =>
      i === 0 ? [0xc0, 12] : [0xc0 | ((AT + 14 * (i - 1) + 0) >> 8), (AT + 14 * (i - 1)) & 0xff],
    );
    // TXT records whose owner is a pointer to the pointer before.
    const records = names.flatMap((name) => [...name, 0, 16, 0, 1, 0, 0, 0, 60, 0, 2, 1, 0x61]);
    const header = [0, 0, 0x80, 0, 0, 1, 0, hops, 0, 0, 0, 0];
    const question = [...Buffer.from('\x03www\x07example\x03org\0\0\x01\0\x01', 'latin1')];
    return Uint8Array.from([...header, ...question, ...records]);
  };
  const AT = RECORD_AT;
  assert.equal(scanAll(chain(40)), true);
  assert.equal(scanAll(chain(200)), false);
});

test('MessageScan needs no question, and takes no two', () => {
  assert.equal(scanAll(Uint8Array.from([0, 7, 0x80, 5, 0, 0, 0, 0, 0, 0, 0, 0])), true);
  assert.deepEqual([scan.id, scan.flags & 15, scan.questionEnd], [7, 5, HEADER_BYTES]);
  const two = packet.encode({
    type: 'response',
    questions: [
      { name: 'a.example', type: 'A' },
      { name: 'b.example', type: 'A' },
    ],
  });
  assert.equal(scanAll(two), false);
});

test('MessageScan reads TTLs, and those with the highest bit as 0', () => {
  const ttls = [0, 1, 300, 0x7fffffff, 0x80000000, 0xffffffff];
  const answers = ttls.map((ttl) => ({
    owner: 'www.example.org',
    type: TYPE.A,
    ttl,
    rdata: [Uint8Array.of(192, 0, 2, 1)],
  }));
  assert.equal(scanAll(buildCompressed({ question: QUESTION, answers }).bytes), true);
  assert.deepEqual(
    ttls.map((_, i) => scan.ttlOf(i)),
    [0, 1, 300, 0x7fffffff, 0, 0],
  );
});

test('MessageScan takes no address of another length than its type has', () => {
  for (const [type, length] of [
    [TYPE.A, 4],
    [TYPE.AAAA, 16],
  ]) {
    for (const bytes of [0, length - 1, length, length + 1]) {
      const answers = [{ owner: 'www.example.org', type, ttl: 60, rdata: [new Uint8Array(bytes)] }];
      const message = buildCompressed({ question: QUESTION, answers });
      assert.equal(scanAll(message.bytes), bytes === length);
    }
  }
});

const label = fc.stringMatching(/^[a-z0-9_]{1,12}$/);
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));
const ttl = fc.nat(86_400);
const data = fc.oneof(
  fc.record({ type: fc.constant('A'), data: fc.ipV4() }),
  fc.record({ type: fc.constantFrom('CNAME', 'NS', 'PTR', 'DNAME'), data: name }),
  fc.record({ type: fc.constant('TXT'), data: fc.array(fc.string({ maxLength: 50 })) }),
  fc.record({
    type: fc.constant('MX'),
    data: fc.record({ preference: fc.nat(65_535), exchange: name }),
  }),
  fc.record({
    type: fc.constant('SRV'),
    data: fc.record({ priority: ttl, weight: ttl, port: ttl, target: name }).map((srv) => ({
      ...srv,
      priority: srv.priority & 0xffff,
      weight: srv.weight & 0xffff,
      port: srv.port & 0xffff,
    })),
  }),
  fc.record({
    type: fc.constant('SOA'),
    data: fc.record({
      mname: name,
      rname: name,
      serial: ttl,
      refresh: ttl,
      retry: ttl,
      expire: ttl,
      minimum: ttl,
    }),
  }),
  fc.record({
    type: fc.constant('RP'),
    data: fc.record({ mbox: name, txt: name }),
  }),
);
const record = fc
  .tuple(name, ttl, data)
  .map(([owner, seconds, rest]) => ({ name: owner, ttl: seconds, ...rest }) as unknown as Answer);
const records = fc.array(record, { maxLength: 8 });

test('MessageScan reads what dns-packet writes', () => {
  fc.assert(
    fc.property(
      fc.record({ name, answers: records, authorities: records, additionals: records }),
      ({ name: asked, ...sections }) => {
        const bytes = packet.encode({
          type: 'response',
          id: 4711,
          questions: [{ name: asked, type: 'A' }],
          ...sections,
        });
        assert.equal(scanAll(bytes), true);
        const all = [...sections.answers, ...sections.authorities, ...sections.additionals];
        const ttls = all.map((each) => (each as { ttl: number }).ttl);
        assert.equal(scan.id, 4711);
        assert.equal(scan.questionNameEnd, HEADER_BYTES + packet.name.encode(asked).length);
        assert.equal(scan.questionEnd, scan.questionNameEnd + 4);
        assert.deepEqual(
          [scan.answers, scan.authorities, scan.additionals, scan.records],
          [...Object.values(sections).map(({ length }) => length), all.length],
        );
        assert.deepEqual(
          all.map((_, i) => scan.ttlOf(i)),
          ttls,
        );
        let at = scan.questionEnd;
        for (const [i, each] of all.entries()) {
          assert.equal(scan.startOf(i), at);
          at += packet.answer.encode(each).length;
          assert.equal(scan.endAt[i], at);
        }
        assert.equal(scan.pointers, 0);
      },
    ),
  );
});

test('MessageScan never throws and never reads beyond the end, whatever comes', () => {
  const answers = COMPRESSIBLE.map(([, type, rdata]) => ({ owner: NAME, type, ttl: 60, rdata }));
  const { bytes: sound } = buildCompressed({ question: QUESTION, answers });
  const change = fc.tuple(fc.nat(sound.length - 1), fc.nat(255));
  const changed = fc.array(change, { minLength: 1, maxLength: 6 }).map((changes) => {
    const bytes = Buffer.from(sound);
    for (const [at, byte] of changes) bytes[at] = byte;
    return new Uint8Array(bytes);
  });
  const anything = fc.oneof(changed, fc.uint8Array({ maxLength: 300 }));
  fc.assert(
    fc.property(anything, fc.nat(255), (bytes, filling) => {
      const isSound = scanAll(bytes);
      const longer = new Uint8Array(bytes.length + 64).fill(filling);
      longer.set(bytes);
      assert.equal(scan.scan(longer, bytes.length), isSound);
      if (!isSound) return;
      for (let i = 0; i < scan.records; i++) {
        assert.ok(scan.startOf(i) < scan.ttlAt[i] && scan.ttlAt[i] < scan.endAt[i]);
        assert.ok(scan.endAt[i] <= bytes.length);
      }
      const pointers = pointersOf(scan);
      assert.deepEqual(
        pointers,
        pointers.toSorted((a, b) => a - b),
      );
    }),
    { numRuns: 2000 },
  );
});

test('MessageScan is soon done with the worst that fits a message', () => {
  // Every owner name goes through as many labels and pointers as a name can.
  const label63 = Buffer.concat([Buffer.of(63), Buffer.alloc(63, 0x61)]);
  const short = Buffer.concat(Array.from({ length: 30 }, () => Buffer.of(1, 0x61)));
  const header = Buffer.from([0, 0, 0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  const question = Buffer.concat([short, label63, label63, Buffer.from([0, 0, 1, 0, 1])]);
  const record = Buffer.from([0xc0, 14, 0, 16, 0, 1, 0, 0, 0, 60, 0, 0]);
  header.writeUInt16BE(MAX_RECORDS, 6);
  const bytes = Buffer.concat([header, question, ...new Array(MAX_RECORDS).fill(record)]);
  const startedAt = performance.now();
  assert.equal(scanAll(bytes), true);
  assert.equal(scan.pointers, MAX_RECORDS);
  assert.ok(performance.now() - startedAt < 500);
});
