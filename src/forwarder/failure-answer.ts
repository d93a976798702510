/** The answer where there is none: SERVFAIL, and why. RFC 8914 (extended errors), RFC 9520 (kept, for a little). */
import { type AnswerDraft, MAX_TEXT_BYTES, TENTHS } from '../cache/answer-format.ts';
import { HEADER_BYTES, RCODE } from '../dns/constants.ts';

/** RFC 9520 section 3.2: at least a second; upstreams that are back are to be noticed within that. */
const FAILURE_LIFETIME = TENTHS;
const NO_RECORDS = new Uint8Array(0);

export interface Failure {
  /** INFO-CODE. */
  readonly extendedError: number;
  readonly detail: string;
  /** Tenths of a second. */
  readonly now: number;
}

export function draftFailure(draft: AnswerDraft, { extendedError, detail, now }: Failure): void {
  draft.start({
    rcode: RCODE.SERVFAIL,
    isAuthentic: false,
    extendedError,
    answers: 0,
    authorities: 0,
    additionals: 0,
    questionEnd: HEADER_BYTES,
    pointers: 0,
    storedAt: now,
    lifetime: FAILURE_LIFETIME,
  });
  draft.finish(Buffer.from(detail).subarray(0, MAX_TEXT_BYTES), NO_RECORDS, [0, 0]);
}
