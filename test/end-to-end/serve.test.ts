/** The server as its users meet it: a process, real sockets, real clients. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promises as dns } from 'node:dns';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type RunningServer, runVipdns, startServer } from '../support/process.ts';

const WEB = 'web.shop.svc.cluster.local';
/** A change of a file has to show within a second; the machine may be busy. */
const CHANGE_LIMIT_MS = 5000;

suite('vipdns serve', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vipdns-'));
  cpSync('config/demo', folder, { recursive: true });
  let server: RunningServer;
  const resolver = new dns.Resolver();
  before(async () => {
    server = await startServer('--manifests', folder);
    resolver.setServers([`127.0.0.1:${server.port}`]);
  });
  after(() => {
    server.child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  test("c-ares, Node's own resolver, gets addresses, SRV, PTR, TXT, SOA, NS and NXDOMAIN", async () => {
    assert.deepEqual(await resolver.resolve4(WEB), ['10.96.10.10']);
    const [srv] = await resolver.resolveSrv(`_http._tcp.${WEB}`);
    const { name, port, priority, weight } = srv;
    assert.deepEqual(
      { name, port, priority, weight },
      { name: WEB, port: 80, priority: 0, weight: 100 },
    );
    assert.deepEqual(await resolver.reverse('10.96.10.10'), [WEB]);
    assert.deepEqual(await resolver.resolveTxt('dns-version.cluster.local'), [['1.1.0']]);
    assert.deepEqual(await resolver.resolveNs('cluster.local'), ['ns.dns.cluster.local']);
    assert.equal((await resolver.resolveSoa('cluster.local')).nsname, 'ns.dns.cluster.local');
    await assert.rejects(resolver.resolve4(`missing.shop.svc.cluster.local`), {
      code: 'ENOTFOUND',
    });
    await assert.rejects(resolver.resolve6(WEB), { code: 'ENODATA' });
    await assert.rejects(resolver.resolve4('example.org'), { code: 'EREFUSED' });
  });

  test('dig gets the same over UDP and TCP', async (t) => {
    for (const transport of ['+notcp', '+tcp']) {
      const arguments_ = [
        '@127.0.0.1',
        '-p',
        `${server.port}`,
        '+noall',
        '+answer',
        transport,
        WEB,
      ];
      const output = await promisify(execFile)('dig', arguments_).catch((error) => error);
      if (output.code === 'ENOENT') {
        t.skip('dig is not installed');
        return;
      }
      assert.match(
        output.stdout,
        /^web\.shop\.svc\.cluster\.local\. 5\s+IN\s+A\s+10\.96\.10\.10\n$/,
      );
    }
  });

  test('/health and /ready say OK, /metrics counts the queries', async () => {
    for (const path of ['/health', '/ready']) {
      const response = await fetch(`${server.http}${path}`);
      assert.equal(response.status, 200);
      assert.equal(await response.text(), 'OK');
    }
    const metrics = await (await fetch(`${server.http}/metrics`)).text();
    assert.match(metrics, /^vipdns_dns_requests_total\{proto="udp",family="1",type="SRV"\} 1$/m);
    assert.match(metrics, /^vipdns_zone_services 9$/m);
    assert.match(metrics, /^vipdns_zone_endpoints [1-9]\d*$/m);
  });

  test('a changed file changes the answers, a broken one leaves them, and is told in the log', async () => {
    const file = join(folder, 'late.yaml');
    writeFileSync(file, manifest('10.96.77.1'));
    await waitFor(async () => (await addresses('late'))[0] === '10.96.77.1');
    writeFileSync(file, manifest('10.96.77.2'));
    await waitFor(async () => (await addresses('late'))[0] === '10.96.77.2');
    writeFileSync(file, manifest('10.96.77.'));
    await waitFor(async () => server.lines().some(({ code }) => code === 'ERR_MANIFEST'));
    assert.deepEqual(await addresses('late'), ['10.96.77.2']);
    const problem = server.lines().find(({ code }) => code === 'ERR_MANIFEST');
    assert.match(
      String(problem?.msg),
      /late\.yaml, document 1, spec\.clusterIP: expected .*"10\.96\.77\."/,
    );
    rmSync(file);
    await waitFor(async () => (await addresses('late')).length === 0);
  });

  test('SIGTERM ends it with exit code 0, and without an error in its log', async () => {
    assert.equal(await server.stop('SIGTERM'), 0);
    assert.deepEqual(
      server.lines().filter(({ level, code }) => level !== 'info' && code !== 'ERR_MANIFEST'),
      [],
    );
  });

  async function addresses(name: string): Promise<string[]> {
    return resolver.resolve4(`${name}.shop.svc.cluster.local`).catch(() => []);
  }
});

async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + CHANGE_LIMIT_MS;
  while (!(await condition())) {
    assert.ok(performance.now() < endsAt, 'did not happen in time');
    await sleep(20);
  }
}

