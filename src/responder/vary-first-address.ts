/**
 * Gives each of several addresses its turn to be the first: clients take the first one, and an answer that is kept would
 * send all of them to the same. In: a response whose records stand in it as they came; out: two of them exchanged.
 */
import type { AnswerView } from '../cache/answer-format.ts';
import { TYPE } from '../dns/constants.ts';

/** Records whose owner is a pointer. */
const A_BYTES = 16;
const AAAA_BYTES = 28;
const POINTER_BYTES = 2;
const POINTER_MASK = 0xc0;
/** Owner, type and class, which are the same for all of an RRset; the TTL is that of one answer. */
const HEAD_BYTES = 6;

/**
 * Exchanges the first of the addresses at the end of the answer section for any of them. `count` records stand behind
 * `base`. A pointer to one leads to the same name as before, since all begin with the same bytes and have no other name:
 * a pointer into an NS record would mean another name server afterwards.
 */
export function varyFirstAddress(
  bytes: Uint8Array,
  view: AnswerView,
  { base, count }: { base: number; count: number },
): void {
  const last = Math.min(count, view.answers) - 1;
  const size = view.endAt(last) - view.endAt(last - 1);
  const lastAt = base + view.endAt(last - 1);
  if (!isAddress(bytes, lastAt, size)) return;
  let firstAt = lastAt;
  for (let i = last - 1; i >= 0; i--) {
    const at = base + view.endAt(i - 1);
    if (firstAt - at !== size || !beginsAlike(bytes, at, lastAt)) break;
    firstAt = at;
  }
  const chosen = firstAt + size * Math.floor(Math.random() * ((lastAt - firstAt) / size + 1));
  for (let i = 0; i < size && chosen !== firstAt; i++) {
    const byte = bytes[firstAt + i];
    bytes[firstAt + i] = bytes[chosen + i];
    bytes[chosen + i] = byte;
  }
}

function isAddress(bytes: Uint8Array, at: number, size: number): boolean {
  if (size !== A_BYTES && size !== AAAA_BYTES) return false;
  const type = (bytes[at + POINTER_BYTES] << 8) | bytes[at + POINTER_BYTES + 1];
  return bytes[at] >= POINTER_MASK && type === (size === A_BYTES ? TYPE.A : TYPE.AAAA);
}

function beginsAlike(bytes: Uint8Array, a: number, b: number): boolean {
  for (let i = 0; i < HEAD_BYTES; i++) if (bytes[a + i] !== bytes[b + i]) return false;
  return true;
}
