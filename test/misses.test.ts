/** Queries that wait for an answer from elsewhere: how many, whose, and that each gets one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MissAnswerer, type MissesOptions, type ReplyToMiss } from '../src/misses.ts';
import { createResponderCounters, responderCounters } from '../src/monitoring/counters.ts';
import type { Reply } from '../src/responder/listener.ts';
import { createMissRing, MissWriter } from '../src/responder/miss-ring.ts';
import { MAX_SOCKADDR_BYTES, putSockaddr } from '../src/socket/sockaddr.ts';
import { until } from './support/fake-clock.ts';
import { buildQuery, printResponse } from './support/records.ts';

const QUERY = buildQuery('www.example A', { id: 7, payloadBytes: 1232 });

interface Waiting {
  readonly id: number;
  readonly reply: ReplyToMiss;
}

/** A ring that a test writes to, and what came of it. */
class Misses {
  readonly answerer: MissAnswerer;
  readonly waiting: Waiting[] = [];
  /** What was sent, by ticket, which is the number of the query. */
  readonly replies: Reply[] = [];
  isDeaf = false;
  answer: (waiting: Waiting) => void = () => {};
  readonly #ring = createMissRing();
  readonly #writer = new MissWriter(this.#ring);
  #count = 0;

  constructor(limits: Partial<MissesOptions> = {}) {
    this.answerer = new MissAnswerer({
      rings: [this.#ring],
      answer: ({ query }, reply) => {
        const waiting = { id: (query[0] << 8) | query[1], reply };
        this.waiting.push(waiting);
        this.answer(waiting);
      },
      outlets: {
        protocolOf: () => 'udp',
        reply: (_responder, _listener, reply) => {
          if (this.isDeaf) return false;
          this.replies.push({ ...reply, response: Uint8Array.from(reply.response) });
          return true;
        },
      },
      counters: responderCounters(createResponderCounters(1), 0),
      ...limits,
    });
  }

  /** Hands a query on, as a responder does, of the client 192.0.2.`client`. */
  handOn(client: number, port = 1000): void {
    const query = Uint8Array.from(QUERY);
    query[0] = this.#count >> 8;
    query[1] = this.#count;
    const at = this.#writer.reserve(query.length);
    const sockaddr = new Uint8Array(MAX_SOCKADDR_BYTES);
    putSockaddr(sockaddr, 0, { address: Uint8Array.of(192, 0, 2, client), port });
    this.#writer.bytes.set(sockaddr, at);
    this.#writer.commit(query, query.length, { listener: 0, ticket: this.#count++ });
    this.#writer.wake();
  }

  get answered(): number[] {
    return this.replies.map(({ ticket }) => ticket);
  }
}

function start(limits: Partial<MissesOptions> = {}, t?: { after: (end: () => void) => void }) {
  const misses = new Misses(limits);
  t?.after(() => misses.answerer.close(0));
  return misses;
}

test('MissAnswerer sends SERVFAIL with the question where there is no answer, or none that is one', async (t) => {
  const misses = start({}, t);
  const bad = [undefined, new Uint8Array(11), new Uint8Array(65_536)];
  misses.answer = ({ id, reply }) => reply(bad[id]);
  for (const _ of bad) misses.handOn(1);
  await until('answers', () => misses.replies.length === bad.length);
  for (const { response } of misses.replies) {
    const { status, flags, question, bytes } = printResponse(response);
    assert.deepEqual([status, flags, question], ['SERVFAIL', 'qr rd ra', ['www.example. IN A']]);
    assert.equal(bytes, 12 + 17);
  }
  assert.equal(misses.answerer.pending, 0);
});

test('MissAnswerer answers once, whoever replies again, and survives who throws', async (t) => {
  const misses = start({}, t);
  misses.answer = ({ id, reply }) => {
    if (id === 0) throw new Error('broken');
    reply(undefined);
    reply(undefined);
  };
  misses.handOn(1);
  misses.handOn(1);
  await until('answers', () => misses.replies.length === 2);
  assert.deepEqual(misses.answered, [0, 1]);
});

test('MissAnswerer sheds the oldest of all where too many wait, and answers it', async (t) => {
  const misses = start({ maxPending: 3 }, t);
  for (let i = 0; i < 5; i++) misses.handOn(i);
  await until('taken', () => misses.waiting.length === 5);
  assert.deepEqual(misses.answered, [0, 1]);
  assert.equal(misses.answerer.pending, 3);
  // What comes for it later goes nowhere.
  misses.waiting[0].reply(undefined);
  assert.equal(misses.replies.length, 2);
});

test('MissAnswerer sheds the oldest of a client who asks too much, and of nobody else', async (t) => {
  const misses = start({ maxPendingOfClient: 2 }, t);
  misses.handOn(9);
  // Whatever its port.
  for (let i = 0; i < 4; i++) misses.handOn(1, 1000 + i);
  misses.handOn(9);
  await until('taken', () => misses.waiting.length === 6);
  assert.deepEqual(misses.answered, [1, 2]);
  for (const { reply } of misses.waiting) reply(undefined);
  assert.equal(misses.answerer.pending, 0);
  misses.handOn(1);
  await until('taken', () => misses.waiting.length === 7);
  assert.equal(misses.answerer.pending, 1);
});

test('MissAnswerer.close() takes what is in the ring, waits for answers, and then for none', async () => {
  const misses = start();
  misses.handOn(1);
  misses.handOn(1);
  const closed = misses.answerer.close(5000);
  await until('taken', () => misses.waiting.length === 2);
  for (const { reply } of misses.waiting) reply(undefined);
  await closed;
  assert.deepEqual(misses.answered, [0, 1]);
  const late = start();
  late.handOn(1);
  await until('taken', () => late.waiting.length === 1);
  await late.answerer.close(1);
  late.waiting[0].reply(undefined);
  assert.equal(late.replies.length, 0);
});

test('MissAnswerer goes on where an answer could not be sent', async (t) => {
  const misses = start({}, t);
  misses.isDeaf = true;
  misses.answer = ({ reply }) => reply(undefined);
  misses.handOn(1);
  await until('taken', () => misses.waiting.length === 1);
  misses.isDeaf = false;
  misses.handOn(1);
  await until('answer', () => misses.replies.length === 1);
  assert.equal(misses.answerer.pending, 0);
});
