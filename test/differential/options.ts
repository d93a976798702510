/** The arguments of `npm run test:differential`. */
import { parseArgs } from 'node:util';
import type { ApiServerKind } from './api-server.ts';

export interface Options {
  readonly seed: number;
  readonly services: number;
  /** Times that the cluster is changed and compared again. */
  readonly rounds: number;
  /** In each of those. */
  readonly changes: number;
  /** The real one where it is at hand, unless one is asked for. */
  readonly api: ApiServerKind | undefined;
  readonly pods: readonly string[];
  readonly mayBuild: boolean;
}

const POD_MODES = ['insecure', 'disabled', 'verified'];

export const HELP = `NAME
    npm run test:differential - compare the answers of vipdns and CoreDNS on one cluster

SYNOPSIS
    npm run test:differential [-- [--seed N] [--services N] [--rounds N] [--changes N] [--pods MODE,...]
                                  [--api real|emulation] [--found-only]]

DESCRIPTION
    Lets both serve one random cluster, asks them every question about every name and its neighbours, and compares
    the answers. A difference that no row of docs/differences.md explains fails the run, as does a row that explains
    nothing. CoreDNS is taken from COREDNS or the PATH, or built once with Go.

OPTIONS
    --seed N          the same cluster and changes for the same number (random)
    --services N      random Services in the cluster, besides those that every one has (16)
    --rounds N        times that the cluster is changed, and everything compared again, in each mode (1)
    --changes N       objects that are changed each time (40)
    --pods MODE,...   of ${POD_MODES.join(', ')} (all of them, one after the other)
    --api KIND        real, or emulation (the real one where KUBEBUILDER_ASSETS or the cache has it)
    --found-only      build nothing

EXIT STATUS
    0 no difference that is not documented; 1 some, or a row without one; 2 arguments are wrong
`;

/** Parses arguments; gives all mistakes at once, or undefined where help is asked for. */
export function parseOptions(arguments_: string[]): Options | readonly string[] | undefined {
  const { values } = parseArgs({
    args: arguments_,
    options: {
      seed: { type: 'string', default: String(1 + Math.floor(Math.random() * 1_000_000)) },
      services: { type: 'string', default: '16' },
      rounds: { type: 'string', default: '1' },
      changes: { type: 'string', default: '40' },
      pods: { type: 'string', default: POD_MODES.join() },
      api: { type: 'string' },
      'found-only': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return undefined;
  const mistakes: string[] = [];
  const whole = (name: 'seed' | 'services' | 'rounds' | 'changes'): number => {
    const number = Number(values[name]);
    if (values[name] !== '' && Number.isInteger(number) && number >= 0) return number;
    mistakes.push(`--${name}: expected a whole number: received "${values[name]}"`);
    return 0;
  };
  const pods = values.pods.split(',');
  for (const mode of pods.filter((each) => !POD_MODES.includes(each))) {
    mistakes.push(`--pods: expected some of ${POD_MODES.join(', ')}: received "${mode}"`);
  }
  const { api } = values;
  if (api !== undefined && api !== 'real' && api !== 'emulation') {
    mistakes.push(`--api: expected real or emulation: received "${api}"`);
  }
  const options: Options = {
    seed: whole('seed'),
    services: whole('services'),
    rounds: whole('rounds'),
    changes: whole('changes'),
    api: api as ApiServerKind | undefined,
    pods,
    mayBuild: !values['found-only'],
  };
  return mistakes.length === 0 ? options : mistakes;
}
