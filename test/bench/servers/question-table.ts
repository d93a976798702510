/** The table of one kind of question at one size of the zone: a row for each server, figures and ratios. */
import type { LatencyPercentiles } from './latency.ts';
import { type ByRound, medianOf, medianRatio } from './ratio.ts';
import type { Turn } from './results.ts';
import { formatNumber, formatShare, formatTable, NO_FIGURE } from './table.ts';
import { processorTimeOf } from './turn.ts';

export interface QuestionTableOptions {
  /** Names in the order of the rows. */
  readonly servers: readonly string[];
  /** Servers that the others are set against. */
  readonly bases: readonly string[];
}

/** Formats the turns of one kind of question. */
export function formatQuestionTable(
  turns: readonly Turn[],
  { servers, bases }: QuestionTableOptions,
): string {
  const ratioHead = bases.map((base) => `/ ${base}`);
  const head = [
    ...['server', 'q/s', 'CPU us', 'user', 'system', ...ratioHead],
    ...['p50 us', 'p90', 'p99', 'p99.9', 'max', ...ratioHead.map((text) => `p99 ${text}`), 'lost'],
  ];
  const rows = servers
    .filter((server) => turns.some((turn) => turn.server === server))
    .map((server) => [server, ...figuresOf(turns, server, bases)]);
  return formatTable(head, rows);
}

function figuresOf(turns: readonly Turn[], server: string, bases: readonly string[]): string[] {
  const own = turns.filter((turn) => turn.server === server);
  const median = (figure: Figure) => medianOf(definedOf(own.map(figure)));
  const ratios = (figure: Figure) =>
    bases.map((base) => {
      if (base === server) return NO_FIGURE;
      const ratio = medianRatio(byRound(turns, server, figure), byRound(turns, base, figure));
      return formatNumber(ratio, 2);
    });
  return [
    formatNumber(median((turn) => turn.load.queriesPerSecond)),
    formatNumber(median(processorTime), 2),
    formatNumber(
      median((turn) => turn.load.userMicroseconds),
      2,
    ),
    formatNumber(
      median((turn) => turn.load.systemMicroseconds),
      2,
    ),
    ...ratios(processorTime),
    ...PERCENTILES.map((name) => formatNumber(median((turn) => turn.probe.latency?.[name]))),
    formatNumber(greatest(own)),
    ...ratios((turn) => turn.probe.latency?.p99),
    formatLoss(own),
  ];
}

type Figure = (turn: Turn) => number | undefined;

const PERCENTILES = ['p50', 'p90', 'p99', 'p999'] as const satisfies (keyof LatencyPercentiles)[];

function processorTime({ load }: Turn): number | undefined {
  return processorTimeOf(load);
}

function byRound(turns: readonly Turn[], server: string, figure: Figure): ByRound {
  const figures = new Map<number, number>();
  for (const turn of turns) {
    const value = turn.server === server ? figure(turn) : undefined;
    if (value !== undefined) figures.set(turn.round, value);
  }
  return figures;
}

function greatest(turns: readonly Turn[]): number | undefined {
  const values = definedOf(turns.map((turn) => turn.probe.latency?.max));
  return values.length === 0 ? undefined : Math.max(...values);
}

/** Lost in load and probe together, and what was answered wrong with it. */
function formatLoss(turns: readonly Turn[]): string {
  const phases = turns.flatMap(({ load, probe }) => [load, probe]);
  const bad = phases.reduce((sum, { lost, wrong }) => sum + lost + wrong, 0);
  return formatShare(
    bad,
    phases.reduce((sum, { sent }) => sum + sent, 0),
  );
}

function definedOf(values: readonly (number | undefined)[]): number[] {
  return values.filter((value) => value !== undefined);
}
