/** What a run came to, for people. */
import type { Printed } from '../support/records.ts';
import type { Unexplained, Verdicts } from './judge.ts';

/** Kinds of differences that are told. */
const MAX_TOLD = 30;

/** Prints a question and both answers, as dig does. */
export function formatUnexplained({ pair, aspects }: Unexplained): string {
  const { question, settings } = pair;
  const { pods, endpointPodNames } = settings;
  const options = `pods: ${pods}, endpointPodNames: ${endpointPodNames}`;
  return [
    `; ${question.name}. ${question.type}, ${question.form.name} (${options})`,
    `; differ in ${aspects.join(', ')}, which no row of docs/differences.md explains`,
    ...formatResponse('CoreDNS', pair.coredns),
    ...formatResponse('vipdns', pair.vipdns),
  ].join('\n');
}

function formatResponse(server: string, response: Printed): string[] {
  const { status, flags, answer, authority, additional, payloadBytes, bytes } = response;
  const edns = payloadBytes === 0 ? 'no EDNS' : `EDNS udp: ${payloadBytes}`;
  return [
    `;; ${server}: status: ${status}; flags: ${flags}; ${edns}; ${bytes} bytes`,
    ...formatSection('ANSWER', answer),
    ...formatSection('AUTHORITY', authority),
    ...formatSection('ADDITIONAL', additional),
  ];
}

function formatSection(name: string, records: readonly string[]): string[] {
  return records.length === 0 ? [] : [`;; ${name}`, ...records.toSorted()];
}

/** Gives the lines of the report; the last one is the result. `stale` rows are those without a difference. */
export function formatVerdicts(verdicts: Verdicts, stale: readonly string[]): string[] {
  const { compared, different, byRow, unexplained } = verdicts;
  const width = Math.max(...[...byRow.keys()].map((id) => id.length));
  return [
    ...byKind(unexplained)
      .slice(0, MAX_TOLD)
      .flatMap(({ first, count }) => [formatUnexplained(first), `; and ${count - 1} like it`, '']),
    'answers that differ, by row of docs/differences.md:',
    ...[...byRow].map(([id, count]) => `  ${id.padEnd(width)} ${String(count).padStart(8)}`),
    ...stale.map((id) => `STALE: row "${id}" explained nothing`),
    `${compared} questions compared, ${different} with different answers, ` +
      `${unexplained.length} of them UNEXPLAINED`,
  ];
}

/** One cause shows in many names: of those that differ in the same way the first, and how many there are. */
function byKind(unexplained: readonly Unexplained[]): { first: Unexplained; count: number }[] {
  const kinds = new Map<string, { first: Unexplained; count: number }>();
  for (const each of unexplained) {
    const { question, coredns, vipdns } = each.pair;
    const statuses = [coredns.status, vipdns.status];
    const kind = [each.aspects, ...statuses, question.name.split('.').at(-1)].join(' ');
    const known = kinds.get(kind);
    if (known === undefined) kinds.set(kind, { first: each, count: 1 });
    else known.count++;
  }
  return [...kinds.values()];
}
