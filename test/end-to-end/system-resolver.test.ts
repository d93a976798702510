/**
 * The C library's own stub resolver, with our address in its resolv.conf and a pod's search path, in a network and
 * mount namespace that this test makes.
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const RESOLV_CONF = `nameserver 127.0.0.1
search shop.svc.cluster.local svc.cluster.local cluster.local
options ndots:5
`;

/** Answers, by question; "none" where there is nothing to print. */
const SCRIPT = `
set -e
ip link set lo up
# The resolver asks for a family only where the machine has an address of it besides loopback.
ip address add 192.0.2.7/32 dev lo
ip address add 2001:db8::7/128 dev lo
mount --bind "$1/resolv.conf" /etc/resolv.conf
"$2" src/main.ts serve --manifests config/demo --listen 127.0.0.1:53 --http 127.0.0.1:9153 > "$1/log" &
server=$!
tries=0
until grep -q serving "$1/log"; do sleep 0.1; tries=$((tries + 1)); test $tries -lt 100; done
ask() { echo "$*: $(getent "$@" | awk '{print $1}' | sort -u | tr '\\n' ' ')"; }
ask ahostsv4 web
ask ahostsv4 api.payments
ask ahostsv6 search.shop
ask ahostsv4 web.shop.svc.cluster.local
ask ahostsv4 missing || true
echo "reverse: $(getent hosts 10.96.10.10 | awk '{print $2}')"
kill -TERM $server
wait $server
echo "exit code: $?"
`;

test('getent, with a search path, finds Services by their short names', async (t) => {
  if (!canMakeNamespaces()) {
    t.skip('network namespaces cannot be made here');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'vipdns-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'resolv.conf'), RESOLV_CONF);
  const arguments_ = ['-n', '-m', 'sh', '-c', SCRIPT, 'sh', folder, process.execPath];
  const { stdout } = await promisify(execFile)('unshare', arguments_, { timeout: 30_000 });
  assert.deepEqual(
    stdout.split('\n').map((line) => line.trimEnd()),
    [
      'ahostsv4 web: 10.96.10.10',
      'ahostsv4 api.payments: 10.96.20.10',
      'ahostsv6 search.shop: fd00:96::1014',
      'ahostsv4 web.shop.svc.cluster.local: 10.96.10.10',
      'ahostsv4 missing:',
      'reverse: web.shop.svc.cluster.local',
      'exit code: 0',
      '',
    ],
  );
});

function canMakeNamespaces(): boolean {
  try {
    execFileSync('unshare', [
      '-n',
      '-m',
      'sh',
      '-c',
      'ip link set lo up && which getent awk mount',
    ]);
    return true;
  } catch {
    return false;
  }
}
