/**
 * Reads a configuration. In: the path of a YAML file, or none, and what was set by flags; out: a checked
 * configuration, or ConfigurationError with every mistake in it. Flags go before the file, the file before
 * defaults.
 */
import type { z } from 'zod';
import { completeConfiguration } from './complete-configuration.ts';
import { type Configuration, ConfigurationError } from './configuration.ts';
import { readConfigurationFile } from './configuration-file.ts';
import { describeIssue, quote } from './describe-issue.ts';
import { deepFreeze } from './freeze.ts';
import { findRelationMistakes, findSourceMistakes } from './relations.ts';
import { configurationSchema } from './schema.ts';

/** Options of the file that flags set; those that are missing are left to it. */
export type Overrides = Readonly<Record<string, unknown>>;

export interface LoadOptions {
  /** Path of the file; without it the defaults hold. */
  readonly file?: string;
  readonly overrides?: Overrides;
}

/** Reads and checks a configuration; throws ConfigurationError. */
export function loadConfiguration({ file, overrides = {} }: LoadOptions): Configuration {
  const read = file === undefined ? { options: {}, mistakes: [] } : readConfigurationFile(file);
  const options = { ...read.options, ...overrides };
  const result = configurationSchema.safeParse(options);
  const issues = result.success ? [] : result.error.issues;
  const unsound = new Set(issues.flatMap((issue) => wrongOptions(issue)));
  const sound = Object.entries(options).filter(([option]) => !unsound.has(option));
  // Defaults stand in for what is wrong, so that the rest can be compared.
  const comparable = configurationSchema.parse(Object.fromEntries(sound));
  const place = (path: string) => placeOf(path, { file, overrides });
  const mistakes = [
    ...read.mistakes,
    ...issues.flatMap((issue) => describeIssue(issue, { options, place })),
    ...findSourceMistakes(options.source).map(
      ({ path, expected, received }) =>
        `${place(path)}: expected ${expected}: received ${quote(received)}`,
    ),
    ...findRelationMistakes(comparable, (option) => !unsound.has(option)).map(
      ({ path, expected, received }) =>
        `${place(path)}: expected ${expected}: received ${quote(received)}`,
    ),
  ];
  if (mistakes.length > 0) throw new ConfigurationError(mistakes);
  return deepFreeze(completeConfiguration(comparable));
}

/** Gives the options that an issue is about; of a key that is none there is the key itself. */
function wrongOptions(issue: z.core.$ZodIssue): string[] {
  if (issue.path.length > 0) return [String(issue.path[0])];
  return issue.code === 'unrecognized_keys' ? issue.keys : [];
}

/** Tells where the value at a path was written: `config.yaml: listen[1]`; of a flag there is the path alone. */
function placeOf(
  path: string,
  { file, overrides }: { file: string | undefined; overrides: Overrides },
): string {
  const [option] = path.split(/[.[]/);
  return file === undefined || Object.hasOwn(overrides, option) ? path : `${file}: ${path}`;
}
