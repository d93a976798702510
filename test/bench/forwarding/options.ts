/** The arguments of `npm run bench:forwarding`. */
import { parseArgs } from 'node:util';
import { parseList, parseSeconds, parseWhole } from '../servers/options.ts';
import type { Server } from '../servers/roster/server.ts';
import type { Measurement, Settings } from './measurement.ts';
import { MEASUREMENTS, SERVERS } from './roster.ts';

export interface Options {
  readonly servers: readonly Server[];
  readonly measurements: readonly Measurement[];
  readonly settings: Settings;
  /** Of every measurement, in place of its own. */
  readonly rounds: number | undefined;
  /** File for everything that was found out. */
  readonly json: string | undefined;
}

const DEFAULTS = { seconds: '2', 'random-names': '1000000' };

export const HELP = `NAME
    npm run bench:forwarding - compare vipdns with other DNS servers that forward and cache

SYNOPSIS
    npm run bench:forwarding [-- [--only NAME,...] [--servers NAME,...] [--rounds N] [--seconds N]
                                 [--random-names N] [--json FILE]]

DESCRIPTION
    Gives every server two upstreams on loopback, prints a table for each measurement, and puts it into
    test/bench/forwarding/README.md. Servers that the machine does not have are left out; COREDNS may name the
    program of CoreDNS.

OPTIONS
    --only NAME,...       only these measurements:
                          ${MEASUREMENTS.map(({ name }) => name).join(', ')}
    --servers NAME,...    only these: ${SERVERS.map(({ name }) => name).join(', ')}
    --rounds N            how often each is measured; by default each measurement has its own number
    --seconds N           of load, where processor time is measured (${DEFAULTS.seconds})
    --random-names N      (${DEFAULTS['random-names']})
    --json FILE           write all figures there, too

EXIT STATUS
    0 everything was measured; 1 something was left out because it did not work; 2 arguments are wrong

EXAMPLES
    npm run bench:forwarding -- --only miss,loss --servers unbound,vipdns-batch --rounds 1
`;

/** Parses arguments; gives all mistakes at once, or undefined where help is asked for. */
export function parseOptions(arguments_: string[]): Options | readonly string[] | undefined {
  const { values } = parseArgs({
    args: arguments_,
    options: {
      only: { type: 'string' },
      servers: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string', default: DEFAULTS.seconds },
      'random-names': { type: 'string', default: DEFAULTS['random-names'] },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  const mistakes: string[] = [];
  const measurements = MEASUREMENTS.map(({ name }) => name);
  const only = parseList('only', values.only, measurements, mistakes);
  const servers = SERVERS.map(({ name }) => name);
  const asked = parseList('servers', values.servers, servers, mistakes);
  const options: Options = {
    servers: SERVERS.filter(({ name }) => asked.includes(name)),
    measurements: MEASUREMENTS.filter(({ name }) => only.includes(name)),
    settings: {
      seconds: parseSeconds(values.seconds, mistakes),
      randomNames: parseWhole('random-names', values['random-names'], mistakes),
    },
    rounds: values.rounds === undefined ? undefined : parseWhole('rounds', values.rounds, mistakes),
    json: values.json,
  };
  return mistakes.length === 0 ? options : mistakes;
}
