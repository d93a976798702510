/**
 * Puts an answer from outside under another name than it was asked for: where a name was rewritten, the question that
 * the client sees has not the suffix that the upstream's pointers lead to, so these names are written out.
 *
 *   as it came     web.example.org. CNAME  front -> example.org (in the question)
 *   as it is put   web.corp.test.   CNAME  front.example.org
 */
import type { AnswerView } from '../cache/answer-format.ts';
import { HEADER_BYTES, MAX_POINTER_OFFSET } from '../dns/constants.ts';
import { MAX_RECORDS } from '../dns/message-scan.ts';
import type { MessageWriter } from '../dns/message-writer.ts';
import { countRecords, type OutsideAnswers, putAgedTtl } from './outside-answer.ts';

const POINTER_BYTES = 2;
/** Type and class stand between an owner name and its TTL. */
const OWNER_TO_TTL_BYTES = 4;
/** From a TTL to the length of the RDATA. */
const TTL_BYTES = 4;

/** Where a record's bytes went, so that pointers to it can follow. */
interface Moves {
  /** Offsets of what was written otherwise, ascending, and how much longer all up to there has become. */
  readonly at: Uint16Array;
  readonly grown: Int32Array;
  count: number;
  /** Offsets of owners, ascending, that were the question's name in full. */
  readonly ownerAt: Uint16Array;
  owners: number;
}

const MOVES: Moves = {
  at: new Uint16Array(3 * MAX_RECORDS),
  grown: new Int32Array(3 * MAX_RECORDS),
  count: 0,
  ownerAt: new Uint16Array(MAX_RECORDS),
  owners: 0,
};

/**
 * Puts the records of the answer that was found last as those of the question's own name. `name` is what was asked in
 * its place. False where not all fit that a client has to know of.
 */
export function putExpandedAnswer(
  writer: MessageWriter,
  answers: OutsideAnswers,
  name: Uint8Array,
): boolean {
  const { view } = answers;
  const expansion = new Expansion(writer, view, name);
  MOVES.count = 0;
  MOVES.owners = 0;
  let count = 0;
  while (count < view.records && expansion.putRecord(count, answers)) count++;
  return countRecords(writer, view, count);
}

class Expansion {
  readonly #writer: MessageWriter;
  readonly #view: AnswerView;
  readonly #name: Uint8Array;
  readonly #nameLength: number;
  readonly #base: number;
  #pointer = 0;
  /** Where the record began that is being put. */
  #start = 0;

  constructor(writer: MessageWriter, view: AnswerView, name: Uint8Array) {
    this.#writer = writer;
    this.#view = view;
    this.#name = name;
    this.#nameLength = nameEnd(name, 0);
    this.#base = writer.at;
  }

  /** Puts one record; false, and nothing of it, where it does not fit. */
  putRecord(index: number, answers: OutsideAnswers): boolean {
    const writer = this.#writer;
    const view = this.#view;
    const { at: start } = writer;
    const { count: moves, owners } = MOVES;
    const ttlAt = view.ttlAt(index);
    const end = view.endAt(index);
    this.#start = view.endAt(index - 1);
    const isPut = this.#putOwner(ttlAt) && this.#copyRdata(ttlAt, end, answers);
    if (isPut) return true;
    writer.at = start;
    MOVES.count = moves;
    MOVES.owners = owners;
    return false;
  }

  /**
   * Puts what stands before the TTL. Servers that compress a name only where the case is the same write the owner in
   * full, since we have asked in another case, and let later names point there.
   */
  #putOwner(ttlAt: number): boolean {
    const writer = this.#writer;
    const from = this.#start;
    if (!this.#isNameAt(from, ttlAt - OWNER_TO_TTL_BYTES)) return this.#copy(from, ttlAt);
    if (!writer.fits(POINTER_BYTES)) return false;
    writer.putPointer(HEADER_BYTES);
    this.#noteMove(from, POINTER_BYTES - this.#nameLength);
    MOVES.ownerAt[MOVES.owners++] = from;
    return this.#copy(ttlAt - OWNER_TO_TTL_BYTES, ttlAt);
  }

