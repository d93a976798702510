/**
 * What is asked of others: builds the forwarder from the configuration, and answers with it the queries that
 * responders hand on. In: missed queries; out: responses, made by the same `respond()` as all others, so that an alias
 * of ours, the limits of the client and the flags are dealt with in one place.
 */
import { answerSettings, forwardedZones } from './answer-settings.ts';
import { AnswerCache } from './cache/answer-cache.ts';
import type { AnswerView } from './cache/answer-format.ts';
import { createCacheClock } from './cache/cache-clock.ts';
import { createCacheMemory } from './cache/cache-memory.ts';
import { type CacheQuestion, CacheReader } from './cache/cache-reader.ts';
import type { Configuration, SocketAddress } from './config/configuration.ts';
import { EDNS_UDP_BYTES, HEADER_BYTES, MAX_MESSAGE_BYTES } from './dns/constants.ts';
import { foldCase } from './dns/name.ts';
import { ForwardZones } from './forwarder/forward-zones.ts';
import { Forwarder } from './forwarder/forwarder.ts';
import type { OutgoingUdp } from './forwarder/outgoing-udp.ts';
import { DgramOutgoingUdp } from './forwarder/outgoing-udp-dgram.ts';
import { LibcOutgoingUdp } from './forwarder/outgoing-udp-libc.ts';
import { copyQuestion, idOf, type Question } from './forwarder/question.ts';
import type { Upstream } from './forwarder/upstream.ts';
import type { MissedQuery, ReplyToMiss } from './misses.ts';
import { createResponderCounters, responderCounters } from './monitoring/counters.ts';
import type { ForwardSources, UpstreamNumbers } from './monitoring/forward-metrics.ts';
import type { LogFunction } from './monitoring/log-event.ts';
import { openFilesLimit } from './open-files.ts';
import type { OutsideAnswers } from './responder/outside-answer.ts';
import { Responder } from './responder/respond.ts';
import type { Transport } from './responder/respond-function.ts';
import { AF_INET } from './socket/libc.ts';
import { openPoll, SocketPoll } from './socket/socket-poll.ts';
import { TableReader } from './table/table-reader.ts';
import type { SharedCache, ZoneMemory } from './threads.ts';
import type { UdpSockets } from './udp-sockets.ts';
import { UpstreamSets } from './upstream-sets.ts';
import { ZoneStatus } from './zone/status.ts';
import type { ServedZone } from './zone/zone-set.ts';

/** Answers from outside that one query may need, one behind the other: an alias may change meanwhile. */
const MAX_ROUNDS = 3;
const SWEEP_MS = 1000;
/** Queries to upstreams that wait for answers over UDP; half of all descriptors at most, the rest is for clients. */
const MAX_OUTGOING_SOCKETS = 8192;

export interface ForwardingOptions {
  readonly configuration: Configuration;
  readonly zones: readonly ServedZone[];
  readonly listen: readonly SocketAddress[];
  /** Responder threads; this one reads as the one behind the last. */
  readonly responders: number;
  /** The sockets of responders, where datagrams move in batches. */
  readonly sockets: UdpSockets | undefined;
  readonly memory: () => ZoneMemory;
  readonly log: LogFunction;
}

export class Forwarding {
  readonly cache: SharedCache;
  readonly forwarder: Forwarder;
  readonly answers: AnswerCache;
  readonly sets: UpstreamSets;
  readonly #options: ForwardingOptions;
  readonly #found: FoundAnswers;
  readonly #response: Uint8Array = new Uint8Array(MAX_MESSAGE_BYTES);
  readonly #transports: Readonly<Record<string, Transport>>;
  readonly #sweeping: NodeJS.Timeout;
  readonly #epollFd: number;
  readonly #udp: OutgoingUdp;
  #reader!: TableReader;
  #responder!: Responder;
  /** What `respond()` has to know from outside, where it could not answer. */
  #wanted: Question | undefined;

