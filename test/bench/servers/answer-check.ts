/**
 * One question of every kind to every server before anything is measured: a server that answers something else,
 * or nothing, is fast for no good reason.
 */
import type { Printed } from '../../support/records.ts';
import type { BenchZone } from './bench-zone.ts';
import { exchange } from './exchange.ts';
import type { QuestionKind } from './questions.ts';

const LIMIT_MS = 2000;

export interface AnswerCheck {
  readonly rcode: string;
  /** Records of the answer section, over TCP where UDP was too small. */
  readonly answers: number;
  /** Of the response that is measured. */
  readonly bytes: number;
  /** Answer records in the datagram where it was too small for all; undefined where it was not. */
  readonly truncatedTo?: number;
  /** What is wrong with it. */
  readonly problem?: string;
}

/** Asks a server one question of each kind, and gives what it answers by the kind. */
export async function checkAnswers(
  kinds: readonly QuestionKind[],
  zone: BenchZone,
  port: number,
): Promise<Record<string, AnswerCheck>> {
  const answers: Record<string, AnswerCheck> = {};
  for (const kind of kinds) {
    answers[kind.name] = await checkAnswer(kind.questions(zone)[0], kind, port);
  }
  return answers;
}

export function problemsOf(answers: Readonly<Record<string, AnswerCheck>>): string[] {
  return Object.entries(answers).flatMap(([kind, { problem }]) =>
    problem === undefined ? [] : [`${kind}: ${problem}`],
  );
}

/** Asks a question, and again over TCP where the response is truncated. */
async function checkAnswer(
  question: string,
  kind: QuestionKind,
  port: number,
): Promise<AnswerCheck> {
  try {
    const { transport } = kind;
    const first = await exchange(question, { port, transport, limitMs: LIMIT_MS });
    const isTruncated = first.flags.split(' ').includes('tc');
    const whole = isTruncated
      ? await exchange(question, { port, transport: 'tcp', limitMs: LIMIT_MS })
      : first;
    return {
      ...judgeAnswer(whole, kind),
      bytes: first.bytes,
      ...(isTruncated && { truncatedTo: first.answer.length }),
    };
  } catch (error) {
    return { rcode: '', answers: 0, bytes: 0, problem: `no answer: ${error}` };
  }
}

/** Compares an answer with what it should be. */
export function judgeAnswer(
  { status, answer }: Pick<Printed, 'status' | 'answer'>,
  { expected }: Pick<QuestionKind, 'expected'>,
): Pick<AnswerCheck, 'rcode' | 'answers' | 'problem'> {
  const answers = answer.length;
  if (status === expected.rcode && answers === expected.answers) return { rcode: status, answers };
  const problem = `${status} with ${answers} answers, not ${expected.rcode} with ${expected.answers}`;
  return { rcode: status, answers, problem };
}
