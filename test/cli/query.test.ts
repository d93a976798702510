/** `vipdns query` against servers that answer by a script; dns-packet, not dns2, makes and reads their messages. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import packet, { type Packet } from 'dns-packet';
import { QUERY_HELP, runQuery } from '../../src/cli/query.ts';

interface Script {
  /** Gives the datagrams that answer a query, in their order. */
  readonly udp?: (query: Buffer) => readonly Uint8Array[];
  /** Does what a connection gets for its query. */
  readonly tcp?: (query: Buffer, socket: Socket) => void;
  readonly address?: string;
}

/** Starts a server with the same port for both protocols, and gives the argument that names it. */
async function serve(t: TestContext, { udp, tcp, address = '127.0.0.1' }: Script) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (data: Buffer) => tcp?.(data.subarray(2), socket));
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, address);
  await once(server, 'listening');
  const bound = server.address();
  assert.ok(bound !== null && typeof bound === 'object');
  const { port } = bound;
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  if (udp !== undefined) {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.on('message', (query, client) => {
      for (const response of udp(query)) socket.send(response, client.port, client.address);
    });
    socket.bind(port, address);
    await once(socket, 'listening');
    t.after(() => socket.close());
  }
  return address.includes(':') ? `@[${address}]:${port}` : `@${address}:${port}`;
}

/** A response to a query, changed as the test needs it. */
function respondTo(query: Buffer, changes: Partial<Packet> = {}): Buffer {
  const { id, questions } = packet.decode(query);
  return packet.encode({
    type: 'response',
    id: id ?? 0,
    flags: packet.AUTHORITATIVE_ANSWER,
    questions: questions ?? [],
    ...changes,
  });
}

/** Appends an OPT record, RFC 6891 section 6.1.2; dns-packet writes no Extended DNS Errors. */
function withOpt(message: Buffer, { upperRcode, data }: { upperRcode: number; data: Buffer }) {
  const opt = Buffer.of(0, 0, 41, 1232 >> 8, 1232, upperRcode, 0, 0, 0, 0, data.length);
  const whole = Buffer.concat([message, opt, data]);
  whole.writeUInt16BE(1, 10);
  return whole;
}

const ANSWER = { type: 'A', name: 'web.example.org', ttl: 5, data: '192.0.2.1' } as const;

function framed(message: Buffer): Buffer {
  return Buffer.concat([Buffer.of(message.length >> 8, message.length), message]);
}

/** Runs the command and gives its exit code and what it printed. */
async function run(t: TestContext, ...arguments_: string[]) {
  const printed = { out: '', err: '' };
  const out = t.mock.method(console, 'log', (text: string) => {
    printed.out += `${text}\n`;
  });
  const err = t.mock.method(console, 'error', (text: string) => {
    printed.err += `${text}\n`;
  });
  const code = await runQuery(arguments_);
  out.mock.restore();
  err.mock.restore();
  return { code, ...printed };
}

