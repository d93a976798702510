/**
 * The writing side of the answer cache: what is kept, and what goes when room is needed. In: answers by their keys;
 * out: records in the table, which responders serve by themselves.
 *
 *     new name --> probation --asked for again--> positive | negative <-- new again, and gone not long ago
 *                      |                              |
 *                      '--- oldest, never asked for --'--> gone            failure: apart, short-lived
 *
 * A flood of names that are asked for once passes through probation and pushes out nothing else. Order is that of
 * lru-cache; it does not see what responders serve, so they leave marks, which are looked at each second and before
 * anything goes. The bytes of an answer are in the table alone.
 */
import { LRUCache } from 'lru-cache';
import { MAX_KEY_BYTES } from '../table/layout.ts';
import { TableWriter } from '../table/table-writer.ts';
import { AnswerView, TENTHS } from './answer-format.ts';
import type { AnswerKind } from './answer-kind.ts';
import { MarkRows } from './cache-memory.ts';
import type { CacheMemory } from './cache-reader.ts';
import { DepartedNames } from './departed-names.ts';

export const SHELVES = ['probation', 'positive', 'negative', 'failure'] as const;
export type Shelf = (typeof SHELVES)[number];

/** Parts of all entries that a shelf has; probation has what the others leave, besides. */
const SHARES: Readonly<Record<Shelf, number>> = {
  probation: 0.1,
  positive: 0.5,
  negative: 0.35,
  failure: 0.05,
};
/** Entries that are given another chance before one goes all the same. */
const MAX_SECOND_CHANCES = 8;
/** Entries that go for one answer at most, where the table has no room for it. */
const MAX_EVICTIONS = 64;
/** How long a stale answer is served before the upstreams are asked again, in tenths: RFC 8767 section 5. */
const STALE_RECHECK = 5 * TENTHS;
/** An answer that is asked for is fetched again when no more than this is left of it, in tenths. */
const PREFETCH_LEFT = 2 * TENTHS;
/** A life that is not worth it, in tenths. */
const PREFETCH_MIN_LIFETIME = 5 * TENTHS;

export interface AnswerCacheOptions {
  readonly memory: CacheMemory;
  readonly entries: number;
  /** Threads that read, as the memory was made for. */
  readonly readers: number;
  /** Seconds that an answer may be served for after its end; 0 for none. */
  readonly serveStaleSeconds: number;
  /** In tenths of a second, of `createCacheClock()`. */
  readonly now: () => number;
}

interface Entry {
  /** The key, a character a byte. */
  readonly key: string;
  /** The kind of the answer that is kept. */
  kind: AnswerKind;
  shelf: Shelf;
  /** Of the marks. */
  readonly slot: number;
  /** The record's address in the table. */
  record: number;
}

/** An answer to be kept. */
export interface KeptAnswer {
  readonly kind: AnswerKind;
  /** In the form of `answer-format.ts`; its mark is written here. */
  readonly answer: Uint8Array;
}

export class AnswerCache {
  readonly #table: TableWriter;
  readonly #view: AnswerView;
  readonly #marks: MarkRows;
  readonly #now: () => number;
  readonly #serveStale: number;
  readonly #shelves: Readonly<Record<Shelf, LRUCache<string, Entry>>>;
  readonly #capacity: Readonly<Record<Shelf, number>>;
  readonly #total: number;
  readonly #entries = new Map<string, Entry>();
  readonly #bySlot: (Entry | undefined)[];
  readonly #freeSlots: number[];
  /** Entries that are served although they are out of date. */
  readonly #stale = new Set<Entry>();
  readonly #departed = new DepartedNames();
  readonly #key = Buffer.alloc(MAX_KEY_BYTES);
  /** Entries that went for want of room. */
  #evictions = 0;
  /** Answers that no room could be made for. */
  #rejected = 0;

