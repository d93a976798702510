/**
 * The text of a manifest file to the documents in it, each parsed on its own, so that a broken one costs
 * only itself. In: YAML or JSON text; out: values, or what is wrong and where.
 */
import { createRequire } from 'node:module';
import { parsePlainYaml } from './plain-yaml.ts';
import type { Mistake } from './problem.ts';

/** Loads the full YAML reader, 9 MB, where a document asks for it and not before. */
const require = createRequire(import.meta.url);
const loadYaml = (): typeof import('yaml') => require('yaml');

/** A document: its number in the file (0 for JSON) and its value, or why it has none. */
export type ParsedDocument =
  | { readonly number: number; readonly value: unknown }
  | { readonly number: number; readonly mistakes: readonly Mistake[] };

/** The full YAML reader takes 0.4 us for each byte (test/bench/source/manifests): some 6 s for as many. */
export const MAX_FULL_YAML_BYTES = 16 * 1024 * 1024;

/** Parses each document of a file when it is asked for. */
export function* parseDocuments(
  text: string,
  { isJson }: { isJson: boolean },
): Generator<ParsedDocument> {
  // A file may begin with a byte order mark.
  const content = text.startsWith('\ufeff') ? text.slice(1) : text;
  if (isJson) yield parseJson(content);
  else yield* parseYaml(content.includes('\r') ? content.replaceAll('\r\n', '\n') : content);
}

function parseJson(text: string): ParsedDocument {
  try {
    return { number: 0, value: JSON.parse(text) };
  } catch (error) {
    return { number: 0, mistakes: [{ path: '', expected: 'JSON', received: messageOf(error) }] };
  }
}

function* parseYaml(text: string): Generator<ParsedDocument> {
  // Directives stand before the `---` of their document, and `...` may end one without another `---`:
  // rare enough to leave the whole file to the full reader.
  if (/^(?:%|\.\.\.(?:\s|$))/m.test(text)) return yield* parseInFull(text, { number: 1, line: 1 });
  let number = 0;
  let line = 1;
  for (const part of splitDocuments(text)) {
    const body = bodyOf(part);
    const value = body === undefined ? undefined : parsePlainYaml(body);
    // What stands before the first `---` is no document where there is nothing but comments.
    if (value !== null || body !== part) number++;
    if (value === undefined) yield* parseInFull(part, { number, line });
    else if (value !== null) yield { number, value };
    line += countLines(part);
  }
}

const MARKER = '---';

/**
 * Splits before each line that begins with `---`: such a line is a marker wherever it stands, also in a
 * literal or between quotes (YAML 1.2 section 9.1.2, c-forbidden).
 */
function* splitDocuments(text: string): Generator<string> {
  let start = 0;
  for (;;) {
    let end = text.indexOf(`\n${MARKER}`, start) + 1;
    while (end > 0 && /\S/.test(text.charAt(end + MARKER.length))) {
      end = text.indexOf(`\n${MARKER}`, end) + 1;
    }
    if (end === 0) return yield text.slice(start);
    yield text.slice(start, end);
    start = end;
  }
}

/** Gives what follows the marker's line, if there is a marker; undefined where content stands on that line. */
function bodyOf(part: string): string | undefined {
  if (!/^---(?:\s|$)/.test(part)) return part;
  const line = /^---[ \t]*(?:[ \t]#.*)?(?:\n|$)/.exec(part);
  return line === null ? undefined : part.slice(line[0].length);
}

function countLines(text: string): number {
  let lines = 0;
  for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) lines++;
  return lines;
}

/** Reads all of YAML; `line` is that of the file where `text` begins, from 1. */
function* parseInFull(
  text: string,
  { number, line }: { number: number; line: number },
): Generator<ParsedDocument> {
  if (text.length > MAX_FULL_YAML_BYTES) {
    const expected = `at most ${MAX_FULL_YAML_BYTES} bytes of YAML with flow collections, anchors and the like`;
    yield { number, mistakes: [{ path: '', expected, received: `${text.length} bytes` }] };
    return;
  }
  const { LineCounter, parseAllDocuments } = loadYaml();
  const lineCounter = new LineCounter();
  try {
    // Merge keys (`<<`) are of YAML 1.1, and are in manifests all the same.
    const options = { lineCounter, merge: true, prettyErrors: false, logLevel: 'silent' } as const;
    for (const [index, document] of parseAllDocuments(text, options).entries()) {
      const [error] = document.errors;
      if (error === undefined) {
        const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
        if (value !== null) yield { number: number + index, value };
      } else {
        const { line: errorLine, col } = lineCounter.linePos(error.pos[0]);
        const path = `line ${line + errorLine - 1}, column ${col}`;
        const mistake = { path, expected: 'YAML', received: messageOf(error) };
        yield { number: number + index, mistakes: [mistake] };
      }
    }
  } catch (error) {
    // Too many aliases, or too deep.
    yield { number, mistakes: [{ path: '', expected: 'YAML', received: messageOf(error) }] };
  }
}

/** Nodes that aliases may stand for, each counted as often as it is repeated. */
const MAX_ALIASES = 100;

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.split('\n')[0] : String(error);
}
