/** The arguments of `npm run bench`. */
import { parseArgs } from 'node:util';
import { QUESTION_KINDS, type QuestionKind } from './questions.ts';
import type { Settings } from './results.ts';
import { SERVERS } from './roster/roster.ts';
import type { Server } from './roster/server.ts';

/** What vipdns is measured for alone. */
export const ALONE = ['responders', 'intake', 'memory'] as const;
export type Alone = (typeof ALONE)[number];

export interface Options {
  readonly settings: Settings;
  readonly servers: readonly Server[];
  readonly alone: readonly Alone[];
  readonly questions: readonly QuestionKind[];
  /** File for everything that was found out. */
  readonly json: string | undefined;
}

const DEFAULTS = { names: '1000,100000', rounds: '3', seconds: '1.2' };

/** The range of virtual IPs has room for it. */
const MAX_WHOLE = 1_000_000;
const MIN_SECONDS = 0.1;
const MAX_SECONDS = 3600;

export const HELP = `NAME
    npm run bench - compare vipdns with other DNS servers of this machine

SYNOPSIS
    npm run bench [-- [--only NAME,...] [--questions NAME,...] [--names N,...] [--rounds N] [--seconds N]
                      [--json FILE]]

DESCRIPTION
    Asks every server the same questions in turns, prints tables, and puts them into test/bench/README.md.
    Servers that the machine does not have are left out.

OPTIONS
    --only NAME,...       only these:
                          ${SERVERS.map(({ name }) => name).join(', ')};
                          of vipdns alone: ${ALONE.join(', ')}
    --questions NAME,...  only these: ${QUESTION_KINDS.map(({ name }) => name).join(', ')}
    --names N,...         Services in the zone (${DEFAULTS.names})
    --rounds N            turns of each server with each kind of question (${DEFAULTS.rounds})
    --seconds N           of load, and then of the prober, in each turn (${DEFAULTS.seconds})
    --json FILE           write all figures there, too

EXIT STATUS
    0 everything was measured; 1 something was left out because it did not work; 2 arguments are wrong

EXAMPLES
    npm run bench -- --only floor,knotd,vipdns-batch --questions a --names 1000 --rounds 1
`;

/** Parses arguments; gives all mistakes at once, or undefined where help is asked for. */
export function parseOptions(arguments_: string[]): Options | readonly string[] | undefined {
  const { values } = parseArgs({
    args: arguments_,
    options: {
      only: { type: 'string' },
      questions: { type: 'string' },
      names: { type: 'string', default: DEFAULTS.names },
      rounds: { type: 'string', default: DEFAULTS.rounds },
      seconds: { type: 'string', default: DEFAULTS.seconds },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  const mistakes: string[] = [];
  const servers = SERVERS.map(({ name }) => name);
  const only = parseList('only', values.only, [...servers, ...ALONE], mistakes);
  const kinds = QUESTION_KINDS.map(({ name }) => name);
  const questions = parseList('questions', values.questions, kinds, mistakes);
  const options: Options = {
    settings: {
      names: values.names.split(',').map((text) => parseWhole('names', text, mistakes)),
      rounds: parseWhole('rounds', values.rounds, mistakes),
      seconds: parseSeconds(values.seconds, mistakes),
    },
    servers: SERVERS.filter(({ name }) => only.includes(name)),
    alone: ALONE.filter((name) => only.includes(name)),
    questions: QUESTION_KINDS.filter(({ name }) => questions.includes(name)),
    json: values.json,
  };
  return mistakes.length === 0 ? options : mistakes;
}

/** Parses names with commas between them; all that are known where there is no such option. */
export function parseList(
  option: string,
  text: string | undefined,
  known: readonly string[],
  mistakes: string[],
): readonly string[] {
  if (text === undefined) return known;
  const names = text.split(',');
  for (const name of names) {
    if (known.includes(name)) continue;
    mistakes.push(`--${option}: expected one of ${known.join(', ')}: received "${name}"`);
  }
  return names;
}

export function parseWhole(option: string, text: string, mistakes: string[]): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= MAX_WHOLE) return number;
  mistakes.push(`--${option}: expected a number from 1 to ${MAX_WHOLE}: received "${text}"`);
  return 1;
}

export function parseSeconds(text: string, mistakes: string[]): number {
  const seconds = Number(text);
  if (seconds >= MIN_SECONDS && seconds <= MAX_SECONDS) return seconds;
  const range = `seconds from ${MIN_SECONDS} to ${MAX_SECONDS}`;
  mistakes.push(`--seconds: expected ${range}: received "${text}"`);
  return MIN_SECONDS;
}
