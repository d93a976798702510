import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FLAG, RCODE, TYPE } from '../../src/dns/constants.ts';
import { encodeName } from '../../src/dns/name.ts';
import { buildCompressed, type RawMessage, type RawRecord } from '../support/compressed-message.ts';
import { LIMITS, type Received, receive } from '../support/received.ts';

const OWNER = 'www.example.org';
const QR = FLAG.qr | FLAG.ra;

function address(ttl: number, owner = OWNER): RawRecord {
  return { owner, type: TYPE.A, ttl, rdata: [Uint8Array.of(192, 0, 2, 1)] };
}

function alias(ttl: number, target: string, owner = OWNER): RawRecord {
  return { owner, type: TYPE.CNAME, ttl, rdata: [target] };
}

function soa(ttl: number, minimum: number): RawRecord {
  const numbers = Buffer.alloc(20);
  numbers.writeUInt32BE(minimum, 16);
  return {
    owner: 'example.org',
    type: TYPE.SOA,
    ttl,
    rdata: ['ns.example.org', 'hostmaster.example.org', numbers],
  };
}

/** `extendedRcode` is the upper eight bits. */
function opt(options: readonly Uint8Array[] = [], extendedRcode = 0): RawRecord {
  return { owner: '.', type: TYPE.OPT, ttl: extendedRcode * 0x1000000, rdata: options };
}

function extendedError(code: number, text: string): Uint8Array {
  const head = Buffer.from([0, 15, 0, 2 + text.length, code >> 8, code]);
  return Buffer.concat([head, Buffer.from(text)]);
}

function receiveOf(message: Omit<RawMessage, 'question'>, type: number = TYPE.A): Received {
  return receive(buildCompressed({ question: { name: OWNER, type }, ...message }).bytes);
}

/** TTLs as they are kept. */
function ttlsOf({ draft: { view } }: Received): number[] {
  const { bytes, recordsStart } = view;
  const data = new DataView(bytes.buffer);
  return Array.from({ length: view.records }, (_, i) =>
    data.getUint32(recordsStart + view.ttlAt(i)),
  );
}

function textOf({ draft: { view } }: Received): string {
  return Buffer.from(view.bytes.subarray(view.textStart, view.recordsStart)).toString();
}

test('receiveAnswer() lets a positive answer live as long as its shortest record', () => {
  const received = receiveOf({ answers: [alias(300, 'a.example'), address(60, 'a.example')] });
  assert.deepEqual([received.kind, received.lifetime], ['positive', 600]);
  assert.deepEqual(ttlsOf(received), [300, 60]);
});

test('receiveAnswer() clamps TTLs, and takes those of 2^31 and above as 0', () => {
  const cases: readonly (readonly [number, number])[] = [
    [0, 0],
    [1, 1],
    [3600, 3600],
    [3601, 3600],
    [0x7fffffff, 3600],
    [0x80000000, 0],
    [0xffffffff, 0],
  ];
  for (const [ttl, kept] of cases) {
    const received = receiveOf({ answers: [address(ttl)] });
    assert.deepEqual([ttlsOf(received), received.lifetime], [[kept], kept * 10], `${ttl}`);
  }
});

test('receiveAnswer() keeps a negative answer for min(TTL of the SOA, MINIMUM, limit)', () => {
  const cases: readonly (readonly [number, number, number])[] = [
    [60, 30, 30],
    [30, 60, 30],
    [3000, 2000, 300],
    [0, 60, 0],
    [60, 0, 0],
    [60, 0x80000000, 0],
    [0x80000000, 60, 0],
  ];
  for (const [ttl, minimum, lifetime] of cases) {
    for (const rcode of [RCODE.NOERROR, RCODE.NXDOMAIN]) {
      const received = receiveOf({ flags: QR | rcode, authorities: [soa(ttl, minimum)] });
      assert.equal(received.kind, 'negative');
      assert.equal(received.lifetime, lifetime * 10, `${ttl} ${minimum}`);
      assert.deepEqual(ttlsOf(received), [lifetime]);
      assert.equal(received.draft.view.rcode, rcode);
    }
  }
});

test('receiveAnswer() keeps no negative answer without an SOA', () => {
  const nameServer = { owner: 'example.org', type: TYPE.NS, ttl: 60, rdata: ['ns.example.org'] };
  for (const authorities of [[], [nameServer]]) {
    for (const rcode of [RCODE.NOERROR, RCODE.NXDOMAIN]) {
      const received = receiveOf({ flags: QR | rcode, authorities });
      assert.deepEqual([received.kind, received.lifetime], ['negative', 0]);
    }
  }
});

test('receiveAnswer() takes an alias that leads to nothing as negative', () => {
  const answers = [alias(20, 'gone.example')];
  const authorities = [soa(60, 60)];
  for (const rcode of [RCODE.NOERROR, RCODE.NXDOMAIN]) {
    const received = receiveOf({ flags: QR | rcode, answers, authorities });
    assert.deepEqual([received.kind, received.lifetime], ['negative', 200]);
  }
  assert.equal(receiveOf({ answers }, TYPE.CNAME).kind, 'positive');
  assert.equal(receiveOf({ answers }, TYPE.ANY).kind, 'positive');
});

