/** A response of an upstream as a responder finds it: read, drafted, and served whatever is asked for. */
import assert from 'node:assert/strict';
import { AnswerDraft } from '../../src/cache/answer-format.ts';
import type { CacheQuestion } from '../../src/cache/cache-reader.ts';
import { MessageScan } from '../../src/dns/message-scan.ts';
import { formatName } from '../../src/dns/name.ts';
import {
  type LifetimeLimits,
  type ReceivedAnswer,
  receiveAnswer,
} from '../../src/forwarder/received-answer.ts';
import type { OutsideAnswers } from '../../src/responder/outside-answer.ts';

export const LIMITS: LifetimeLimits = { maxTtlSeconds: 3600, negativeMaxTtlSeconds: 300 };

export interface Received extends ReceivedAnswer {
  readonly draft: AnswerDraft;
}

const scan = new MessageScan();

/** Makes of a message what is kept; a copy of it is changed. */
export function receive(message: Uint8Array, limits: LifetimeLimits = LIMITS): Received {
  const draft = new AnswerDraft();
  const copy = Uint8Array.from(message);
  assert.ok(scan.scan(copy, copy.length), 'a malformed message');
  return { ...receiveAnswer(draft, { scan, message: copy }, { limits, now: 0 }), draft };
}

/** Has one answer for everything, and keeps what it was asked. */
export class OneAnswer implements OutsideAnswers {
  readonly asked: string[] = [];
  readonly #draft: AnswerDraft | undefined;
  isStale = false;
  ageSeconds = 0;

  /** Without a message it has none. */
  constructor(message?: Uint8Array) {
    this.#draft = message && receive(message).draft;
  }

  get view(): AnswerDraft['view'] {
    return (this.#draft ?? assert.fail('nothing was found')).view;
  }

  find({ name, nameLength, qtype }: CacheQuestion): boolean {
    this.asked.push(`${formatName(name.subarray(0, nameLength))} ${qtype}`);
    return this.#draft !== undefined;
  }
}
