/** respond(): a name outside our zones answered from the cache, beside a name of the cluster. */
import { AnswerCache } from '../../../src/cache/answer-cache.ts';
import { AnswerDraft } from '../../../src/cache/answer-format.ts';
import { createCacheClock } from '../../../src/cache/cache-clock.ts';
import { createCacheMemory } from '../../../src/cache/cache-memory.ts';
import { CacheReader } from '../../../src/cache/cache-reader.ts';
import { MessageScan } from '../../../src/dns/message-scan.ts';
import { encodeName } from '../../../src/dns/name.ts';
import { idOf } from '../../../src/forwarder/question.ts';
import { receiveAnswer } from '../../../src/forwarder/received-answer.ts';
import { buildQuery } from '../../support/records.ts';
import { service } from '../../support/resources.ts';
import { TestZone, UDP } from '../../support/zone.ts';
import { measure, printMeasured } from '../measure.ts';

const NAMES = 1000;
const FORWARDING = { ...UDP, handOn: () => true };
const LIMITS = { maxTtlSeconds: 3600, negativeMaxTtlSeconds: 300 };

/** What an upstream answers that compresses: the question's name, and so many addresses. */
function responseWith(name: Uint8Array, addresses: number): Uint8Array {
  const record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 14, 16, 0, 4, 192, 0, 2, 1];
  const records = Array<number[]>(addresses).fill(record).flat();
  const header = [0, 0, 0x81, 0x80, 0, 1, 0, addresses, 0, 0, 0, 0];
  return Uint8Array.from([...header, ...name, 0, 1, 0, 1, ...records]);
}

const readers = 1;
const memory = createCacheMemory({ entries: 20_000, bytes: 32 << 20, readers });
const cache = new AnswerCache({
  memory,
  entries: 20_000,
  readers,
  serveStaleSeconds: 0,
  now: createCacheClock(),
});
const outside = new CacheReader(memory, { reader: 0, readers });
const zone = new TestZone({ maxBytes: 512 << 20, buckets: 1 << 18, outside, forwarded: [''] });
for (let i = 0; i < NAMES; i++) {
  const key = `ns-${i % 50}/svc-${i}`;
  const clusterIps = [`10.96.${i >> 8}.${i & 255}`];
  zone.zone.setService(key, { service: service(key, { clusterIps }), groups: [] });
}
const draft = new AnswerDraft();
const scan = new MessageScan();
const now = createCacheClock()();
for (const [prefix, addresses] of [
  ['one', 1],
  ['ten', 10],
] as const) {
  for (let i = 0; i < NAMES; i++) {
    const name = encodeName(`${prefix}${i}.ns-${i % 50}.example.org`);
    const message = responseWith(name, addresses);
    if (!scan.scan(message, message.length)) throw new Error('Cannot read response');
    const { kind } = receiveAnswer(draft, { scan, message }, { limits: LIMITS, now });
    const flags = { dnssecOk: false, checkingDisabled: false };
    cache.put(idOf({ name, nameLength: name.length, qtype: 1, ...flags }), {
      kind,
      answer: draft.bytes,
    });
  }
}

const QUESTIONS: Record<string, (i: number) => string> = {
  'Service A': (i) => `svc-${i}.ns-${i % 50}.svc.cluster.local A`,
  'outside A, cached': (i) => `one${i}.ns-${i % 50}.example.org A`,
  'outside A of 10, cached': (i) => `ten${i}.ns-${i % 50}.example.org A`,
  'outside A, not cached: handed on': (i) => `none${i}.ns-${i % 50}.example.org A`,
};

for (const [name, question] of Object.entries(QUESTIONS)) {
  const queries = Array.from({ length: NAMES }, (_, i) =>
    buildQuery(question(i), { payloadBytes: 1232 }),
  );
  const { responder, response, reader } = zone;
  let next = 0;
  const measured = measure((calls) => {
    for (let i = 0; i < calls; i++) {
      const query = queries[next];
      next = next + 1 === NAMES ? 0 : next + 1;
      reader.enter();
      outside.enter();
      responder.respond(query, query.length, response, FORWARDING);
      outside.leave();
      reader.leave();
    }
  });
  printMeasured(name, measured);
}