  constructor({ memory, entries, readers, serveStaleSeconds, now }: AnswerCacheOptions) {
    this.#table = new TableWriter(memory.table);
    this.#view = new AnswerView(memory.table);
    this.#marks = new MarkRows(memory, readers);
    this.#now = now;
    this.#serveStale = serveStaleSeconds * TENTHS;
    const capacityOf = (shelf: Shelf) => Math.max(Math.floor(entries * SHARES[shelf]), 1);
    this.#capacity = forEachShelf(capacityOf);
    this.#total = SHELVES.reduce((sum, shelf) => sum + this.#capacity[shelf], 0);
    const mostOf = (shelf: Shelf) => (shelf === 'probation' ? this.#total : capacityOf(shelf));
    this.#shelves = forEachShelf((shelf) => new LRUCache({ max: mostOf(shelf) + 1 }));
    const slots = this.#total + SHELVES.length;
    this.#bySlot = new Array(slots).fill(undefined);
    this.#freeSlots = Array.from({ length: slots }, (_, i) => slots - 1 - i);
  }

  /** Keeps an answer whose lifetime is not 0, in place of what there was for the key, a character a byte. */
  put(key: string, { kind, answer }: KeptAnswer): void {
    const known = this.#entries.get(key);
    // What nobody could say takes the place of nothing that may yet be served.
    if (known !== undefined && kind === 'failure' && this.#isOfUse(known)) return;
    const entry = known ?? this.#create(key, kind);
    entry.kind = kind;
    this.#place(entry, shelfFor(entry, kind));
    if (!this.#write(entry, answer)) {
      this.#rejected++;
      this.#remove(entry);
    }
  }

  /**
   * Lets readers serve a positive answer that is out of date for a while, and gives a view of it, good until the next
   * change; undefined where there is none that may be served.
   */
  useStale(key: string): AnswerView | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.kind !== 'positive') return undefined;
    const view = this.#viewOf(entry);
    const now = this.#now();
    const end = view.storedAt + view.lifetime + this.#serveStale;
    if (end <= now) return undefined;
    view.staleUntil = Math.min(now + STALE_RECHECK, end);
    this.#stale.add(entry);
    return view;
  }

