/**
 * The arguments that `serve` and `check` share: what one sets by hand, over the configuration file. In: arguments;
 * out: a checked configuration, or the exit code where there is none, mistakes told on standard error.
 */
import { parseArgs } from 'node:util';
import { type Configuration, ConfigurationError } from '../config/configuration.ts';
import { loadConfigurationInThread } from '../config/load-in-thread.ts';
import { EXIT } from './exit-code.ts';

const OPTIONS = {
  config: { type: 'string' },
  manifests: { type: 'string', multiple: true },
  kubeconfig: { type: 'string' },
  context: { type: 'string' },
  listen: { type: 'string', multiple: true },
  http: { type: 'string' },
  zone: { type: 'string', multiple: true },
  'log-level': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

export interface CommandUsage {
  readonly help: string;
  /** Whether the configuration file may stand without `--config`. */
  readonly takesFile?: boolean;
  /** Called when the arguments are sound, and the configuration is being read. */
  readonly onReading?: () => void;
}

/** Gives the configuration that the arguments ask for; a number is the exit code of a command that ends here. */
export async function configurationFrom(
  arguments_: string[],
  { help, takesFile = false, onReading }: CommandUsage,
): Promise<Configuration | number> {
  let parsed: ReturnType<typeof parseArguments>;
  try {
    parsed = parseArguments(arguments_, takesFile);
  } catch (error) {
    console.error(`Cannot read arguments: ${(error as Error).message}; see --help`);
    return EXIT.usage;
  }
  const { values, positionals } = parsed;
  if (values.help) {
    console.log(help);
    return EXIT.ok;
  }
  if (positionals.length > 1 || (positionals.length === 1 && values.config !== undefined)) {
    console.error('Cannot read arguments: there can be one configuration file; see --help');
    return EXIT.usage;
  }
  const file = values.config ?? positionals[0];
  try {
    const reading = loadConfigurationInThread({
      ...(file === undefined ? {} : { file }),
      overrides: overridesOf(values),
    });
    onReading?.();
    return await reading;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    console.error(error.message);
    return EXIT.usage;
  }
}

function parseArguments(args: string[], allowPositionals: boolean) {
  return parseArgs({ args, options: OPTIONS, allowPositionals });
}

/** Flags in the form of the file's options; what was not given is left out. */
function overridesOf(values: ReturnType<typeof parseArguments>['values']): Record<string, unknown> {
  const { listen, http, zone, 'log-level': level } = values;
  const overrides = {
    source: sourceOf(values),
    listen,
    http,
    zones: zone,
    log: level === undefined ? undefined : { level },
  };
  return Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
}

/** What is given together is told to exclude each other by the one who checks the configuration. */
function sourceOf({
  manifests,
  kubeconfig,
  context,
}: ReturnType<typeof parseArguments>['values']): Record<string, unknown> | undefined {
  const isKubernetes = kubeconfig !== undefined || context !== undefined;
  if (manifests === undefined && !isKubernetes) return undefined;
  return {
    ...(manifests && { manifests }),
    ...(isKubernetes && {
      kubernetes: {
        ...(kubeconfig !== undefined && { kubeconfig }),
        ...(context !== undefined && { context }),
      },
    }),
  };
}
