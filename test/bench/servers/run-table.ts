/** The tables of what is known of a server as a whole: its memory, and what it answers. */
import type { AnswerCheck } from './answer-check.ts';
import { QUESTION_KINDS } from './questions.ts';
import type { ServerRun } from './results.ts';
import { formatMegabytes, formatTable, NO_FIGURE } from './table.ts';

export function formatMemory(runs: readonly ServerRun[]): string {
  const rows = runs.map(({ server, memory: { atStart, afterLoad } }) => [
    server,
    formatMegabytes(atStart.residentBytes),
    formatMegabytes(afterLoad.residentBytes),
    formatMegabytes(afterLoad.peakBytes),
  ]);
  return formatTable(['server', 'RSS at the start, MiB', 'after all questions', 'peak'], rows);
}

/** Formats what each server answered before it was measured: records and bytes of the response that is measured. */
export function formatAnswers(runs: readonly ServerRun[]): string {
  const firstNames = runs[0]?.names;
  const checked = runs.filter(
    ({ names, answers }) => names === firstNames && Object.keys(answers).length > 0,
  );
  if (checked.length === 0) return '';
  const kinds = QUESTION_KINDS.filter(({ name }) => checked.some(({ answers }) => name in answers));
  const head = ['server', ...kinds.map(({ title }) => title)];
  const rows = checked.map(({ server, answers }) => [
    server,
    ...kinds.map(({ name }) => formatAnswer(answers[name])),
  ]);
  return `### What was answered\n\n${formatTable(head, rows)}`;
}

function formatAnswer(answer: AnswerCheck | undefined): string {
  if (answer === undefined) return NO_FIGURE;
  const { rcode, answers, bytes, truncatedTo, problem } = answer;
  if (problem !== undefined) return problem;
  const count = truncatedTo === undefined ? String(answers) : `TC, ${truncatedTo} of ${answers}`;
  return `${rcode === 'NOERROR' ? count : rcode}, ${bytes} bytes`;
}
