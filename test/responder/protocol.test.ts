/** What a message must be to be answered, and what every response has: RFC 1035, 6891, 9619. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import packet from 'dns-packet';
import fc from 'fast-check';
import { buildQuery, printResponse } from '../support/records.ts';
import { service } from '../support/resources.ts';
import { TCP, TestZone, type TestZoneOptions, UDP } from '../support/zone.ts';

const QUESTION = 'web.shop.svc.cluster.local A';

function shop(options: TestZoneOptions = {}): TestZone {
  const zone = new TestZone(options);
  zone.zone.setService('shop/web', {
    service: service('shop/web', { clusterIps: ['10.96.0.10'] }),
    groups: [],
  });
  return zone;
}

/** A query for QUESTION with some of its bytes changed. */
function changed(change: (bytes: Uint8Array) => void, payloadBytes?: number): Uint8Array {
  const bytes = buildQuery(QUESTION, payloadBytes === undefined ? {} : { payloadBytes });
  change(bytes);
  return bytes;
}

function joined(...parts: (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

const zone = shop();

suite('silence', () => {
  for (const [name, message] of Object.entries({
    'no bytes': new Uint8Array(0),
    'less than a header': buildQuery(QUESTION).slice(0, 11),
    'a response': changed((bytes) => (bytes[2] |= 0x80)),
    'a response that is malformed': changed((bytes) => bytes.fill(0xff, 2)),
  })) {
    test(`Responder.respond() is silent at ${name}`, () => {
      assert.equal(zone.send(message).length, 0);
    });
  }
});

const OPT = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0];

/** FORMERR: each by its defect. */
const MALFORMED: Record<string, Uint8Array> = {
  'no question': changed((bytes) => (bytes[5] = 0)),
  'two questions': changed((bytes) => (bytes[5] = 2)),
  '257 questions': changed((bytes) => (bytes[4] = 1)),
  'a header alone': buildQuery(QUESTION).slice(0, 12),
  'a name that ends too early': buildQuery(QUESTION).slice(0, 20),
  'a name without its end': buildQuery(QUESTION).slice(0, -5),
  'no type': buildQuery(QUESTION).slice(0, -4),
  'no class': buildQuery(QUESTION).slice(0, -2),
  'a byte behind the question': joined(buildQuery(QUESTION), [0]),
  'a compression pointer in the question': changed((bytes) => {
    bytes[12] = 0xc0;
    bytes[13] = 12;
  }),
  'a label of 64 bytes': joined(buildQuery(QUESTION).slice(0, 12), [
    64,
    ...new Array(64).fill(97),
    0,
    0,
    1,
    0,
    1,
  ]),
  'a name of 256 bytes': joined(
    buildQuery(QUESTION).slice(0, 12),
    ...Array.from({ length: 4 }, (_, i) => [
      i === 3 ? 62 : 63,
      ...new Array(i === 3 ? 62 : 63).fill(97),
    ]),
    [0, 0, 1, 0, 1],
  ),
  'OPT as the type asked for': changed((bytes) => (bytes[bytes.length - 3] = 41)),
  'fewer records than counted': changed((bytes) => (bytes[11] = 1)),
  'more records than bytes, by far': changed((bytes) => bytes.fill(0xff, 6, 12)),
  'two OPT records': joined(
    changed((bytes) => (bytes[11] = 2)),
    OPT,
    OPT,
  ),
  'OPT among the answers': joined(
    changed((bytes) => (bytes[7] = 1)),
    OPT,
  ),
  'OPT with an owner name': joined(
    changed((bytes) => (bytes[11] = 1)),
    [1, 97],
    OPT,
  ),
  'OPT longer than the message': joined(
    changed((bytes) => (bytes[11] = 1)),
    OPT.slice(0, -1),
    [1],
  ),
  'an option longer than OPT': joined(
    changed((bytes) => (bytes[11] = 1)),
    OPT.slice(0, -1),
    [4, 0, 10, 0, 1],
  ),
  'an option without its length': joined(
    changed((bytes) => (bytes[11] = 1)),
    OPT.slice(0, -1),
    [2, 0, 10],
  ),
};

suite('FORMERR', () => {
  for (const [name, message] of Object.entries(MALFORMED)) {
    test(`Responder.respond() gives FORMERR at ${name}`, () => {
      const response = zone.send(message);
      assert.equal(response.length, 12);
      const { status, flags } = printResponse(response);
      assert.deepEqual({ status, flags }, { status: 'FORMERR', flags: 'qr rd' });
      assert.deepEqual(response.slice(0, 2), message.slice(0, 2));
    });
  }
});

test('Responder.respond() gives FORMERR or silence at 10,000 broken messages, and never throws', () => {
  let formerr = 0;
  const broken = fc.record({
    message: fc.constantFrom(...Object.values(MALFORMED)),
    // Bytes of the question's name and the ID may be anything: they do not mend what is broken.
    id: fc.uint8Array({ minLength: 2, maxLength: 2 }),
    cut: fc.nat(11),
    isCut: fc.boolean(),
  });
  fc.assert(
    fc.property(broken, ({ message, id, cut, isCut }) => {
      const bytes = isCut ? message.slice(0, cut) : message.slice();
      bytes.set(id.slice(0, bytes.length));
      const response = zone.send(bytes);
      if (response.length === 0) return;
      assert.equal(printResponse(response).status, 'FORMERR');
      formerr++;
    }),
    { numRuns: 10_000 },
  );
  assert.ok(formerr > 3000, `${formerr}`);
});

test('Responder.respond() takes any bytes for a message without an exception, and echoes what it answers', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 600 }),
    // A good query with a few bytes changed gets further.
    fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 6 }).map((changes) =>
      changed((message) => {
        for (const [at, value] of changes) if (at < message.length) message[at] = value;
      }, 1232),
    ),
  );
  fc.assert(
    fc.property(bytes, fc.constantFrom(UDP, TCP), (message, transport) => {
      const response = zone.send(message, transport);
      assert.ok(response.length === 0 || response.length >= 12);
      if (response.length === 0) return;
      assert.deepEqual(response.slice(0, 2), message.slice(0, 2));
      assert.equal(response[2] >> 7, 1);
      const questions = response[5];
      if (questions === 1) {
        const end = 12 + questionBytes(message);
        assert.deepEqual(response.slice(12, end), message.slice(12, end));
      }
    }),
    { numRuns: 10_000 },
  );
});

