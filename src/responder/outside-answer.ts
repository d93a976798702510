/**
 * Puts an answer that came from outside into a response: its records as they were sent, older by the time since, and
 * moved where an alias of ours stands before them. In: the view of an answer; out: bytes in the writer.
 */
import type { AnswerView } from '../cache/answer-format.ts';
import type { CacheQuestion } from '../cache/cache-reader.ts';
import { HEADER_BYTES, MAX_POINTER_OFFSET } from '../dns/constants.ts';
import type { MessageWriter } from '../dns/message-writer.ts';
import { readUint32, writeUint32 } from '../dns/uint32.ts';
import { varyFirstAddress } from './vary-first-address.ts';

/** RFC 8767 section 4: what a stale record may be kept for, in seconds. */
const STALE_TTL = 30;

/** Where answers from outside are found. */
export interface OutsideAnswers {
  /** Turns `view` to the answer; false where there is none. */
  find(question: CacheQuestion): boolean;
  readonly view: AnswerView;
  /** About the answer that was found last. */
  readonly isStale: boolean;
  readonly ageSeconds: number;
}

/**
 * Puts the records of the answer that was found last, the name asked for standing at `ownerAt`. False where not all
 * fit that a client has to know of: records of the additional section are left out in silence, RFC 2181 section 9.
 */
export function putOutsideAnswer(
  writer: MessageWriter,
  answers: OutsideAnswers,
  ownerAt: number,
): boolean {
  const { view } = answers;
  const base = writer.at;
  const isMoved = base !== view.questionEnd || ownerAt !== HEADER_BYTES;
  const limit = isMoved ? Math.min(writer.limit, MAX_POINTER_OFFSET) : writer.limit;
  let count = view.records;
  while (count > 0 && base + view.endAt(count - 1) > limit) count--;
  const length = view.endAt(count - 1);
  const start = view.recordsStart;
  writer.putBytes(view.bytes, start, start + length);
  for (let i = 0; i < count; i++) putAgedTtl(writer.bytes, base + view.ttlAt(i), answers);
  if (isMoved) movePointers(writer.bytes, view, { base, length, ownerAt });
  if (count > 1) varyFirstAddress(writer.bytes, view, { base, count });
  return countRecords(writer, view, count);
}

/** Counts the first `count` records of an answer as put; false where a client has to know that there are more. */
export function countRecords(writer: MessageWriter, view: AnswerView, count: number): boolean {
  const { answers, authorities } = view;
  writer.answers += Math.min(count, answers);
  writer.authorities += Math.min(Math.max(count - answers, 0), authorities);
  writer.additionals += Math.max(count - answers - authorities, 0);
  return count >= answers + authorities;
}

/** Makes the TTL at `at` less by the answer's age; what is out of date has one of its own. */
export function putAgedTtl(
  bytes: Uint8Array,
  at: number,
  { isStale, ageSeconds }: Pick<OutsideAnswers, 'isStale' | 'ageSeconds'>,
): void {
  writeUint32(bytes, at, isStale ? STALE_TTL : Math.max(readUint32(bytes, at) - ageSeconds, 0));
}

/** Pointers to the question lead to the name at `ownerAt` instead, those to records to where these are now. */
function movePointers(
  bytes: Uint8Array,
  view: AnswerView,
  { base, length, ownerAt }: { base: number; length: number; ownerAt: number },
): void {
  const { pointers, questionEnd } = view;
  for (let i = 0; i < pointers; i++) {
    const offset = view.pointerAt(i);
    if (offset >= length) return;
    const at = base + offset;
    const target = ((bytes[at] & 0x3f) << 8) | bytes[at + 1];
    const moved =
      target < questionEnd ? target - HEADER_BYTES + ownerAt : target - questionEnd + base;
    bytes[at] = 0xc0 | (moved >> 8);
    bytes[at + 1] = moved;
  }
}
