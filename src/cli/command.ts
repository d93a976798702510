/** The command line: finds the command, and gives its exit code. What each does is in a file of its own. */
import type { StopSignals } from '../stop-signals.ts';
import { VERSION } from '../version.ts';

const HELP = `NAME
    vipdns - a DNS server that maps Kubernetes Service names to virtual IPs

SYNOPSIS
    vipdns serve [--config FILE] [--manifests DIR]... [OPTIONS]
    vipdns check [FILE] [--manifests DIR]... [OPTIONS]
    vipdns query NAME [TYPE] [@SERVER[:PORT]] [OPTIONS]
    vipdns COMMAND --help
    vipdns --version

COMMANDS
    serve   answer queries until the process is told to stop
    check   read configuration and manifests, tell every mistake, print the virtual IPs
    query   ask a server one question, and print its answer

EXIT STATUS
    0 all is well; 1 it could not be done; 2 the arguments or the configuration are wrong; 3 (query) no response

FILES
    config/default.yaml          every option, with its default
    config/vipdns.schema.json    the same for editors
`;

/** What every command is: arguments in, exit code out. Loaded when it is called for, and not before. */
type Command = (arguments_: string[], signals?: StopSignals) => Promise<number>;

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).runServe,
  check: async () => (await import('./check.ts')).runCheck,
  query: async () => (await import('./query.ts')).runQuery,
};

const USAGE_ERROR = 2;

/** Runs the command that the arguments name, and gives the exit code. */
export async function runCommand(arguments_: string[], signals?: StopSignals): Promise<number> {
  const [name = '--help', ...rest] = arguments_;
  if (name === '--help' || name === '-h' || name === 'help') {
    console.log(HELP);
    return 0;
  }
  if (name === '--version') {
    console.log(VERSION);
    return 0;
  }
  if (!Object.hasOwn(COMMANDS, name)) {
    const names = Object.keys(COMMANDS).join(', ');
    console.error(`Cannot run "${name}": no such command, there are ${names}; see vipdns --help`);
    return USAGE_ERROR;
  }
  const command = await COMMANDS[name]();
  return command(rest, signals);
}