  #isNameAt(from: number, to: number): boolean {
    if (to - from !== this.#nameLength) return false;
    const start = this.#view.recordsStart + from;
    for (let i = 0; i < this.#nameLength; i++) {
      if (this.#view.bytes[start + i] !== this.#name[i]) return false;
    }
    return true;
  }

  #copyRdata(ttlAt: number, end: number, answers: OutsideAnswers): boolean {
    const writer = this.#writer;
    const { at: newTtlAt } = writer;
    const rdata = ttlAt + TTL_BYTES + 2;
    if (!this.#copy(ttlAt, rdata)) return false;
    const { at: newRdata } = writer;
    if (!this.#copy(rdata, end)) return false;
    putAgedTtl(writer.bytes, newTtlAt, answers);
    const length = writer.at - newRdata;
    writer.bytes[newRdata - 2] = length >> 8;
    writer.bytes[newRdata - 1] = length;
    return true;
  }

  /** Copies the bytes of the records from one offset to another, with what their pointers lead to now. */
  #copy(from: number, to: number): boolean {
    const view = this.#view;
    let at = from;
    for (; this.#pointer < view.pointers; this.#pointer++) {
      const pointerAt = view.pointerAt(this.#pointer);
      if (pointerAt >= to) break;
      if (!this.#copyBytes(at, pointerAt) || !this.#putPointer(pointerAt)) return false;
      at = pointerAt + POINTER_BYTES;
    }
    return this.#copyBytes(at, to);
  }

  #copyBytes(from: number, to: number): boolean {
    const writer = this.#writer;
    const start = this.#view.recordsStart;
    if (!writer.fits(to - from)) return false;
    writer.putBytes(this.#view.bytes, start + from, start + to);
    return true;
  }

  #putPointer(pointerAt: number): boolean {
    const writer = this.#writer;
    const view = this.#view;
    const at = view.recordsStart + pointerAt;
    const target = ((view.bytes[at] & 0x3f) << 8) | view.bytes[at + 1];
    // The question's name is the client's as an owner alone: elsewhere it may be the end of another name.
    const nameAt = this.#offsetInName(target);
    const isOwner = nameAt === 0 && pointerAt === this.#start;
    if (nameAt >= 0 && !isOwner) return this.#putSuffix(nameAt, pointerAt);
    const moved = isOwner ? HEADER_BYTES : this.#moved(target - view.questionEnd);
    if (!writer.fits(POINTER_BYTES) || moved > MAX_POINTER_OFFSET) return false;
    writer.putPointer(moved);
    return true;
  }

  /** Gives where in the question's name a pointer leads; less than 0 where it leads elsewhere. */
  #offsetInName(target: number): number {
    const { questionEnd } = this.#view;
    if (target < questionEnd) return target - HEADER_BYTES;
    const offset = target - questionEnd;
    let last = MOVES.owners;
    while (last > 0 && MOVES.ownerAt[last - 1] > offset) last--;
    if (last === 0) return -1;
    const inName = offset - MOVES.ownerAt[last - 1];
    return inName < this.#nameLength ? inName : -1;
  }

  /** Writes the end of the question's name out, from an offset in it, that a pointer meant. */
  #putSuffix(from: number, pointerAt: number): boolean {
    const writer = this.#writer;
    const end = nameEnd(this.#name, from);
    const length = end - from;
    if (!writer.fits(length)) return false;
    writer.putBytes(this.#name, from, end);
    this.#noteMove(pointerAt, length - POINTER_BYTES);
    return true;
  }

  #noteMove(at: number, grown: number): void {
    const before = MOVES.count === 0 ? 0 : MOVES.grown[MOVES.count - 1];
    MOVES.at[MOVES.count] = at;
    MOVES.grown[MOVES.count++] = before + grown;
  }

  /** Gives where in the message stands what stood at an offset of the records. */
  #moved(offset: number): number {
    // How many moves stand before it; they are in order, and an upstream can make thousands of them.
    let [last, end] = [0, MOVES.count];
    while (last < end) {
      const middle = (last + end) >> 1;
      if (MOVES.at[middle] < offset) last = middle + 1;
      else end = middle;
    }
    return this.#base + offset + (last === 0 ? 0 : MOVES.grown[last - 1]);
  }
}

/** Gives where a name ends whose rest begins at an offset. */
function nameEnd(name: Uint8Array, from: number): number {
  let end = from;
  while (name[end] !== 0) end += name[end] + 1;
  return end + 1;
}
