/** What every comparison of servers does with its arguments and its terminal. */
import { findDnsperf } from './dnsperf.ts';
import { findProgram } from './program.ts';

/** Gives mistakes as an array, undefined where help is asked for. */
export type ParseOptions<Options> = (
  arguments_: string[],
) => Options | readonly string[] | undefined;

/** Reads the arguments of this process; gives the exit code where there is nothing to measure. */
export function readOptions<Options extends object>(
  parse: ParseOptions<Options>,
  help: string,
): Options | number {
  try {
    const options = parse(process.argv.slice(2));
    if (options === undefined) console.log(help);
    else if (!isMistakes(options)) return options;
    else console.error(options.join('\n'));
    return options === undefined ? 0 : 2;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 2;
  }
}

function isMistakes(options: object): options is readonly string[] {
  return Array.isArray(options);
}

export function findMissingPrograms(): string[] {
  if (process.platform !== 'linux') return ['Linux and its /proc'];
  return [
    ...(findDnsperf() === undefined ? ['dnsperf'] : []),
    ...(findProgram('taskset') === undefined ? ['taskset'] : []),
  ];
}

/** Says what happens, with the seconds since the start. */
export function tell(progress: string): void {
  console.error(`${(performance.now() / 1000).toFixed(0).padStart(5)} s  ${progress}`);
}
