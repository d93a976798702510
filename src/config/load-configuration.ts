/**
 * Reads a configuration. In: the path of a YAML file, or none, and what was set by flags; out: a checked
 * configuration, or ConfigurationError with every mistake in it. Flags go before the file, the file before
 * defaults.
 */
import type { z } from 'zod';
import { type Configuration, ConfigurationError, type SocketAddress } from './configuration.ts';
import { readConfigurationFile } from './configuration-file.ts';
import { parseDuration } from './duration.ts';
import { deepFreeze } from './freeze.ts';
import { findRelationMistakes, findSourceMistakes } from './relations.ts';
import { type ConfigurationFile, configurationSchema } from './schema.ts';
import { parseSocketAddress } from './socket-address.ts';
import { nearestOf } from './spelling.ts';
import { canonicalZoneName } from './zone-name.ts';

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
  return deepFreeze(complete(comparable));
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

interface Described {
  readonly options: unknown;
  readonly place: (path: string) => string;
}

/** Gives a line for each mistake of one issue: where, what was expected, what was found. */
function describeIssue(issue: z.core.$ZodIssue, { options, place }: Described): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const name = formatPath([...issue.path, key]);
      const near = nearestOf(key, keysAt(issue.path));
      const hint =
        near === undefined ? '' : `; did you mean "${formatPath([...issue.path, near])}"`;
      return place(`"${name}" is no option${hint}`);
    });
  }
  const received = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    options,
  );
  const where = place(formatPath(issue.path));
  return [`${where}: expected ${expectationOf(issue)}: received ${quote(received)}`];
}

function expectationOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_value':
      return `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'invalid_type':
      return issue.expected === 'object' ? 'a mapping' : issue.message;
    default:
      return issue.message;
  }
}

function keysAt(path: readonly PropertyKey[]): string[] {
  const { shape } = configurationSchema;
  const source = shape.source.unwrap().shape;
  if (path.length === 0) return Object.keys(shape);
  if (path[0] === 'log') return Object.keys(shape.log.unwrap().shape);
  return Object.keys(path.length === 1 ? source : source.kubernetes.unwrap().unwrap().shape);
}

/** Formats `['listen', 1]` as `listen[1]`, `['log', 'level']` as `log.level`. */
function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((key, i) => (typeof key === 'number' ? `[${key}]` : `${i > 0 ? '.' : ''}${String(key)}`))
    .join('');
}

/** Quotes a value on one line; an option without a value has nothing. */
function quote(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > MAX_QUOTE ? `${text.slice(0, MAX_QUOTE)}...` : text;
}

const MAX_QUOTE = 100;

function complete(file: ConfigurationFile): Configuration {
  const { lameduck, ...rest } = file;
  const { manifests, kubernetes } = file.source;
  return {
    ...rest,
    source: { kubernetes, manifests: kubernetes === null ? manifests : [] },
    listen: file.listen.map(socketAddressOf),
    http: socketAddressOf(file.http),
    zones: file.zones.map(canonicalZoneName),
    reverseZones: file.reverseZones.map(canonicalZoneName),
    lameduckMs: durationOf(lameduck),
  };
}

/** The schema has let through only what can be parsed; so with the next one. */
function socketAddressOf(value: string): SocketAddress {
  const address = parseSocketAddress(value);
  if (address === undefined) throw new TypeError(`Cannot parse socket address "${value}"`);
  return address;
}

function durationOf(value: string): number {
  const durationMs = parseDuration(value);
  if (durationMs === undefined) throw new TypeError(`Cannot parse duration "${value}"`);
  return durationMs;
}