test('runQuery() prints a response in the manner of dig, and exits with 0', async (t) => {
  let asked: Packet = {};
  const server = await serve(t, {
    udp: (query) => {
      asked = packet.decode(query);
      return [
        respondTo(query, {
          answers: [ANSWER],
          authorities: [{ type: 'NS', name: 'example.org', ttl: 5, data: 'ns.example.org' }],
          additionals: [{ type: 'AAAA', name: 'ns.example.org', ttl: 5, data: '2001:db8::1' }],
        }),
      ];
    },
  });
  const { code, out, err } = await run(t, 'Web.example.org.', server);
  assert.deepEqual([code, err], [0, '']);
  const [question] = asked.questions ?? [];
  assert.deepEqual([question.type, question.class, question.name], ['A', 'IN', 'Web.example.org']);
  assert.ok(((asked.flags ?? 0) & packet.RECURSION_DESIRED) !== 0);
  const [opt] = asked.additionals ?? [];
  assert.ok(opt?.type === 'OPT' && opt.udpPayloadSize === 1232);
  const lines = out.split('\n');
  assert.match(lines[0], /^;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: \d+$/);
  assert.equal(lines[1], ';; flags: qr aa; QUERY: 1, ANSWER: 1, AUTHORITY: 1, ADDITIONAL: 1');
  assert.deepEqual(lines.slice(2, 13), [
    '',
    ';; QUESTION SECTION:',
    ';Web.example.org.\tIN\tA',
    '',
    ';; ANSWER SECTION:',
    'web.example.org.\t5\tIN\tA\t192.0.2.1',
    '',
    ';; AUTHORITY SECTION:',
    'example.org.\t5\tIN\tNS\tns.example.org.',
    '',
    ';; ADDITIONAL SECTION:',
  ]);
  assert.match(out, /;; SERVER: 127\.0\.0\.1#\d+ \(UDP\)\n;; MSG SIZE {2}rcvd: \d+\n$/);
});

test('runQuery() prints the data of every type as dig does with +short', async (t) => {
  const name = 'web.example.org';
  const rows: [NonNullable<Packet['answers']>[number], string][] = [
    [{ type: 'AAAA', name, data: '2001:db8::1' }, '2001:db8::1'],
    [{ type: 'CNAME', name, data: 'a.example.org' }, 'a.example.org.'],
    [{ type: 'PTR', name, data: 'a.example.org' }, 'a.example.org.'],
    [{ type: 'NS', name, data: 'ns.example.org' }, 'ns.example.org.'],
    [
      { type: 'MX', name, data: { preference: 10, exchange: 'mx.example.org' } },
      '10 mx.example.org.',
    ],
    [
      { type: 'SRV', name, data: { priority: 0, weight: 50, port: 80, target: name } },
      `0 50 80 ${name}.`,
    ],
    [{ type: 'TXT', name, data: ['1.1.0', 'a"b\\c'] }, '"1.1.0" "a\\"b\\\\c"'],
    [
      {
        type: 'SOA',
        name,
        data: {
          mname: 'ns.example.org',
          rname: 'h.example.org',
          serial: 9,
          refresh: 1,
          retry: 2,
          expire: 3,
          minimum: 4,
        },
      },
      'ns.example.org. h.example.org. 9 1 2 3 4',
    ],
    [
      {
        type: 'DS',
        name,
        data: { keyTag: 258, algorithm: 3, digestType: 4, digest: Buffer.of(5) },
      },
      '\\# 5 0102030405',
    ],
  ];
  const server = await serve(t, {
    udp: (query) => [respondTo(query, { answers: rows.map(([record]) => record) })],
  });
  const { code, out } = await run(t, name, 'ANY', server, '--short');
  assert.deepEqual([code, out.trimEnd().split('\n')], [0, rows.map(([, text]) => text)]);
});

test('runQuery() escapes what a terminal would obey', async (t) => {
  const hostile = '\x1b[2J\x07\x9b';
  const server = await serve(t, {
    udp: (query) => [
      respondTo(query, {
        answers: [
          { type: 'TXT', name: 'web.example.org', ttl: 5, data: Buffer.from(hostile, 'latin1') },
          { type: 'CNAME', name: 'a b.example.org', ttl: 5, data: '\x1b.example.org' },
        ],
      }),
    ],
  });
  const { out } = await run(t, 'web.example.org', 'TXT', server);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  assert.doesNotMatch(out, /[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
  assert.match(out, /\ta\\032b|^a\\032b\.example\.org\.\t5\tIN\tCNAME\t\\027\.example\.org\.$/m);
  assert.match(out, /\\027\[2J\\007/);
});

test('runQuery() takes no response but that to its question', async (t) => {
  const server = await serve(t, {
    udp: (query) => {
      const { id = 0, questions = [] } = packet.decode(query);
      const wrong = { answers: [{ ...ANSWER, data: '198.51.100.66' }] };
      const [question] = questions;
      return [
        Buffer.of(1, 2, 3),
        query,
        respondTo(query, { ...wrong, id: (id + 1) % 65_536 }),
        respondTo(query, { ...wrong, questions: [{ ...question, name: 'other.example.org' }] }),
        respondTo(query, { ...wrong, questions: [{ ...question, type: 'AAAA' }] }),
        respondTo(query, { ...wrong, questions: [{ ...question, class: 'CH' }] }),
        respondTo(query, { ...wrong, questions: [question, question] }),
        respondTo(query, { ...wrong, questions: [] }),
        respondTo(query, { answers: [ANSWER] }),
      ];
    },
  });
  const { code, out } = await run(t, 'web.example.org', server, '--short');
  assert.deepEqual([code, out], [0, '192.0.2.1\n']);
});

test('runQuery() asks again by TCP where the answer is truncated', async (t) => {
  const server = await serve(t, {
    udp: (query) => [respondTo(query, { flags: packet.TRUNCATED_RESPONSE })],
    tcp: (query, socket) => {
      const message = framed(respondTo(query, { answers: [ANSWER] }));
      // In two parts, the first within the length.
      socket.write(message.subarray(0, 1), () => socket.write(message.subarray(1)));
    },
  });
  const { code, out } = await run(t, 'web.example.org', server);
  assert.equal(code, 0);
  assert.match(out, /192\.0\.2\.1\n(?:.*\n)*.*\(TCP\)/);
});

test('runQuery() asks IPv6 servers, by UDP and by TCP at once', async (t) => {
  const server = await serve(t, {
    address: '::1',
    udp: (query) => [respondTo(query, { answers: [ANSWER] })],
    tcp: (query, socket) => {
      socket.write(framed(respondTo(query, { answers: [{ ...ANSWER, data: '192.0.2.2' }] })));
    },
  });
  assert.equal((await run(t, 'web.example.org', server, '--short')).out, '192.0.2.1\n');
  assert.equal((await run(t, 'web.example.org', server, '--short', '--tcp')).out, '192.0.2.2\n');
});

test('runQuery() exits with 1 where the server responds without an answer', async (t) => {
  const cases: [(query: Buffer) => Buffer, RegExp][] = [
    [(query) => respondTo(query), /status: NOERROR/],
    [(query) => respondTo(query, { flags: 3 }), /status: NXDOMAIN/],
    // An error of the header alone, as servers give it to what they cannot read.
    [
      (query) => Buffer.concat([query.subarray(0, 2), Buffer.of(0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0)]),
      /status: FORMERR/,
    ],
  ];
  for (const [respond, expected] of cases) {
    const server = await serve(t, { udp: (query) => [respond(query)] });
    const { code, out } = await run(t, 'web.example.org', server);
    assert.equal(code, 1);
    assert.match(out, expected);
    assert.deepEqual(await run(t, 'web.example.org', server, '--quiet'), {
      code: 1,
      out: '',
      err: '',
    });
    assert.deepEqual(await run(t, 'web.example.org', server, '--short'), {
      code: 1,
      out: '',
      err: '',
    });
  }
});

test('runQuery() prints why a server failed, and extended RCODEs', async (t) => {
  const text = Buffer.from('starting \x1b');
  const notReady = Buffer.concat([Buffer.of(0, 15, 0, 2 + text.length, 0, 14), text]);
  const failing = await serve(t, {
    udp: (query) => [withOpt(respondTo(query, { flags: 2 }), { upperRcode: 0, data: notReady })],
  });
  const { code, out } = await run(t, 'web.example.org', failing);
  assert.equal(code, 1);
  assert.match(out, /status: SERVFAIL/);
  assert.ok(
    out.includes(
      '; EDNS: version: 0, flags:; udp: 1232\n; EDE: 14 (Not Ready): "starting \\027"\n',
    ),
    out,
  );
  const badVersion = await serve(t, {
    udp: (query) => [withOpt(respondTo(query), { upperRcode: 1, data: Buffer.alloc(0) })],
  });
  assert.match((await run(t, 'web.example.org', badVersion)).out, /status: BADVERS/);
});

test('runQuery() exits with 3 where no response comes, by UDP or TCP', async (t) => {
  let queries = 0;
  const silent = await serve(t, {
    udp: () => {
      queries++;
      return [];
    },
  });
  const times = ['--timeout', '100ms'];
  for (const flags of [[], ['--tcp']]) {
    const { code, out, err } = await run(t, 'web.example.org', silent, ...times, ...flags);
    assert.deepEqual([code, out], [3, '']);
    assert.match(err, /^Cannot ask "127\.0\.0\.1" port \d+: nothing came within 100 ms\n$/);
  }
  assert.equal(queries, 2, 'a datagram is sent again once');
});

test('runQuery() exits with 3 at once where nobody listens, or a connection ends early', async (t) => {
  const closing = await serve(t, { tcp: (_query, socket) => socket.end(Buffer.of(0, 9, 1)) });
  // Nothing of the server's is bound to this port for UDP.
  const { code, err } = await run(t, 'web.example.org', closing, '--timeout', '1m');
  assert.equal(code, 3);
  assert.match(err, /ECONNREFUSED/);
  const cut = await run(t, 'web.example.org', closing, '--tcp', '--timeout', '1m');
  assert.equal(cut.code, 3);
  assert.match(cut.err, /connection closed/);
});

test('runQuery() exits with 3 where there is no way to the server', async (t) => {
  for (const server of ['@[2001:db8::1]', '@192.0.2.1', '@255.255.255.255']) {
    for (const flags of [[], ['--tcp']]) {
      const { code, err } = await run(t, 'web.example.org', server, '--timeout', '50ms', ...flags);
      assert.equal(code, 3, server);
      assert.match(err, /^Cannot ask ".*" port 53: \S/);
    }
  }
});

test('runQuery() exits with 2 where the arguments are wrong, and says how', async (t) => {
  const cases: [string[], RegExp][] = [
    [[], /a name is missing/],
    [['a.example.org', 'A', 'B'], /received "B" besides/],
    [['a.example.org', 'NOPE'], /expected a type, such as A or SRV: received "NOPE"/],
    [['a.example.org', 'EDNS'], /received "EDNS"/],
    [['a.example.org', 'toString'], /received "toString"/],
    [['a.example.org', 'TYPE65536'], /received "TYPE65536"/],
    [['a.example.org', 'TYPE0'], /received "TYPE0"/],
    [['a..example.org'], /0 bytes, not 1 to 63/],
    [[`${'a'.repeat(64)}.example.org`], /64 bytes, not 1 to 63/],
    [['a b'], /plain ASCII/],
    [['bücher.example.org'], /plain ASCII/],
    [['a\\.b'], /plain ASCII/],
    [
      ['a.example.org', '@ns.example.org'],
      /expected an IP address as server: received "@ns\.example\.org"/,
    ],
    [['a.example.org', '@192.0.2.1:0'], /expected an IP address as server/],
    [['a.example.org', '@192.0.2.1', '@192.0.2.2'], /expected one server/],
    [['a.example.org', '--timeout', '2'], /received "2"/],
    [['a.example.org', '--timeout', '0s'], /received "0s"/],
    [['a.example.org', '--short', '--quiet'], /received both/],
    [['a.example.org', '--nope'], /--nope/],
  ];
  for (const [arguments_, expected] of cases) {
    const { code, out, err } = await run(t, ...arguments_);
    assert.deepEqual([code, out], [2, ''], arguments_.join(' '));
    assert.match(err, /^Cannot read arguments: .*; see vipdns query --help\n$/);
    assert.match(err, expected);
  }
});

test('runQuery() prints its help, in which every option stands', async (t) => {
  const { code, out } = await run(t, '--help');
  assert.deepEqual([code, out], [0, `${QUERY_HELP}\n`]);
  for (const word of ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'EXIT STATUS', 'EXAMPLES']) {
    assert.match(out, new RegExp(`^${word}$`, 'm'));
  }
  for (const flag of ['--tcp', '--timeout', '--short', '--quiet']) {
    assert.match(out, new RegExp(`^ {4}${flag}`, 'm'));
  }
});