test('receiveAnswer() keeps what an upstream could not say for 5 s, and none of its records', () => {
  for (const rcode of [RCODE.SERVFAIL, RCODE.REFUSED, RCODE.FORMERR, RCODE.NOTIMP, 9]) {
    const received = receiveOf({
      flags: QR | rcode,
      answers: [address(60)],
      authorities: [soa(60, 60)],
    });
    const { view } = received.draft;
    assert.deepEqual([received.kind, received.lifetime], ['failure', 50]);
    assert.deepEqual([view.records, view.pointers, view.rcode], [0, 0, rcode]);
  }
});

test('receiveAnswer() takes an RCODE that continues in OPT for the failure that it is', () => {
  // BADVERS is 16: its lower bits alone read NOERROR. RFC 6891 section 6.1.3.
  const { kind, draft } = receiveOf({ additionals: [opt([], 1)] });
  assert.deepEqual([kind, draft.view.rcode], ['failure', RCODE.SERVFAIL]);
});

test('receiveAnswer() leaves out OPT and signatures of the way', () => {
  for (const type of [TYPE.OPT, TYPE.TSIG, TYPE.SIG]) {
    const rdata = type === TYPE.SIG ? [new Uint8Array(18), OWNER] : [];
    const { draft, lifetime } = receiveOf({
      answers: [address(60)],
      additionals: [address(30, 'a.example'), { owner: '.', type, ttl: 0, rdata }],
    });
    const { answers, authorities, additionals } = draft.view;
    assert.deepEqual([answers, authorities, additionals, lifetime], [1, 0, 1, 300]);
  }
});

test('receiveAnswer() keeps AD, and the extended error of a failure with its text', () => {
  const authentic = receiveOf({ flags: QR | FLAG.ad | FLAG.aa, answers: [address(60)] });
  assert.equal(authentic.draft.view.isAuthentic, true);
  assert.equal(authentic.draft.view.extendedError, -1);
  const failed = receiveOf({
    flags: QR | RCODE.SERVFAIL,
    additionals: [opt([Uint8Array.of(0, 10, 0, 1, 7), extendedError(6, 'bogus')])],
  });
  assert.equal(failed.draft.view.isAuthentic, false);
  assert.deepEqual([failed.draft.view.extendedError, textOf(failed)], [6, 'bogus']);
});

test('receiveAnswer() survives options that lie about their length, and long texts', () => {
  const cases: readonly (readonly [Uint8Array, number, string])[] = [
    [Uint8Array.of(0, 15, 0, 9, 0, 6), -1, ''],
    [Uint8Array.of(0, 15, 0, 1, 0), -1, ''],
    [Uint8Array.of(0, 15, 0xff), -1, ''],
    [Uint8Array.of(0xff, 0xff, 0xff, 0xff), -1, ''],
    [extendedError(22, 'x'.repeat(161)), 22, ''],
    [extendedError(22, 'x'.repeat(160)), 22, 'x'.repeat(160)],
  ];
  for (const [option, code, text] of cases) {
    const received = receiveOf({ flags: QR | RCODE.SERVFAIL, additionals: [opt([option])] });
    assert.deepEqual([received.draft.view.extendedError, textOf(received)], [code, text]);
  }
});

test('receiveAnswer() gives owner names that repeat the question in full in lower case', () => {
  // The name in the case that we asked with, as servers send it that do not compress.
  const spelled = Buffer.from('\x03wWw\x07eXample\x03oRg\0', 'latin1');
  const fixed = Buffer.from([0, 1, 0, 1]);
  const record = Buffer.concat([spelled, fixed, Buffer.from([0, 0, 0, 60, 0, 4, 192, 0, 2, 1])]);
  const header = Buffer.from([0, 0, 0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0]);
  const { draft } = receive(Buffer.concat([header, spelled, fixed, record]));
  const { bytes, recordsStart } = draft.view;
  const owner = bytes.subarray(recordsStart, recordsStart + spelled.length);
  assert.deepEqual(Buffer.from(owner), Buffer.from(encodeName(OWNER)));
});

test('receiveAnswer() keeps nothing for longer than the limits, whatever the kind', () => {
  const limits = { maxTtlSeconds: 10, negativeMaxTtlSeconds: 300 };
  const negative = buildCompressed({
    question: { name: OWNER, type: TYPE.A },
    authorities: [soa(60, 60)],
  });
  assert.equal(receive(negative.bytes, limits).lifetime, 100);
  const none = { ...LIMITS, maxTtlSeconds: 0 };
  const positive = buildCompressed({
    question: { name: OWNER, type: TYPE.A },
    answers: [address(60)],
  });
  assert.equal(receive(positive.bytes, none).lifetime, 0);
});
