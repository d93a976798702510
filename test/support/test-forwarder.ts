/** A forwarder with real sockets and upstreams of a test, in this thread. */
import type { TestContext } from 'node:test';
import { AnswerCache } from '../../src/cache/answer-cache.ts';
import type { AnswerView } from '../../src/cache/answer-format.ts';
import { createCacheClock } from '../../src/cache/cache-clock.ts';
import { createCacheMemory } from '../../src/cache/cache-memory.ts';
import type { ForwardPolicy } from '../../src/config/configuration.ts';
import { RCODE, TYPE } from '../../src/dns/constants.ts';
import { encodeName, type WireName } from '../../src/dns/name.ts';
import { ForwardZones } from '../../src/forwarder/forward-zones.ts';
import { Forwarder, type ForwarderOptions } from '../../src/forwarder/forwarder.ts';
import type { OutgoingUdp } from '../../src/forwarder/outgoing-udp.ts';
import { DgramOutgoingUdp } from '../../src/forwarder/outgoing-udp-dgram.ts';
import { LibcOutgoingUdp } from '../../src/forwarder/outgoing-udp-libc.ts';
import { copyQuestion } from '../../src/forwarder/question.ts';
import { StreamUpstream } from '../../src/forwarder/stream-upstream.ts';
import { Upstream } from '../../src/forwarder/upstream.ts';
import type { UpstreamAddress } from '../../src/forwarder/upstream-address.ts';
import { UpstreamSet } from '../../src/forwarder/upstream-set.ts';
import { UpstreamStats } from '../../src/forwarder/upstream-stats.ts';
import { Upstreams } from '../../src/forwarder/upstreams.ts';
import { noBatches, testLibc } from './libc.ts';
import { threadPoll } from './poll.ts';
import type { LoggedEvent } from './running-app.ts';
import type { ReceivedQuery } from './upstream/query.ts';
import {
  startUpstream,
  type Upstream as TestUpstream,
  type UpstreamOptions,
} from './upstream/upstream.ts';

export interface Implementation {
  readonly name: string;
  readonly skip: string | false;
  readonly open: () => OutgoingUdp;
}

/** Every way in which queries leave by UDP. */
export const IMPLEMENTATIONS: readonly Implementation[] = [
  { name: 'dgram', skip: false, open: () => new DgramOutgoingUdp() },
  {
    name: 'libc',
    skip: noBatches,
    open: () => new LibcOutgoingUdp(testLibc(), { poll: threadPoll(testLibc()), maxSockets: 2000 }),
  },
];

const STANDING_STILL = () => 1000;
/** For `now`, where something has to take its time. */
export const REAL_TIME = () => performance.now();

export interface ForwarderTestOptions extends Partial<Omit<ForwarderOptions, 'upstreams'>> {
  readonly policy?: ForwardPolicy;
  readonly transport?: UpstreamAddress['transport'];
  readonly serveStaleSeconds?: number;
}

/** What came of a question. */
export interface Resolved {
  readonly status: string;
  /** Last byte of the first record, which tells addresses apart. */
  readonly last: number;
  readonly records: number;
  readonly isStale: boolean;
  readonly extendedError: number;
  readonly text: string;
}

/** What is asked: `example.org MX`; `spelled` as a client has spelled it. */
export interface AskOptions {
  readonly spelled?: WireName;
  readonly dnssecOk?: boolean;
  readonly checkingDisabled?: boolean;
  /** Called when the answer is told, before anybody else hears of it. */
  readonly onTold?: () => void;
}

export class TestForwarder {
  readonly forwarder: Forwarder;
  readonly cache: AnswerCache;
  readonly set: UpstreamSet;
  readonly logged: LoggedEvent[] = [];

