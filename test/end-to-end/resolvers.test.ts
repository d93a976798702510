/**
 * Servers and stub resolvers that others wrote: NSD as the authority, Unbound as the recursive upstream by a
 * resolv.conf, vipdns before them, and the C libraries of pods (glibc, musl) as clients, in network, mount and process
 * namespaces that this test makes. Skipped, and said so, where one of the programs is not there.
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';

const BIG = Array.from({ length: 60 }, (_, i) => `big A 192.0.2.${100 + i}`).join('\n');

const FILES: Readonly<Record<string, string>> = {
  'example.zone': `$ORIGIN example.
$TTL 300
@ SOA ns hostmaster 1 7200 1800 86400 60
@ NS ns
ns A 127.0.0.2
www A 192.0.2.1
www AAAA 2001:db8::1
alias CNAME www
four A 192.0.2.4
later A 192.0.2.9
*.apps A 192.0.2.5
${BIG}
`,
  'nsd.conf': `server:
  ip-address: 127.0.0.2@53
  username: ""
  zonesdir: "."
  pidfile: "nsd.pid"
  database: ""
  xfrdfile: "xfrd.state"
  zonelistfile: "zone.list"
remote-control:
  control-enable: no
zone:
  name: "example."
  zonefile: "example.zone"
`,
  'unbound.conf': `server:
  interface: 127.0.0.3@53
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  do-not-query-localhost: no
  module-config: "iterator"
stub-zone:
  name: "example."
  stub-addr: 127.0.0.2@53
`,
  'upstream.conf': 'nameserver 127.0.0.3\n',
  'resolv.conf': `nameserver 127.0.0.1
search shop.svc.cluster.local svc.cluster.local cluster.local
options ndots:5
`,
  'vipdns.yaml': `listen: ["127.0.0.1:53"]
http: "127.0.0.1:9153"
responders: 1
lameduck: 0s
source: {manifests: [manifests]}
forward: [{zones: [.], upstreams: [FOLDER/upstream.conf]}]
`,
  'service.yaml': `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.96.10.10, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: away, namespace: shop}
spec: {type: ExternalName, externalName: alias.example}
---
apiVersion: v1
kind: Service
metadata: {name: gone, namespace: shop}
spec: {type: ExternalName, externalName: missing.example}
`,
  // Prints what getaddrinfo() gives for each name of a family.
  'lookup.c': `#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(int count, char **names) {
  int family = atoi(names[1]) == 4 ? AF_INET : AF_INET6;
  struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM}, *list, *each;
  for (int i = 2; i < count; i++) {
    int error = getaddrinfo(names[i], NULL, &hints, &list);
    int total = 0;
    char text[64] = "";
    for (each = error ? NULL : list; each; each = each->ai_next, total++) {
      void *address = family == AF_INET ? (void *)&((struct sockaddr_in *)each->ai_addr)->sin_addr
                                        : (void *)&((struct sockaddr_in6 *)each->ai_addr)->sin6_addr;
      if (total == 0) inet_ntop(family, address, text, sizeof text);
    }
    if (total > 1) printf("%s: %d addresses\\n", names[i], total);
    else printf("%s: %s\\n", names[i], error ? "none" : text);
  }
}
`,
};

/** The process namespace ends with this shell: nobody stays, and nobody writes to the folder any more. */
const SCRIPT = `
set -e
cd "$1"
sed -i "s|FOLDER|$1|" vipdns.yaml
ip link set lo up
# A resolver asks for a family only where the machine has an address of it besides loopback.
ip address add 192.0.2.7/32 dev lo
ip address add 2001:db8::7/128 dev lo
mount --bind resolv.conf /etc/resolv.conf
mkdir manifests && mv service.yaml manifests
$3 -o lookup lookup.c
nsd -d -c nsd.conf > nsd.log 2>&1 &
nsd=$!
unbound -d -c unbound.conf > unbound.log 2>&1 &
unbound=$!
"$2" "$4" serve --config vipdns.yaml > log &
server=$!
wait_for() { tries=0; until "$@"; do sleep 0.05; tries=$((tries + 1)); test $tries -lt 200; done; }
wait_for grep -q serving log
wait_for sh -c './lookup 4 four.example | grep -q 192.0.2.4'
./lookup 4 web web.shop.svc.cluster.local www.example alias.example deep.apps.example big.example away missing.example gone
./lookup 6 www.example four.example away
# Unbound goes, and the file names NSD instead: Kubernetes replaces files so.
kill $unbound
wait $unbound || true
echo "nameserver 127.0.0.2" > next.conf && mv next.conf upstream.conf
wait_for grep -q 'upstreams have changed' log
./lookup 4 later.example www.example web
kill -TERM $server
wait $server
echo "exit code: $?"
`;

const EXPECTED = [
  'web: 10.96.10.10',
  'web.shop.svc.cluster.local: 10.96.10.10',
  'www.example: 192.0.2.1',
  'alias.example: 192.0.2.1',
  'deep.apps.example: 192.0.2.5',
  'away: 192.0.2.1',
  'missing.example: none',
  'gone: none',
  'www.example: 2001:db8::1',
  'four.example: none',
  'away: 2001:db8::1',
  'later.example: 192.0.2.9',
  'www.example: 192.0.2.1',
  'web: 10.96.10.10',
  'exit code: 0',
  '',
];

const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child'];
const MAIN = join(import.meta.dirname, '../../src/main.ts');

// Each in a namespace of its own.
suite('stub resolvers', { concurrency: true }, () => {
  // Before 1.2.4, musl asks by no TCP and takes what fits into 512 bytes; later it takes 48 addresses at most.
  for (const [library, compiler, big] of [
    ['glibc', 'gcc', /^60$/],
    ['musl', 'musl-gcc', /^(30|48)$/],
  ] as const) {
    test(`${library} finds names in and outside the cluster, through Unbound, then NSD`, async (t: TestContext) => {
      const missing = whatIsMissing(compiler);
      if (missing !== undefined) {
        t.skip(missing);
        return;
      }
      const folder = mkdtempSync(join(tmpdir(), 'vipdns-resolvers-'));
      t.after(() => rmSync(folder, { recursive: true }));
      for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
      const words = [
        ...NAMESPACES,
        'sh',
        '-c',
        SCRIPT,
        'sh',
        folder,
        process.execPath,
        compiler,
        MAIN,
      ];
      // unshare blocks SIGTERM while its child runs.
      const limits = { timeout: 60_000, killSignal: 'SIGKILL' } as const;
      const { stdout } = await promisify(execFile)('unshare', words, limits);
      assert.match(/^big.example: (\d+) addresses$/m.exec(stdout)?.[1] ?? '', big);
      assert.deepEqual(
        stdout.split('\n').filter((line) => !line.startsWith('big.example')),
        EXPECTED,
      );
    });
  }
});

function whatIsMissing(compiler: string): string | undefined {
  for (const program of ['nsd', 'unbound', compiler]) {
    if (!succeeds('sh', ['-c', `command -v ${program}`])) return `there is no ${program} here`;
  }
  const canUnshare = succeeds('unshare', [...NAMESPACES, 'sh', '-c', 'ip link set lo up']);
  return canUnshare ? undefined : 'namespaces cannot be made here';
}

function succeeds(program: string, words: readonly string[]): boolean {
  try {
    execFileSync(program, words, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
