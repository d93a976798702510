/** Names of `hosts` as their users meet them: a process, its configuration file, Node's own resolver. */
import assert from 'node:assert/strict';
import { promises as dns } from 'node:dns';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startServer } from '../support/process.ts';

const CONFIGURATION = `
hosts:
  DB.corp.example: [192.0.2.7, 192.0.2.8, "2001:DB8:0::7"]
  four.corp.example.: [192.0.2.4]
`;

test('vipdns serve answers names of hosts beside those of the cluster', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'vipdns-hosts-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'vipdns.yaml');
  writeFileSync(file, CONFIGURATION);
  const server = await startServer('--config', file);
  t.after(() => server.child.kill('SIGKILL'));
  const resolver = new dns.Resolver();
  resolver.setServers([`127.0.0.1:${server.port}`]);
  const ipv4 = await resolver.resolve4('db.corp.example', { ttl: true });
  assert.deepEqual(
    ipv4.toSorted((a, b) => a.address.localeCompare(b.address)),
    [
      { address: '192.0.2.7', ttl: 5 },
      { address: '192.0.2.8', ttl: 5 },
    ],
  );
  assert.deepEqual(await resolver.resolve6('db.corp.example'), ['2001:db8::7']);
  await assert.rejects(resolver.resolve6('four.corp.example'), { code: 'ENODATA' });
  await assert.rejects(resolver.resolve4('corp.example'), { code: 'EREFUSED' });
  assert.deepEqual(await resolver.resolve4('web.shop.svc.cluster.local'), ['10.96.10.10']);
});