function questionBytes(message: Uint8Array): number {
  let at = 12;
  while (message[at] !== 0) at += message[at] + 1;
  return at + 5 - 12;
}

test('Responder.respond() gives NOTIMP, with the opcode, for everything but QUERY', () => {
  for (let opcode = 1; opcode < 16; opcode++) {
    const response = zone.send(changed((bytes) => (bytes[2] = (bytes[2] & 0x87) | (opcode << 3))));
    assert.equal(response.length, 12);
    assert.equal(printResponse(response).status, 'NOTIMP');
    assert.equal((response[2] >> 3) & 15, opcode);
  }
});

test('Responder.respond() refuses other classes, zone transfers and names outside its zones', () => {
  for (const [question, options] of [
    [QUESTION, { class: 'CH' }],
    [QUESTION, { class: 'ANY' }],
    ['cluster.local AXFR', {}],
    ['cluster.local IXFR', {}],
    ['example.org A', {}],
    ['local A', {}],
    ['xcluster.local A', {}],
  ] as const) {
    const response = zone.ask(question, options);
    assert.equal(response.status, 'REFUSED', question);
    assert.equal(response.flags, 'qr rd');
    assert.equal(response.question.length, 1);
  }
});

test('Responder.respond() compares the zone by whole labels, whatever bytes they hold', () => {
  const label = '\u0001x\u0007cluster\u0005local';
  const name = joined([label.length], Buffer.from(label, 'latin1'), [0, 0, 1, 0, 1]);
  const message = joined(buildQuery('a A').slice(0, 12), name);
  assert.equal(zone.send(message)[3] & 15, 5);
});

test('Responder.respond() copies RD and CD, clears AD and RA, sets QR and AA', () => {
  const bits = packet.RECURSION_DESIRED | packet.CHECKING_DISABLED | packet.AUTHENTIC_DATA;
  assert.equal(zone.ask(QUESTION, { flags: bits }).flags, 'qr aa rd cd');
  assert.equal(zone.ask(QUESTION, { flags: 0 }).flags, 'qr aa');
});

test('Responder.respond() answers EDNS by its own size, and only those who speak it', () => {
  assert.equal(zone.ask(QUESTION).payloadBytes, 0);
  for (const payloadBytes of [0, 512, 1232, 4096, 65_535]) {
    assert.equal(zone.ask(QUESTION, { payloadBytes }).payloadBytes, 1232);
  }
});

test('Responder.respond() echoes DO and no option that it does not implement', () => {
  const cookie = [0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8];
  const query = joined(
    changed((bytes) => (bytes[11] = 1)),
    [0, 0, 41, 4, 208, 0, 0, 0x80, 0, 0, cookie.length],
    cookie,
  );
  const response = zone.send(query);
  assert.deepEqual([...response.slice(-11)], [0, 0, 41, 4, 208, 0, 0, 0x80, 0, 0, 0]);
});

test('Responder.respond() gives BADVERS with the question for another version of EDNS', () => {
  const response = zone.send(
    joined(
      changed((bytes) => (bytes[11] = 1)),
      [0, 0, 41, 4, 208, 0, 1, 0, 0, 0, 0],
    ),
  );
  assert.equal(response[3] & 15, 0);
  assert.deepEqual([...response.slice(-11)], [0, 0, 41, 4, 208, 1, 0, 0, 0, 0, 0]);
  assert.equal(printResponse(response).question.length, 1);
});

