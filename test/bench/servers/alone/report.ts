/** The tables of what vipdns is measured for alone. */
import { medianOf, medianRatio } from '../ratio.ts';
import type { AloneResults, DemoMemory, IntakeRound, RespondersRound } from '../results.ts';
import { formatMegabytes, formatNumber, formatShare, formatTable } from '../table.ts';

export function formatAlone({ responders, intake, memory }: AloneResults): string {
  const parts = [
    responders && formatResponders(responders),
    intake && formatIntake(intake),
    memory && formatMemory(memory),
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? '' : ['### vipdns alone', ...parts].join('\n\n');
}

function formatResponders(rounds: readonly RespondersRound[]): string {
  const [one, two] = [rounds.map((round) => round.one), rounds.map((round) => round.two)];
  const table = formatTable(
    ['CPU us for a query', 'one responder', 'two', 'ratio'],
    [
      [
        '20,000 queries/s, on both processors',
        formatNumber(medianOf(one), 2),
        formatNumber(medianOf(two), 2),
        formatNumber(ratioOf(two, one), 2),
      ],
    ],
  );
  return `#### Responders\n\n${table}`;
}

function formatIntake(rounds: readonly IntakeRound[]): string {
  const phases = [
    ['quiet', rounds.map((round) => round.quiet)],
    ['during the intake', rounds.map((round) => round.during)],
  ] as const;
  const rows = phases.map(([title, percentiles]) => [
    title,
    ...(['p50', 'p90', 'p99', 'p999', 'max'] as const).map((name) =>
      formatNumber(medianOf(percentiles.map((each) => each[name]))),
    ),
  ]);
  const table = formatTable(['prober', 'p50 us', 'p90', 'p99', 'p99.9', 'max'], rows);
  const [quiet, during] = phases.map(([, percentiles]) => percentiles.map(({ p99 }) => p99));
  const bad = rounds.reduce((sum, { lost, wrong }) => sum + lost + wrong, 0);
  const sent = rounds.reduce((sum, round) => sum + round.sent, 0);
  return `#### Taking in 10,000 Services and 10,000 slices

${table}

p99 ${formatNumber(ratioOf(during, quiet), 1)} times that of a quiet time; from the files to the last name \
${formatNumber(medianOf(rounds.map(({ intakeMs }) => intakeMs)))} ms; lost ${formatShare(bad, sent)}.`;
}

function formatMemory({ atStart, afterLoad }: DemoMemory): string {
  const table = formatTable(
    ['RSS, MiB', 'after the start', 'after 5 s of load', 'peak'],
    [
      [
        'config/demo',
        formatMegabytes(atStart.residentBytes),
        formatMegabytes(afterLoad.residentBytes),
        formatMegabytes(afterLoad.peakBytes),
      ],
    ],
  );
  return `#### Memory\n\n${table}`;
}

/** Gives the median of the ratios by round. */
function ratioOf(figures: readonly number[], base: readonly number[]): number | undefined {
  return medianRatio(new Map(figures.entries()), new Map(base.entries()));
}
