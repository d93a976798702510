/** Upstreams that several forwards name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { UpstreamServer } from '../src/config/configuration.ts';
import { UpstreamSets } from '../src/upstream-sets.ts';

function server(address: string, serverName = ''): UpstreamServer {
  const transport = serverName === '' ? 'udp' : 'tls';
  return { kind: 'server', transport, address, port: 53, serverName };
}

test('an upstream of two forwards is one, until neither has it any more', () => {
  const upstreams = [server('192.0.2.1'), server('192.0.2.2')];
  const sets = new UpstreamSets(
    [
      { zones: [''], policy: 'fastest', upstreams },
      { zones: ['corp.example'], policy: 'sequential', upstreams: [upstreams[1]] },
    ],
    { listen: [], log: () => {} },
  );
  assert.deepEqual(
    sets.upstreams.map(({ label }) => label),
    ['192.0.2.1:53', '192.0.2.2:53'],
  );
  const [all, corp] = sets.zones.map(({ set }) => set);
  assert.equal(all.upstreams[1], corp.upstreams[0]);
  const [shared] = corp.upstreams;
  all.use([]);
  assert.equal(shared.isClosed, false);
  corp.use([]);
  assert.equal(shared.isClosed, true);
  sets.close();
});

test('the same address with another name in its certificate is another upstream', () => {
  const upstreams = [server('192.0.2.1', 'a.example'), server('192.0.2.1', 'b.example')];
  const sets = new UpstreamSets([{ zones: [''], policy: 'fastest', upstreams }], {
    listen: [],
    log: () => {},
  });
  // Metrics tell them apart by these.
  assert.deepEqual(
    sets.upstreams.map(({ label }) => label),
    ['tls://192.0.2.1:53#a.example', 'tls://192.0.2.1:53#b.example'],
  );
  sets.close();
});
