import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findProgram } from '../servers/program.ts';
import { Session } from '../servers/session.ts';
import { FaultyUpstreams } from './faulty-upstreams.ts';
import { StubClient } from './stub-client.ts';

const skip = findProgram('taskset') === undefined && 'there is no taskset';

test('upstreams in a process of their own do what they are told', { skip }, async (t) => {
  const upstreams = await FaultyUpstreams.start(new Session());
  t.after(() => upstreams.end());
  const [one, other] = upstreams.ports.map((port) => new StubClient(port));
  assert.equal((await one.ask('a.example A')).rcode, 'NOERROR');
  assert.deepEqual(await upstreams.count(), [
    { queries: 1, ports: 1 },
    { queries: 0, ports: 0 },
  ]);
  await upstreams.behave({ rcode: 'REFUSED' }, { relayPort: upstreams.ports[0] });
  assert.equal((await one.ask('a.example A')).rcode, 'REFUSED');
  assert.equal((await other.ask('a.example A')).rcode, 'REFUSED');
  assert.deepEqual(
    (await upstreams.count()).map(({ queries }) => queries),
    [2, 1],
  );
  await upstreams.behave({ delayMs: 50 }, {});
  assert.ok((await one.ask('a.example A')).ms >= 49);
});
