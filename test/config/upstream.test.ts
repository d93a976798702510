/** Upstreams in their text form, and addresses that lead back to this machine. */
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { findOwnListener } from '../../src/config/own-listener.ts';
import { parseSocketAddress } from '../../src/config/socket-address.ts';
import { findUpstreamMistake, formatUpstream, parseUpstream } from '../../src/config/upstream.ts';

test('parseUpstream() reads addresses with scheme, port and name, and keeps them in canonical form', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['192.0.2.53', 'udp 192.0.2.53 53 ', 'udp://192.0.2.53:53'],
    ['192.0.2.53:5353', 'udp 192.0.2.53 5353 ', 'udp://192.0.2.53:5353'],
    ['udp://192.0.2.53', 'udp 192.0.2.53 53 ', 'udp://192.0.2.53:53'],
    ['2001:DB8:0::1', 'udp 2001:db8::1 53 ', 'udp://[2001:db8::1]:53'],
    ['[2001:db8::1]', 'udp 2001:db8::1 53 ', 'udp://[2001:db8::1]:53'],
    ['[2001:db8::1]:54', 'udp 2001:db8::1 54 ', 'udp://[2001:db8::1]:54'],
    ['fe80::1%eth0', 'udp fe80::1%eth0 53 ', 'udp://[fe80::1%eth0]:53'],
    ['tcp://[fe80::1%eth0]:54', 'tcp fe80::1%eth0 54 ', 'tcp://[fe80::1%eth0]:54'],
    ['::ffff:192.0.2.53', 'udp 192.0.2.53 53 ', 'udp://192.0.2.53:53'],
    ['tcp://192.0.2.53', 'tcp 192.0.2.53 53 ', 'tcp://192.0.2.53:53'],
    ['tls://192.0.2.53', 'tls 192.0.2.53 853 192.0.2.53', 'tls://192.0.2.53:853#192.0.2.53'],
    ['tls://2001:DB8::1', 'tls 2001:db8::1 853 2001:db8::1', 'tls://[2001:db8::1]:853#2001:db8::1'],
    [
      'tls://192.0.2.53:8853#DNS.corp.example.',
      'tls 192.0.2.53 8853 dns.corp.example',
      'tls://192.0.2.53:8853#dns.corp.example',
    ],
    [
      'tls://192.0.2.53#192.0.2.1',
      'tls 192.0.2.53 853 192.0.2.1',
      'tls://192.0.2.53:853#192.0.2.1',
    ],
    [
      'tls://[fe80::1%eth0]#dns.example',
      'tls fe80::1%eth0 853 dns.example',
      'tls://[fe80::1%eth0]:853#dns.example',
    ],
  ];
  for (const [text, parts, canonical] of cases) {
    const upstream = parseUpstream(text);
    assert.ok(upstream?.kind === 'server', text);
    const { transport, address, port, serverName } = upstream;
    assert.equal([transport, address, port, serverName].join(' '), parts, text);
    assert.equal(formatUpstream(upstream), canonical);
    assert.deepEqual(parseUpstream(canonical), upstream);
  }
});

test('parseUpstream() takes an absolute path for a resolv.conf', () => {
  const upstream = { kind: 'resolvConf', path: '/run/resolv.conf' } as const;
  assert.deepEqual(parseUpstream('/run/resolv.conf'), upstream);
  assert.equal(formatUpstream(upstream), '/run/resolv.conf');
});

test('findUpstreamMistake() says what is wrong with an upstream', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /^no IP address$/],
    ['resolv.conf', /cannot look up the name of its own upstream/],
    ['dns.example.org', /cannot look up the name of its own upstream/],
    ['tls://dns.example.org', /cannot look up the name of its own upstream/],
    ['dns.example.org:53', /cannot look up the name of its own upstream/],
    ['192.0.2', /cannot look up/],
    ['192.0.2.1 ', /no IP address/],
    ['192.0.2.1:', /no IP address/],
    ['192.0.2.1:65536', /no IP address/],
    ['192.0.2.1:0', /no port that can be asked/],
    ['0.0.0.0', /no address that can be asked/],
    ['[::]:53', /no address that can be asked/],
    ['2001:db8::1%eth0', /no IP address/],
    ['192.0.2.1\n', /no IP address/],
    ['https://192.0.2.1/dns-query', /"https:\/\/" is none of udp:\/\/, tcp:\/\/, tls:\/\//],
    ['TLS://192.0.2.1', /"TLS:\/\/" is none of/],
    ['192.0.2.1#dns.example.org', /"#dns.example.org": a name to verify goes with tls:\/\//],
    ['tls://192.0.2.1#', /"#": a name to verify/],
    ['tls://192.0.2.1#a b', /"#a b": a name to verify/],
    ['tls://fe80::1%eth0', /address with a scope is in no certificate/],
  ];
  for (const [text, expected] of cases) {
    assert.match(findUpstreamMistake(text) ?? 'nothing', expected, text);
    assert.equal(parseUpstream(text), undefined, text);
  }
});

test('findOwnListener() finds what is sent to this machine, behind wildcards too', () => {
  const cases: readonly (readonly [string, readonly string[], string | undefined])[] = [
    ['192.0.2.1:53', ['192.0.2.1:53'], '192.0.2.1'],
    ['192.0.2.1:53', ['192.0.2.2:53', '192.0.2.1:54'], undefined],
    ['127.0.0.53:53', ['0.0.0.0:53'], '0.0.0.0'],
    ['127.0.0.53:53', ['[::]:53'], undefined],
    ['127.0.0.53:54', ['0.0.0.0:53'], undefined],
    // A documentation address, which no interface has.
    ['192.0.2.1:53', ['0.0.0.0:53', '[::]:53'], undefined],
    // 0.0.0.0 as a destination is loopback.
    ['0.0.0.0:53', ['127.0.0.1:53'], '127.0.0.1'],
    ['0.0.0.0:0', ['127.0.0.1:0'], undefined],
  ];
  for (const [target, listen, expected] of cases) {
    assert.equal(own(target, listen), expected, `${target} ${listen}`);
  }
});

test('findOwnListener() finds every address of the interfaces behind a wildcard', () => {
  for (const [name, addresses = []] of Object.entries(networkInterfaces())) {
    for (const { address, family, scopeid } of addresses) {
      const wildcard = family === 'IPv4' ? '0.0.0.0' : '::';
      const listen = [{ address: wildcard, port: 53 }];
      const texts = scopeid ? [`${address}%${name}`, `${address}%${scopeid}`] : [address];
      for (const text of texts) {
        assert.ok(findOwnListener({ address: text, port: 53 }, listen), text);
        assert.equal(findOwnListener({ address: text, port: 54 }, listen), undefined);
      }
    }
  }
});

test('findOwnListener() leaves an address of another link alone', () => {
  const listen = [{ address: '::', port: 53 }];
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { address, scopeid } of addresses ?? []) {
      if (!scopeid) continue;
      assert.equal(findOwnListener({ address: `${address}%nowhere`, port: 53 }, listen), undefined);
    }
  }
});

function own(target: string, listen: readonly string[]): string | undefined {
  const [address, ...own] = [target, ...listen].map((text) => {
    const parsed = parseSocketAddress(text);
    assert.ok(parsed);
    return parsed;
  });
  return findOwnListener(address, own)?.address;
}