function manifest(clusterIp: string): string {
  return `apiVersion: v1
kind: Service
metadata: {name: late, namespace: shop}
spec: {clusterIP: "${clusterIp}", ports: [{port: 80}]}
`;
}

suite('vipdns', () => {
  test('serve cannot share its port with another one, and says so', async () => {
    const server = await startServer('--manifests', 'config/demo');
    const port = `127.0.0.1:${server.port}`;
    const { exitCode, stdout } = await runVipdns(
      'serve',
      '--listen',
      port,
      '--http',
      '127.0.0.1:0',
    );
    assert.equal(exitCode, 1);
    assert.match(stdout, /Cannot listen on \\"127\.0\.0\.1:\d+\\" \(TCP\): address already in use/);
    assert.equal(await server.stop('SIGINT'), 0);
  });

  test('serve ends with 1 where the folder or the HTTP address cannot be had', async () => {
    const listen = ['--listen', '127.0.0.1:0'];
    const missing = await runVipdns(
      'serve',
      ...listen,
      '--http',
      '127.0.0.1:0',
      '--manifests',
      '/missing',
    );
    assert.equal(missing.exitCode, 1);
    assert.match(
      missing.stdout,
      /Cannot read manifests \\"\/missing\\": no such file or directory/,
    );
    const http = await runVipdns('serve', ...listen, '--http', '192.0.2.1:9');
    assert.equal(http.exitCode, 1);
    assert.match(http.stdout, /Cannot serve HTTP on/);
  });

  test('serve ends with 2 and tells every mistake of its arguments', async () => {
    const { exitCode, stderr } = await runVipdns('serve', '--listen', '8.8.8', '--zone', 'a..b');
    assert.equal(exitCode, 2);
    assert.match(
      stderr,
      /^listen\[0\]: expected .*: received "8\.8\.8"\nzones\[0\]: expected .*"a\.\.b"\n$/,
    );
    assert.equal((await runVipdns('serve', '--lisen', 'x')).exitCode, 2);
    assert.equal((await runVipdns('serv')).exitCode, 2);
  });

  test('check prints every virtual IP, and 0 where nothing is wrong', async () => {
    const { exitCode, stdout, stderr } = await runVipdns('check', '--manifests', 'config/demo');
    assert.equal(stderr, '');
    assert.equal(exitCode, 0);
    assert.match(stdout, /^shop\/web +10\.96\.10\.10$/m);
    assert.match(stdout, /^shop\/cart +10\.\d+\.\d+\.\d+ +allocated$/m);
  });

  test('help reads like a manual page', async () => {
    for (const command of [['--help'], ['serve', '--help'], ['check', '--help']]) {
      const { exitCode, stdout } = await runVipdns(...command);
      assert.equal(exitCode, 0);
      for (const heading of ['NAME', 'SYNOPSIS', 'EXIT STATUS'])
        assert.match(stdout, new RegExp(`^${heading}$`, 'm'));
    }
  });
});
