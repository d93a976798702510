/** An answer cache with its readers, in this thread, and a clock that stands still until a test moves it. */
import { AnswerCache } from '../../src/cache/answer-cache.ts';
import { AnswerDraft, TENTHS } from '../../src/cache/answer-format.ts';
import type { AnswerKind } from '../../src/cache/answer-kind.ts';
import { createCacheMemory } from '../../src/cache/cache-memory.ts';
import { type CacheMemory, CacheReader } from '../../src/cache/cache-reader.ts';
import { RCODE, TYPE } from '../../src/dns/constants.ts';
import { encodeName } from '../../src/dns/name.ts';
import { copyQuestion, type Question } from '../../src/forwarder/question.ts';

export interface TestCacheOptions {
  readonly entries?: number;
  readonly bytes?: number;
  readonly readers?: number;
  readonly serveStaleSeconds?: number;
}

export interface PutOptions {
  readonly kind?: AnswerKind;
  readonly seconds?: number;
  /** Told from others by it, and repeated to the length of the answer's records. */
  readonly content?: number;
  readonly length?: number;
}

/** What a reader has found. */
export interface Found {
  readonly content: number;
  readonly isStale: boolean;
  readonly ageSeconds: number;
}

const RCODES = { positive: RCODE.NOERROR, negative: RCODE.NXDOMAIN, failure: RCODE.SERVFAIL };

export class TestCache {
  readonly cache: AnswerCache;
  readonly memory: CacheMemory;
  readonly readers: readonly CacheReader[];
  /** Tenths of a second. */
  now = 1_000_000;
  readonly #draft = new AnswerDraft();

  constructor({
    entries = 100,
    bytes = 4 << 20,
    readers = 1,
    serveStaleSeconds = 60,
  }: TestCacheOptions = {}) {
    const memory = createCacheMemory({ entries, bytes, readers });
    const now = () => this.now;
    this.memory = memory;
    this.cache = new AnswerCache({ memory, entries, readers, serveStaleSeconds, now });
    this.readers = Array.from(
      { length: readers },
      (_, reader) => new CacheReader(memory, { reader, readers, clock: now }),
    );
  }

  put(
    question: Question,
    { kind = 'positive', seconds = 60, content = 0, length = 64 }: PutOptions = {},
  ): void {
    const records = new Uint8Array(length).fill(content);
    this.#draft.start({
      rcode: RCODES[kind],
      isAuthentic: false,
      extendedError: -1,
      answers: 1,
      authorities: 0,
      additionals: 0,
      questionEnd: 0,
      pointers: 0,
      storedAt: this.now,
      lifetime: seconds * TENTHS,
    });
    this.#draft.putOffset(0);
    this.#draft.putOffset(length);
    this.#draft.finish(new Uint8Array(0), records, [0, length]);
    this.cache.put(question.id, { kind, answer: this.#draft.bytes });
  }

  /** Asks as a responder does; undefined where there is nothing to be served. */
  find(question: Question, reader = 0): Found | undefined {
    const cacheReader = this.readers[reader];
    cacheReader.enter();
    const isFound = cacheReader.find({ ...question, nameLength: question.name.length });
    const { view, isStale, ageSeconds } = cacheReader;
    const found = isFound
      ? { content: view.bytes[view.recordsStart], isStale, ageSeconds }
      : undefined;
    cacheReader.leave();
    return found;
  }

  has(question: Question): boolean {
    return this.find(question) !== undefined;
  }

  advance(seconds: number): void {
    this.now += seconds * TENTHS;
  }
}

export function question(text: string, qtype: number = TYPE.A): Question {
  const name = encodeName(text);
  const flags = { dnssecOk: false, checkingDisabled: false };
  return copyQuestion({ name, nameLength: name.length, qtype, ...flags });
}