  constructor(options: ForwardingOptions) {
    const { configuration, listen, responders, sockets, log } = options;
    const { forward, cache } = configuration;
    const readers = responders + 1;
    const memory = createCacheMemory({ ...cache, readers });
    this.#options = options;
    this.cache = { memory, readers };
    this.#found = new FoundAnswers(new CacheReader(memory, { reader: responders, readers }));
    const cacheNow = createCacheClock();
    this.answers = new AnswerCache({ ...cache, memory, readers, now: cacheNow });
    this.sets = new UpstreamSets(forward, { listen, log });
    this.#epollFd = sockets === undefined ? -1 : openPoll(sockets.libc);
    this.#udp = this.#openUdp(sockets);
    this.forwarder = new Forwarder({
      ...cache,
      zones: new ForwardZones(this.sets.zones),
      upstreams: () => this.sets.upstreams,
      udp: this.#udp,
      cache: this.answers,
      log,
      now: () => performance.now(),
      cacheNow,
    });
    this.#transports = {
      udp4: this.#transportOf('udp', 4),
      udp6: this.#transportOf('udp', 6),
      tcp4: this.#transportOf('tcp', 4),
      tcp6: this.#transportOf('tcp', 6),
    };
    this.use(options.memory());
    this.#sweeping = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  /** Answers from other memory of the zone from now on. */
  use(memory: ZoneMemory): void {
    const { configuration, zones, responders } = this.#options;
    this.#reader = new TableReader(memory.table, responders);
    this.#responder = new Responder({
      ...answerSettings(configuration, forwardedZones(configuration)),
      table: this.#reader,
      zones,
      status: new ZoneStatus(memory.status),
      outside: this.#found,
      // The responder that handed the query on has counted it.
      counters: responderCounters(createResponderCounters(1), 0),
    });
  }

  /** Answers a query that was handed on. */
  answer(missed: MissedQuery, reply: ReplyToMiss): void {
    this.#answer(missed, { reply, round: 0 });
  }

  /** For metrics. */
  get numbers(): ForwardSources {
    return {
      upstreams: () => this.sets.upstreams.map(numbersOf),
      streams: () => this.sets.streamEvents,
      questions: () => ({ ...this.forwarder.counts, underway: this.forwarder.underway }),
      cache: () => this.answers.numbers,
    };
  }

  close(): void {
    clearInterval(this.#sweeping);
    this.forwarder.close();
    this.sets.close();
    this.#udp.close();
    if (this.#epollFd >= 0) this.#options.sockets?.libc.close(this.#epollFd);
  }

  #answer(missed: MissedQuery, { reply, round }: { reply: ReplyToMiss; round: number }): void {
    const response = this.#respond(missed);
    const wanted = this.#wanted;
    if (response !== undefined || wanted === undefined || round === MAX_ROUNDS) {
      reply(response);
      return;
    }
    this.forwarder.resolve(wanted, {
      spelled: nameAsSpelled(missed.query, wanted),
      isWanted: missed.isWaiting,
      done: (answer, isStale) => {
        this.#found.use({ question: wanted, answer, isStale });
        this.#answer(missed, { reply, round: round + 1 });
        this.#found.clear();
      },
    });
  }

  /** Gives the response, good until the next one; undefined where something is wanted from outside first. */
  #respond({ query, protocol, from }: MissedQuery): Uint8Array | undefined {
    const transport = this.#transports[`${protocol}${from[0] === AF_INET ? 4 : 6}`];
    const buffer = protocol === 'udp' ? this.#response.subarray(0, EDNS_UDP_BYTES) : this.#response;
    this.#wanted = undefined;
    this.#reader.enter();
    this.#found.enter();
    const length = this.#responder.respond(query, query.length, buffer, transport);
    this.#found.leave();
    this.#reader.leave();
    return length === 0 ? undefined : buffer.subarray(0, length);
  }

  #transportOf(protocol: 'udp' | 'tcp', family: 4 | 6): Transport {
    return {
      protocol,
      family,
      handOn: () => {
        this.#wanted = copyQuestion(this.#responder.query);
        return true;
      },
    };
  }

  #openUdp(sockets: UdpSockets | undefined): OutgoingUdp {
    if (sockets === undefined) return new DgramOutgoingUdp();
    const { libc } = sockets;
    const poll = new SocketPoll(libc, this.#epollFd, () => sockets.flushReplies());
    const maxSockets = Math.min(MAX_OUTGOING_SOCKETS, Math.floor(openFilesLimit() / 2));
    return new LibcOutgoingUdp(libc, { poll, maxSockets });
  }

  #sweep(): void {
    this.forwarder.prefetch(this.answers.sweep());
  }
}

function numbersOf({ label, health, stats }: Upstream): UpstreamNumbers {
  const { queries, responses, durations, failures, truncated, ignored } = stats;
  const { isDown, roundTripMs } = health;
  return {
    to: label,
    queries,
    responses,
    durations,
    failures,
    truncated,
    ignored,
    isUp: !isDown,
    roundTripMs,
  };
}

/** An answer that has just come, for the query that waited for it; otherwise what the cache has. */
class FoundAnswers implements OutsideAnswers {
  readonly #cache: CacheReader;
  #question: Question | undefined;
  #answer: AnswerView | undefined;
  #isNewStale = false;
  view: AnswerView;
  isStale = false;
  ageSeconds = 0;

  constructor(cache: CacheReader) {
    this.#cache = cache;
    this.view = cache.view;
  }

  enter(): void {
    this.#cache.enter();
  }

  leave(): void {
    this.#cache.leave();
  }

  /** What was resolved, also where it is not to be kept. */
  use(found: { question: Question; answer: AnswerView; isStale: boolean }): void {
    this.#question = found.question;
    this.#isNewStale = found.isStale;
    this.#answer = found.answer;
  }

  clear(): void {
    this.#question = undefined;
    this.#answer = undefined;
  }

  find(question: CacheQuestion): boolean {
    if (this.#answer !== undefined && this.#question?.id === idOf(question)) {
      this.view = this.#answer;
      this.isStale = this.#isNewStale;
      this.ageSeconds = 0;
      return true;
    }
    this.view = this.#cache.view;
    const isFound = this.#cache.find(question);
    this.isStale = this.#cache.isStale;
    this.ageSeconds = this.#cache.ageSeconds;
    return isFound;
  }
}

/** Gives the name of the query as it is spelled there; undefined where something else is wanted, behind an alias. */
function nameAsSpelled(query: Uint8Array, { name }: Question): Uint8Array | undefined {
  const spelled = query.subarray(HEADER_BYTES, HEADER_BYTES + name.length);
  const isSame = spelled.every((byte, i) => foldCase(byte) === name[i]);
  return isSame && spelled.length === name.length ? spelled : undefined;
}
