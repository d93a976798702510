/**
 * Reads the configuration file as YAML. In: its path; out: a mapping of options and the mistakes of its form.
 * What cannot be read at all is a ConfigurationError; a key that stands twice is a mistake like any other, so that
 * the rest is still looked at.
 */
import { readFileSync } from 'node:fs';
import { getSystemErrorMessage } from 'node:util';
import { type Document, LineCounter, parseDocument } from 'yaml';
import { ConfigurationError } from './configuration.ts';

export interface ReadFile {
  readonly options: Readonly<Record<string, unknown>>;
  readonly mistakes: readonly string[];
}

/** Reads a file; throws ConfigurationError where there are no options to be had of it. */
export function readConfigurationFile(file: string): ReadFile {
  const lineCounter = new LineCounter();
  const document = parseDocument(readText(file), { lineCounter, prettyErrors: false });
  const faults = [...document.errors, ...document.warnings];
  const mistakes = faults.map(({ message, pos }) => {
    const { line, col } = lineCounter.linePos(pos[0]);
    return `${file}: line ${line}, column ${col}: ${message}`;
  });
  if (faults.some(({ code }) => code !== 'DUPLICATE_KEY')) throw new ConfigurationError(mistakes);
  const options = toOptions(document, file);
  return { options, mistakes };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { errno, message } = cause as NodeJS.ErrnoException;
    const reason = errno === undefined ? message : getSystemErrorMessage(errno);
    throw new ConfigurationError([`Cannot read configuration "${file}": ${reason}`]);
  }
}

function toOptions(document: Document, file: string): Readonly<Record<string, unknown>> {
  let content: unknown;
  try {
    content = document.toJS();
  } catch (error) {
    // Aliases that would grow without bound.
    throw new ConfigurationError([`${file}: ${(error as Error).message}`]);
  }
  if (content === null) return {};
  if (typeof content !== 'object' || Array.isArray(content)) {
    const received = JSON.stringify(content);
    throw new ConfigurationError([`${file}: expected a mapping of options: received ${received}`]);
  }
  return { ...content };
}