  constructor(
    udp: OutgoingUdp,
    addresses: readonly UpstreamAddress[],
    options: ForwarderTestOptions = {},
  ) {
    const { policy = 'sequential', serveStaleSeconds = 0 } = options;
    const memory = createCacheMemory({ entries: 1000, bytes: 4 << 20, readers: 1 });
    const cacheNow = createCacheClock();
    this.cache = new AnswerCache({
      memory,
      entries: 1000,
      readers: 1,
      serveStaleSeconds,
      now: options.cacheNow ?? cacheNow,
    });
    const known = new Upstreams(createUpstream);
    this.set = new UpstreamSet({ policy, upstreamAt: (address) => known.at(address) });
    this.set.use(addresses);
    this.forwarder = new Forwarder({
      zones: new ForwardZones([{ zones: [''], set: this.set }]),
      upstreams: () => this.set.upstreams,
      udp,
      cache: this.cache,
      prefetch: true,
      maxTtlSeconds: 3600,
      negativeMaxTtlSeconds: 300,
      log: (...[level, message, fields]) => {
        this.logged.push({ level, message, code: fields?.code, thread: undefined });
      },
      // Nothing is asked twice because the machine is busy.
      now: STANDING_STILL,
      cacheNow,
      ...options,
    });
  }

  ask(text: string, { spelled, onTold, ...flags }: AskOptions = {}): Promise<Resolved> {
    const [owner, type = 'A'] = text.split(' ');
    const name = encodeName(owner);
    const question = copyQuestion({
      name,
      nameLength: name.length,
      qtype: TYPE[type as keyof typeof TYPE],
      dnssecOk: false,
      checkingDisabled: false,
      ...flags,
    });
    return new Promise((resolve) => {
      this.forwarder.resolve(question, {
        spelled,
        isWanted: () => true,
        done: (view, isStale) => {
          resolve(describe(view, isStale));
          onTold?.();
        },
      });
    });
  }
}

export interface StartedForwarder {
  readonly tested: TestForwarder;
  readonly upstreams: readonly TestUpstream[];
  readonly ask: TestForwarder['ask'];
}

/** Starts an upstream for each of `upstreams`, and a forwarder that asks them; all is closed after the test. */
export async function startForwarder(
  t: Pick<TestContext, 'after'>,
  implementation: Implementation,
  { upstreams: each, ...options }: ForwarderTestOptions & { upstreams: readonly UpstreamOptions[] },
): Promise<StartedForwarder> {
  const upstreams = await Promise.all(each.map((one) => startUpstream(one)));
  const udp = implementation.open();
  const addresses = upstreams.map((one) => addressOf(one, options.transport));
  const tested = new TestForwarder(udp, addresses, options);
  t.after(async () => {
    tested.forwarder.close();
    tested.set.close();
    udp.close();
    await Promise.all(upstreams.map((one) => one.close()));
  });
  return { tested, upstreams, ask: tested.ask.bind(tested) };
}

/** What an upstream was asked, probes left out. */
export function askedOf({ queries }: TestUpstream): readonly ReceivedQuery[] {
  return queries.filter(({ name, type }) => name !== '.' || type !== 'NS');
}

export function addressOf(
  { host, port }: { host: string; port: number },
  transport: UpstreamAddress['transport'] = 'udp',
): UpstreamAddress {
  return { transport, address: host, port, serverName: '' };
}

function createUpstream(address: UpstreamAddress): Upstream {
  const stream = new StreamUpstream(address, { events: { count: () => {} } });
  return new Upstream(address, { stream, stats: new UpstreamStats() });
}

function describe(view: AnswerView, isStale: boolean): Resolved {
  const { bytes, textStart, recordsStart, records, extendedError, rcode } = view;
  return {
    status: Object.entries(RCODE).find(([, code]) => code === rcode)?.[0] ?? String(rcode),
    last: records === 0 ? -1 : bytes[recordsStart + view.endAt(0) - 1],
    records,
    isStale,
    extendedError,
    text: Buffer.from(bytes.subarray(textStart, recordsStart)).toString(),
  };
}
