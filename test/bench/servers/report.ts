/** The report: everything that a run found out, as Markdown. */
import { formatAlone } from './alone/report.ts';
import type { Processors } from './processors.ts';
import { formatQuestionTable } from './question-table.ts';
import { QUESTION_KINDS } from './questions.ts';
import type { Results } from './results.ts';
import { BASES } from './roster/roster.ts';
import { formatAnswers, formatMemory } from './run-table.ts';

export function formatReport(results: Results): string {
  const parts = [
    formatCircumstances(results),
    ...results.settings.names.map((names) => formatSize(results, names)),
    formatAnswers(results.runs),
    formatAlone(results.alone),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function formatCircumstances({ machine, settings, servers, runs, problems }: Results): string {
  const { date, commit, processorCount, processorModel, kernel, processors, dnsperf } = machine;
  const remarkOf = (name: string) => runs.find(({ server }) => server === name)?.remark;
  const present = servers.filter(({ version }) => version !== undefined);
  const missing = servers.filter(({ version }) => version === undefined);
  return [
    `Taken on ${date} at commit ${commit}; rounds: ${settings.rounds}, each phase: ${settings.seconds} s.`,
    '',
    `- ${processorCount} x ${processorModel}, Linux ${kernel}: ${describePinning(processors)}`,
    `- client: dnsperf ${dnsperf}`,
    ...present.map(({ server, version }) => {
      const remark = remarkOf(server);
      return `- ${server}: ${version}${remark === undefined ? '' : `, ${remark}`}`;
    }),
    ...missing.map(({ server }) => `- ${server}: skipped, it is not on this machine`),
    ...problems.map((problem) => `- left out: ${problem}`),
  ].join('\n');
}

export function describePinning({ server, client, isShared, isSameCore }: Processors): string {
  if (isShared) return `one processor for server and client, so that these figures mean little`;
  const sameCore = isSameCore ? ', two threads of one core' : '';
  return `servers on processor ${server}, client on ${client}${sameCore}`;
}

function formatSize({ servers, turns, runs }: Results, names: number): string {
  const ofSize = turns.filter((turn) => turn.names === names);
  const tables = QUESTION_KINDS.flatMap(({ name, title }) => {
    const asked = ofSize.filter(({ question }) => question === name);
    if (asked.length === 0) return [];
    const table = formatQuestionTable(asked, {
      servers: servers.map(({ server }) => server),
      bases: BASES.map((server) => server.name),
    });
    return [`#### ${title}\n\n${table}`];
  });
  if (tables.length === 0) return '';
  const memory = formatMemory(runs.filter((run) => run.names === names));
  const heading = `### ${names.toLocaleString('en-US')} names`;
  return [heading, ...tables, `#### Memory\n\n${memory}`].join('\n\n');
}
