/** The report: a section with a table for each measurement, as Markdown. */
import { medianOf } from '../servers/ratio.ts';
import { describePinning } from '../servers/report.ts';
import { formatNumber, formatTable, NO_FIGURE } from '../servers/table.ts';
import type { Figures, Measurement } from './measurement.ts';
import type { Results } from './results.ts';

/** Formats a measurement as it was taken in a run; each section tells when and with what. */
export function formatSection(measurement: Measurement, results: Results): string {
  const { title, text, columns } = measurement;
  const rounds = results.rounds.filter((round) => round.measurement === measurement.name);
  const rows = results.servers.map(({ server }) => {
    const ofServer = rounds.filter((round) => round.server === server);
    return [
      server,
      ...formatCells(
        ofServer.map(({ figures }) => figures),
        columns,
      ),
    ];
  });
  const table = formatTable(['server', ...Object.keys(columns)], rows);
  const problems = results.problems.filter((problem) => problem.startsWith(`${measurement.name}:`));
  return [
    `### ${title}`,
    text,
    table,
    [
      describeRun(results, Math.max(0, ...rounds.map(({ round }) => round))),
      ...problems.map((problem) => `Left out: ${problem}`),
    ].join('\n'),
  ].join('\n\n');
}

function describeRun({ machine, servers }: Results, rounds: number): string {
  const { date, commit, processorCount, processorModel, kernel, processors } = machine;
  const versions = servers.map(
    ({ server, version }) => `${server} ${version ?? 'is not on this machine'}`,
  );
  return `Taken on ${date} at commit ${commit}; rounds: ${rounds}; ${processorCount} x ${processorModel}, Linux ${kernel},
${describePinning(processors)}; ${versions.join(', ')}.`;
}

function formatCells(rounds: readonly Figures[], columns: Measurement['columns']): string[] {
  return Object.entries(columns).map(([column, digits]) =>
    summarize(
      rounds.map((figures) => figures[column]),
      digits,
    ),
  );
}

/** Gives the median of numbers, and of texts those that there were. */
export function summarize(
  values: readonly (number | string | undefined)[],
  digits: number,
): string {
  const numbers = values.filter((value) => typeof value === 'number');
  const texts = [...new Set(values.filter((value) => typeof value === 'string'))];
  const median = medianOf(numbers);
  const parts = [...(median === undefined ? [] : [formatNumber(median, digits)]), ...texts];
  return parts.length === 0 ? NO_FIGURE : parts.join(' / ');
}