test('Responder.respond() echoes the question byte for byte, its case included', () => {
  const name = fc.mixedCase(fc.constant('web.shop.svc.cluster.local'));
  fc.assert(
    fc.property(name, (text) => {
      const query = buildQuery(`${text} A`);
      const response = zone.send(query);
      assert.deepEqual(response.slice(12, query.length), query.slice(12));
      assert.deepEqual(printResponse(response).answer, [`${text}. 5 IN A 10.96.0.10`]);
    }),
  );
});

test('Responder.respond() takes no address for a Pod name but digits, letters to f and dashes', () => {
  const insecure = new TestZone({ podsInsecure: true });
  insecure.zone.setNamespace('shop', true);
  const tail = Buffer.from(
    '\u0004shop\u0003pod\u0007cluster\u0005local\u0000\u0000\u0001\u0000\u0001',
    'latin1',
  );
  for (const label of ['1.2.3.4', '::1', '--ffff-1.2.3.4', '1-2-3.4']) {
    const name = [label.length, ...Buffer.from(label, 'latin1'), ...tail];
    const response = insecure.send(joined(buildQuery('a A').slice(0, 12), name));
    assert.equal(response[3] & 15, 3, label);
  }
});

/** QUESTION with an OPT record that holds an edns-tcp-keepalive option. */
function keepaliveQuery(...timeout: number[]): Uint8Array {
  const option = [0, 11, 0, timeout.length, ...timeout];
  const bytes = joined(buildQuery(QUESTION), OPT.slice(0, -1), [option.length], option);
  bytes[11] = 1;
  return bytes;
}

/** The edns-tcp-keepalive option of a response, in units of 100 ms. */
function keepaliveOf(response: Uint8Array): number | undefined {
  const { additionals = [] } = packet.decode(Buffer.from(response));
  const opt = additionals.find(({ type }) => type === 'OPT') as unknown as {
    options: { code: number; data: Buffer }[];
  };
  return opt.options.find(({ code }) => code === 11)?.data.readUInt16BE();
}

test('Responder.respond() tells the idle timeout over TCP to whom speaks edns-tcp-keepalive: RFC 7828', () => {
  const connection = { ...TCP, keepaliveMs: 20_000 };
  assert.equal(keepaliveOf(zone.send(keepaliveQuery(), connection)), 200);
  assert.equal(keepaliveOf(zone.send(keepaliveQuery(1, 44), connection)), 200);
  assert.equal(keepaliveOf(zone.send(keepaliveQuery(), { ...TCP, keepaliveMs: 0 })), 0);
  assert.equal(keepaliveOf(zone.send(keepaliveQuery(), { ...TCP, keepaliveMs: 1e9 })), 65_535);
  const silent = zone.send(buildQuery(QUESTION, { payloadBytes: 1232 }), connection);
  assert.equal(keepaliveOf(silent), undefined);
  assert.equal(keepaliveOf(zone.send(keepaliveQuery(), UDP)), undefined, 'never over UDP');
});

suite('a forwarder', () => {
  const forwarding = shop({ forwarded: [''] });
  const handedOn: Buffer[] = [];
  const transport = {
    ...UDP,
    handOn(query: Uint8Array, length: number) {
      if (handedOn.length === 2) return false;
      handedOn.push(Buffer.from(query.subarray(0, length)));
      return true;
    },
  };

  test('Responder.respond() hands on what no zone holds, and gives SERVFAIL where there is no room', () => {
    for (const name of ['example.org A', 'example.org TXT', '8.8.8.8.in-addr.arpa PTR']) {
      const query = buildQuery(name);
      const response = forwarding.send(query, transport);
      if (handedOn.length < 2 || response.length === 0) {
        assert.deepEqual(handedOn.at(-1), Buffer.from(query));
        continue;
      }
      const { status, flags } = printResponse(response);
      assert.deepEqual([status, flags], ['SERVFAIL', 'qr rd ra']);
    }
    assert.equal(handedOn.length, 2);
  });

  test('Responder.respond() never hands on a name of its zones, and offers recursion for it', () => {
    for (const [name, status] of [
      [QUESTION, 'NOERROR'],
      ['missing.shop.svc.cluster.local A', 'NXDOMAIN'],
      ['github.com.cluster.local A', 'NXDOMAIN'],
    ]) {
      const printed = printResponse(forwarding.send(buildQuery(name), transport));
      assert.deepEqual([printed.status, printed.flags], [status, 'qr aa rd ra']);
    }
    assert.equal(handedOn.length, 2);
  });

  test('Responder.respond() refuses other classes, and what no zone holds where there is none', () => {
    const chaos = buildQuery('version.bind TXT', { class: 'CH' });
    assert.equal(printResponse(forwarding.send(chaos, transport)).status, 'REFUSED');
    assert.equal(zone.ask('example.org A').status, 'REFUSED');
    assert.equal(handedOn.length, 2);
  });
});
