/** Answers from outside for a responder of a test: messages of an upstream in, by the questions that they answer. */
import { AnswerDraft, AnswerView } from '../../src/cache/answer-format.ts';
import type { CacheQuestion } from '../../src/cache/cache-reader.ts';
import { MessageScan } from '../../src/dns/message-scan.ts';
import { idOf } from '../../src/forwarder/question.ts';
import { receiveAnswer } from '../../src/forwarder/received-answer.ts';
import type { OutsideAnswers } from '../../src/responder/outside-answer.ts';

const LIMITS = { maxTtlSeconds: 3600, negativeMaxTtlSeconds: 300 };

export class TestOutside implements OutsideAnswers {
  view = new AnswerView(new ArrayBuffer(64));
  isStale = false;
  ageSeconds = 0;
  readonly #answers = new Map<string, AnswerView>();

  /** Keeps an upstream's response as the answer to its question. */
  keep(message: Uint8Array): void {
    const scan = new MessageScan();
    if (!scan.scan(message, message.length)) throw new Error('Cannot keep response: malformed');
    const draft = new AnswerDraft();
    receiveAnswer(draft, { scan, message }, { limits: LIMITS, now: 1000 });
    const name = message.slice(12, scan.questionNameEnd).map((byte) => foldByte(byte));
    const question = {
      name,
      nameLength: name.length,
      qtype: scan.qtype,
      dnssecOk: false,
      checkingDisabled: false,
    };
    this.#answers.set(idOf(question), draft.view);
  }

  find(question: CacheQuestion): boolean {
    const view = this.#answers.get(idOf(question));
    if (view === undefined) return false;
    this.view = view;
    return true;
  }
}

function foldByte(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