  /** The upstreams answer again: nothing is served any more because they did not. */
  forgetFailures(): void {
    for (const entry of this.#stale) this.#viewOf(entry).staleUntil = 0;
    this.#stale.clear();
    for (const entry of [...this.#shelves.failure.values()]) this.#remove(entry);
  }

  /**
   * Notes what was asked for since the last time; to be called every second or so. Gives the keys of answers that are
   * asked for and about to end.
   */
  sweep(): string[] {
    const ending: string[] = [];
    const now = this.#now();
    this.#marks.takeAll((slot) => {
      const entry = this.#bySlot[slot];
      if (entry === undefined) return;
      this.#noteUse(entry);
      if (entry.kind !== 'failure' && this.#isEnding(entry, now)) ending.push(entry.key);
    });
    this.#table.reclaim();
    return ending;
  }

  /** What is kept, and what it takes. */
  get numbers() {
    const { reservedBytes, limitBytes } = this.#table.stats();
    return {
      entries: forEachShelf((shelf) => this.#shelves[shelf].size),
      usedBytes: reservedBytes,
      limitBytes,
      evictions: this.#evictions,
      rejected: this.#rejected,
    };
  }

  #create(key: string, kind: AnswerKind): Entry {
    const slot = this.#freeSlots.pop();
    if (slot === undefined) throw new Error('Cannot keep answer: more entries than slots');
    this.#marks.take(slot);
    const isKnown = kind === 'failure' || this.#departed.has(key);
    const shelf = isKnown ? kind : 'probation';
    const entry: Entry = { key, kind, shelf, slot, record: 0 };
    this.#bySlot[slot] = entry;
    this.#entries.set(key, entry);
    return entry;
  }

  /** Makes an entry the newest of a shelf, and makes room there. */
  #place(entry: Entry, shelf: Shelf): void {
    if (entry.shelf !== shelf) this.#shelves[entry.shelf].delete(entry.key);
    entry.shelf = shelf;
    this.#shelves[shelf].set(entry.key, entry);
    const isFull = this.#shelves[shelf].size > this.#capacity[shelf];
    if (isFull && shelf !== 'probation') this.#evict(shelf, entry);
    // The others have no more than their parts, so probation has more than its own.
    else if (this.#entries.size > this.#total) this.#evict('probation', entry);
  }

  /** Writes the answer into the table; where there is no room, others go first. */
  #write(entry: Entry, answer: Uint8Array): boolean {
    MARK[0] = entry.slot;
    answer.set(MARK_BYTES, MARK_AT);
    this.#stale.delete(entry);
    for (let i = 0; i <= MAX_EVICTIONS; i++) {
      const record = this.#table.set(this.#bytesOf(entry.key), answer);
      if (record !== 0) {
        entry.record = record;
        return true;
      }
      if (!ROOM_ORDER.some((shelf) => this.#evict(shelf, entry))) return false;
    }
    return false;
  }

  /** Removes the oldest of a shelf that nobody has asked for, but not `kept`; false where there is none. */
  #evict(shelf: Shelf, kept: Entry): boolean {
    const lru = this.#shelves[shelf];
    if (kept.shelf === shelf) lru.get(kept.key);
    for (let i = 0; ; i++) {
      const [oldest] = lru.rvalues();
      if (oldest === undefined || oldest === kept) return false;
      if (i === MAX_SECOND_CHANCES || !this.#marks.take(oldest.slot)) {
        this.#remove(oldest);
        this.#evictions++;
        if (oldest.shelf === 'probation') this.#departed.add(oldest.key);
        return true;
      }
      this.#noteUse(oldest);
    }
  }

  /** Somebody has asked for it again. */
  #noteUse(entry: Entry): void {
    if (entry.shelf === 'probation' && entry.kind !== 'failure') this.#place(entry, entry.kind);
    else this.#shelves[entry.shelf].get(entry.key);
  }

  #remove(entry: Entry): void {
    this.#shelves[entry.shelf].delete(entry.key);
    this.#entries.delete(entry.key);
    this.#stale.delete(entry);
    this.#table.delete(this.#bytesOf(entry.key));
    this.#bySlot[entry.slot] = undefined;
    this.#freeSlots.push(entry.slot);
  }

  #viewOf(entry: Entry): AnswerView {
    this.#view.open(this.#table.valueStart(entry.record));
    return this.#view;
  }

  #bytesOf(key: string): Uint8Array {
    return this.#key.subarray(0, this.#key.write(key, 'latin1'));
  }

  /** Somebody has said it, and it may be served, now or in want of something newer. */
  #isOfUse(entry: Entry): boolean {
    if (entry.kind === 'failure') return false;
    const { storedAt, lifetime } = this.#viewOf(entry);
    const longer = entry.kind === 'positive' ? this.#serveStale : 0;
    return this.#now() < storedAt + lifetime + longer;
  }

  #isEnding(entry: Entry, now: number): boolean {
    const { storedAt, lifetime } = this.#viewOf(entry);
    const left = storedAt + lifetime - now;
    if (lifetime < PREFETCH_MIN_LIFETIME || left <= 0) return false;
    return left <= Math.max(PREFETCH_LEFT, lifetime / 10) && entry.shelf !== 'probation';
  }
}

/** Byte offset of the mark in an answer. */
const MARK_AT = 12;
const MARK = new Uint32Array(1);
const MARK_BYTES = new Uint8Array(MARK.buffer);

/** Whose entries go first where the table is full. */
const ROOM_ORDER: readonly Shelf[] = ['failure', 'probation', 'negative', 'positive'];

/** An answer that is fetched again stays where it is, if it is of the same kind. */
function shelfFor(entry: Entry, kind: AnswerKind): Shelf {
  if (kind === 'failure') return 'failure';
  return entry.shelf === 'positive' || entry.shelf === 'negative' ? kind : 'probation';
}

function forEachShelf<T>(make: (shelf: Shelf) => T): Record<Shelf, T> {
  return Object.fromEntries(SHELVES.map((shelf) => [shelf, make(shelf)])) as Record<Shelf, T>;
}
