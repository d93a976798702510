import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { first, lose } from '../../support/upstream/faults.ts';
import {
  startUpstream,
  type Upstream,
  type UpstreamOptions,
} from '../../support/upstream/upstream.ts';
import { answeredShare, StubClient } from './stub-client.ts';

const QUESTIONS = ['a.example A', 'b.example A', 'c.example A'];

async function start(t: TestContext, options: Partial<UpstreamOptions> = {}): Promise<Upstream> {
  const upstream = await startUpstream({ answer: ['*.example 9 A 192.0.2.1'], ...options });
  t.after(() => upstream.close());
  return upstream;
}

test('a stub client asks for each name from a port of its own', async (t) => {
  const upstream = await start(t);
  const client = new StubClient(upstream.port);
  const outcomes = [
    ...(await client.askInTurn(QUESTIONS)),
    ...(await client.askAtOnce(QUESTIONS)),
    ...(await client.askAtRate(QUESTIONS, 1000)),
  ];
  assert.equal(answeredShare(outcomes), 1);
  const ports = upstream.queries.map(({ client: { port } }) => port);
  assert.equal(new Set(ports.slice(3, 6)).size, 3);
  assert.deepEqual(
    upstream.queries.slice(0, 3).map(({ name, type }) => `${name} ${type}`),
    QUESTIONS,
  );
});

test('a stub client tells RCODE and Extended DNS Errors', async (t) => {
  const upstream = await start(t, { answer: () => ({ rcode: 'SERVFAIL', extendedErrors: [22] }) });
  const { rcode, extendedErrors } = await new StubClient(upstream.port).ask('a.example A');
  assert.deepEqual([rcode, extendedErrors], ['SERVFAIL', [22]]);
});

test('a stub client sends again, from the same port, and counts from the first sending', async (t) => {
  const upstream = await start(t, { faults: [first(1, lose(1))] });
  const { ms, rcode } = await new StubClient(upstream.port).ask('a.example A');
  assert.equal(rcode, 'NOERROR');
  assert.ok(ms >= 2499, `${ms} ms`);
  const ports = upstream.queries.map(({ client: { port } }) => port);
  assert.equal(ports.length, 2);
  assert.equal(ports[0], ports[1]);
});
