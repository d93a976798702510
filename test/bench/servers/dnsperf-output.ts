/** What dnsperf prints at its end, and with -v a line for each response, as values. */

export interface DnsperfFigures {
  readonly sent: number;
  readonly completed: number;
  readonly lost: number;
  readonly seconds: number;
  readonly queriesPerSecond: number;
  /** Responses by rcode. */
  readonly rcodes: Readonly<Record<string, number>>;
  /** Microseconds, in the order of the responses; empty without -v. */
  readonly latencies: readonly number[];
}

/** Parses the output; throws where dnsperf has not come to its statistics. */
export function parseDnsperfOutput(text: string): DnsperfFigures {
  return {
    sent: numberAfter(text, 'Queries sent'),
    completed: numberAfter(text, 'Queries completed'),
    lost: numberAfter(text, 'Queries lost'),
    seconds: numberAfter(text, 'Run time (s)'),
    queriesPerSecond: numberAfter(text, 'Queries per second'),
    rcodes: parseRcodes(text),
    latencies: parseLatencies(text),
  };
}

function numberAfter(text: string, title: string): number {
  const at = text.indexOf(`${title}:`);
  if (at === -1) {
    throw new Error(`Cannot read output of dnsperf: no "${title}" in "${text.trim().slice(-300)}"`);
  }
  return Number.parseFloat(text.slice(at + title.length + 1));
}

/** `Response codes:  NOERROR 98 (98.00%), NXDOMAIN 2 (2.00%)`; nothing follows where nobody has answered. */
function parseRcodes(text: string): Record<string, number> {
  const line = /^ *Response codes:(.*)$/m.exec(text)?.[1] ?? '';
  const rcodes: Record<string, number> = {};
  for (const [, rcode, count] of line.matchAll(/([A-Z0-9]+) (\d+) \(/g)) {
    rcodes[rcode] = Number(count);
  }
  return rcodes;
}

/** `> NOERROR binary input 0.000167`; a query without a response has `> T` or `> I` and no time. */
function parseLatencies(text: string): number[] {
  const lines = text.matchAll(/^> [A-Z0-9]{2,} .* (\d+\.\d{6})$/gm);
  return Array.from(lines, ([, seconds]) => Math.round(Number(seconds) * 1e6));
}
