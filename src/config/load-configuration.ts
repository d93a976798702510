/**
 * Reads a configuration. In: the path of a YAML file, or none, and what was set by flags; out: a checked
 * configuration, or ConfigurationError with every mistake in it. Flags go before the file, the file before
 * defaults.
 */
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { encodeName, isAtOrBelow } from '../dns/name.ts';
import { type Configuration, ConfigurationError, type SocketAddress } from './configuration.ts';
import { parseDuration } from './duration.ts';
import { type ConfigurationFile, configurationSchema } from './schema.ts';
import { parseSocketAddress } from './socket-address.ts';
import { nearestOf } from './spelling.ts';

/** Options of the file that flags set; those that are missing are left to it. */
export type Overrides = Readonly<Record<string, unknown>>;

export interface LoadOptions {
  /** Path of the file; without it the defaults hold. */
  readonly file?: string;
  readonly overrides?: Overrides;
}

/** Reads and checks a configuration; throws ConfigurationError. */
export function loadConfiguration({ file, overrides = {} }: LoadOptions): Configuration {
  const content = file === undefined ? {} : readFile(file);
  const place = file === undefined ? '' : `${file}: `;
  const result = configurationSchema.safeParse({ ...content, ...overrides });
  if (!result.success) {
    throw new ConfigurationError(
      result.error.issues
        .flatMap((issue) => describeIssue(issue, { ...content, ...overrides }))
        .map((mistake) => `${place}${mistake}`),
    );
  }
  const mistakes = relationMistakes(result.data);
  if (mistakes.length > 0) throw new ConfigurationError(mistakes.map((each) => `${place}${each}`));
  return complete(result.data);
}

function readFile(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigurationError([
      `${file}: expected a readable file: received ${reasonOf(cause)}`,
    ]);
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new ConfigurationError(
      document.errors.map(({ message, pos }) => {
        const { line, col } = lineCounter.linePos(pos[0]);
        return `${file}: line ${line}, column ${col}: expected YAML: received ${message}`;
      }),
    );
  }
  const content: unknown = document.toJS() ?? {};
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new ConfigurationError([
      `${file}: expected a mapping of options: received ${JSON.stringify(content)}`,
    ]);
  }
  return { ...content };
}

/** Gives a line for each mistake of one issue: path, what was expected, what was found. */
function describeIssue(issue: z.core.$ZodIssue, content: unknown): string[] {
  const path = formatPath(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const known = keysAt(issue.path);
      const near = nearestOf(key, known);
      const hint = near === undefined ? `one of ${known.join(', ')}` : `perhaps ${near}`;
      return `${path === '' ? key : `${path}.${key}`}: expected an option, ${hint}: received "${key}"`;
    });
  }
  const received = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    content,
  );
  return [
    `${path}: expected ${expectationOf(issue)}: received ${JSON.stringify(received) ?? 'nothing'}`,
  ];
}

function expectationOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_value':
      return `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_small':
      return issue.origin === 'array' ? 'at least one' : `at least ${issue.minimum}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    case 'invalid_type':
      return issue.expected === 'object' ? 'a mapping' : issue.message;
    default:
      return issue.message;
  }
}

function keysAt(path: readonly PropertyKey[]): string[] {
  const { shape } = configurationSchema;
  if (path.length === 0) return Object.keys(shape);
  const inner = path[0] === 'source' ? shape.source : shape.log;
  return Object.keys(inner.unwrap().shape);
}

function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, key) =>
      typeof key === 'number'
        ? `${text}[${key}]`
        : text === ''
          ? String(key)
          : `${text}.${String(key)}`,
    '',
  );
}

/** What each option allows, and all of them together do not. */
function relationMistakes(file: ConfigurationFile): string[] {
  const mistakes: string[] = [];
  const { listen, zones, namespaces, namespaceLabels } = file;
  for (const [i, each] of listen.entries()) {
    if (listen.indexOf(each) < i) {
      mistakes.push(`listen[${i}]: expected an address that is not listed yet: received "${each}"`);
    }
  }
  const names = zones.map(encodeName);
  for (const [i, name] of names.entries()) {
    const other = names.findIndex((each, j) => j !== i && isAtOrBelow(name, each));
    const isFirstOfEqual = other > i && isDeepStrictEqual(names[other], name);
    if (other < 0 || isFirstOfEqual) continue;
    mistakes.push(
      `zones[${i}]: expected a zone that is not at or below "${zones[other]}": received "${zones[i]}"`,
    );
  }
  if (namespaces.length > 0 && namespaceLabels !== '') {
    mistakes.push(
      `namespaceLabels: expected nothing where namespaces is set: received "${namespaceLabels}"`,
    );
  }
  return mistakes;
}

function complete(file: ConfigurationFile): Configuration {
  const { lameduck, ...rest } = file;
  return {
    ...rest,
    listen: file.listen.map(socketAddressOf),
    http: socketAddressOf(file.http),
    zones: file.zones.map((zone) => zone.toLowerCase().replace(/\.$/, '')),
    lameduckMs: parseDuration(lameduck) ?? 0,
  };
}

/** The schema has let through only what can be parsed. */
function socketAddressOf(value: string): SocketAddress {
  const address = parseSocketAddress(value);
  if (address === undefined) throw new TypeError(`Cannot parse socket address "${value}"`);
  return address;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
