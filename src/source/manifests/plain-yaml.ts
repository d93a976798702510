/**
 * Reads the YAML that kubectl writes and most people do: block mappings and sequences, plain and quoted
 * scalars, `|` literals, `{}`, a list of words in one line, comments (YAML 1.2 sections 7.3, 7.4.1, 8.1.2, 8.2).
 * Anything else gives undefined, mistakes too: the full reader then has the word. What is read here reads the same there, which
 * test/source/manifests/plain-yaml.test.ts holds against it.
 *
 * Because the full reader takes 0.4 us for a byte, which for 10,000 EndpointSlices are 17 s; with this one it
 * is some 1.5 s to have them in the store (test/bench/source/manifests); and to load it takes 9 MB.
 */
import { parsePlainScalar } from './plain-scalar.ts';

/** Deeper documents go to the full reader, which has its own bound. */
const MAX_DEPTH = 64;
/** Characters that begin what a plain scalar or key is not. */
const INDICATORS = new Set('?:,[]{}#&*!|>@%`"\'');

/** Reads one document, without its `---`, with line breaks as "\n"; undefined: read it in full. */
export function parsePlainYaml(text: string): unknown {
  // A single carriage return ends a line as well, and a byte order mark has rules of its own.
  if (text.includes('\r') || text.includes('\ufeff')) return undefined;
  try {
    return new PlainYamlReader(text).read();
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

class NotPlain extends Error {}

/**
 * The reader stands on a line that is not blank, or at the end: `indent` is the column where its content
 * begins, -1 at the end. What follows `- ` is looked at as a line that begins further in.
 *
 *       - name: http     # a comment
 *       ^ ^         ^
 *   indent |      contentEnd
 *          indent of the mapping, once the dash is read
 */
class PlainYamlReader {
  readonly #text: string;
  #nextLine = 0;
  #indent = -1;
  #start = 0;
  /** End of the content, without trailing blanks; a comment is still part of it. */
  #end = 0;
  /** Whether blank lines or comments were passed on the way to this line. */
  #hasSkipped = false;

  constructor(text: string) {
    this.#text = text;
  }

  read(): unknown {
    this.#advance();
    if (this.#indent < 0) return null;
    const value = this.#readBlock(this.#indent, 0);
    if (this.#indent >= 0) throw new NotPlain();
    return value;
  }

  /** Moves to the next line with content. */
  #advance(): void {
    const text = this.#text;
    this.#hasSkipped = false;
    while (this.#nextLine < text.length) {
      const lineStart = this.#nextLine;
      const lineEnd = this.#lineEnd(lineStart);
      this.#nextLine = lineEnd + 1;
      let start = lineStart;
      while (text.charCodeAt(start) === SPACE) start++;
      if (start < lineEnd && text.charCodeAt(start) === TAB) throw new NotPlain();
      if (start < lineEnd && text.charCodeAt(start) !== HASH) {
        this.#indent = start - lineStart;
        this.#start = start;
        this.#end = trimEnd(text, { start, end: lineEnd });
        return;
      }
      this.#hasSkipped = true;
    }
    this.#indent = -1;
  }

  #lineEnd(start: number): number {
    const end = this.#text.indexOf('\n', start);
    return end < 0 ? this.#text.length : end;
  }

  #readBlock(indent: number, depth: number): unknown {
    if (depth > MAX_DEPTH) throw new NotPlain();
    const value = this.#isDash()
      ? this.#readSequence(indent, depth)
      : this.#readMapping(indent, depth);
    // A line between this block's column and its parent's belongs to neither.
    if (this.#indent > indent) throw new NotPlain();
    return value;
  }

  #isDash(): boolean {
    if (this.#text.charCodeAt(this.#start) !== DASH) return false;
    return this.#start + 1 === this.#end || this.#text.charCodeAt(this.#start + 1) === SPACE;
  }

  #readSequence(indent: number, depth: number): unknown[] {
    const items: unknown[] = [];
    while (this.#indent === indent && this.#isDash()) {
      const start = this.#skipBlanks(this.#start + 1);
      if (this.#isNothing(start)) {
        this.#advance();
        items.push(this.#indent > indent ? this.#readBlock(this.#indent, depth + 1) : null);
        continue;
      }
      const column = indent + start - this.#start;
      this.#start = start;
      if (this.#isDash() || this.#keyEnd() >= 0) {
        this.#indent = column;
        items.push(this.#readBlock(column, depth + 1));
      } else items.push(this.#readScalar(indent));
    }
    return items;
  }

  #readMapping(indent: number, depth: number): Record<string, unknown> {
    const mapping: Record<string, unknown> = {};
    while (this.#indent === indent && !this.#isDash()) {
      const keyEnd = this.#keyEnd();
      if (keyEnd < 0) throw new NotPlain();
      const key = this.#readKey(keyEnd);
      if (Object.hasOwn(mapping, key)) throw new NotPlain();
      mapping[key] = this.#readValue(keyEnd + 1, { indent, depth });
    }
    return mapping;
  }

  /** Finds the colon after the key that the line begins with; -1 where it begins with none. */
  #keyEnd(): number {
    // Searched in the line alone: the rest of a large file may hold no colon at all.
    const line = this.#text.slice(this.#start, this.#end);
    const isQuoted = line[0] === '"' || line[0] === "'";
    let colon = isQuoted ? line.indexOf(line[0], 1) + 1 : line.indexOf(':');
    if (isQuoted && line[colon] !== ':') return -1;
    while (colon >= 0) {
      if (isQuoted || colon + 1 === line.length || line[colon + 1] === ' ')
        return this.#start + colon;
      colon = line.indexOf(':', colon + 1);
    }
    return -1;
  }

  #readKey(end: number): string {
    const key = this.#text.slice(this.#start, end);
    const isQuoted = key[0] === '"' || key[0] === "'";
    const name = isQuoted ? key.slice(1, -1) : key;
    const isPlain = isQuoted
      ? !name.includes('\\')
      : !INDICATORS.has(key[0]) && !/\s#|\s$|\t/.test(key) && parsePlainScalar(key) === key;
    if (!isPlain || name === '__proto__' || name === '<<') throw new NotPlain();
    return name;
  }

  #readValue(afterColon: number, { indent, depth }: { indent: number; depth: number }): unknown {
    if (this.#end > afterColon && this.#text.charCodeAt(afterColon) !== SPACE) throw new NotPlain();
    this.#start = this.#skipBlanks(afterColon);
    if (!this.#isNothing(this.#start)) {
      if (this.#isDash()) throw new NotPlain();
      return this.#readScalar(indent);
    }
    this.#advance();
    if (this.#indent > indent) return this.#readBlock(this.#indent, depth + 1);
    // A sequence may stand at the column of its key.
    if (this.#indent === indent && this.#isDash()) return this.#readSequence(indent, depth + 1);
    return null;
  }

  #skipBlanks(start: number): number {
    let end = start;
    while (end < this.#end && this.#text.charCodeAt(end) === SPACE) end++;
    if (this.#text.charCodeAt(end) === TAB) throw new NotPlain();
    return end;
  }

  /** Tells whether the line holds nothing more than a comment; which needs a blank before it. */
  #isNothing(start: number): boolean {
    return start >= this.#end || this.#isComment(start);
  }

  #isComment(start: number): boolean {
    return this.#text.charCodeAt(start) === HASH && this.#text.charCodeAt(start - 1) === SPACE;
  }

  /** Reads the scalar that begins here and ends before the next line that is not further in than its parent. */
  #readScalar(parentIndent: number): unknown {
    const text = this.#text;
    switch (text[this.#start]) {
      case '"':
      case "'":
        return this.#readQuoted(parentIndent);
      case '|':
        return this.#readLiteral(parentIndent);
      case '{':
        return this.#readEmptyMapping();
      case '[':
        return this.#readWords();
      default:
        return this.#readPlain(parentIndent);
    }
  }

  #readEmptyMapping(): Record<string, unknown> {
    if (this.#text[this.#start + 1] !== '}') throw new NotPlain();
    this.#endLine(this.#start + 2);
    return {};
  }

  /** Reads `[IPv4, "fd00::1"]`, which ends in its line and has nothing in it that could be read in two ways. */
  #readWords(): unknown[] {
    const [list] = WORDS.exec(this.#text.slice(this.#start, this.#end)) ?? [];
    if (list === undefined) throw new NotPlain();
    this.#endLine(this.#start + list.length);
    return [...list.matchAll(WORD)].map(([word]) => {
      const isQuoted = word[0] === '"' || word[0] === "'";
      return isQuoted ? word.slice(1, -1) : parsePlainScalar(word);
    });
  }

  /** Leaves a line that must hold nothing more than a comment. */
  #endLine(start: number): void {
    if (!this.#isNothing(this.#skipBlanks(start))) throw new NotPlain();
    this.#advance();
  }

  #readPlain(parentIndent: number): unknown {
    if (INDICATORS.has(this.#text[this.#start]) || this.#isDash()) throw new NotPlain();
    const first = this.#text.slice(this.#start, this.#end);
    const comment = first.indexOf(' #');
    const hasComment = comment >= 0;
    const scalar = hasComment ? first.slice(0, trimEnd(first, { start: 0, end: comment })) : first;
    if (!isPlainText(scalar) || first.includes('\t')) throw new NotPlain();
    this.#advance();
    if (this.#indent <= parentIndent) return parsePlainScalar(scalar);
    if (hasComment) throw new NotPlain();
    return this.#readFolded(scalar, parentIndent);
  }

  /** Reads the further lines of a plain scalar; YAML 1.2 section 7.3.3 */
  #readFolded(first: string, parentIndent: number): string {
    const lines = [first];
    while (this.#indent > parentIndent) {
      const line = this.#text.slice(this.#start, this.#end);
      if (this.#hasSkipped || !isPlainText(line) || line.includes(' #')) throw new NotPlain();
      lines.push(line);
      this.#advance();
    }
    return lines.join(' ');
  }

  #readQuoted(parentIndent: number): string {
    const text = this.#text;
    const quote = text[this.#start];
    let raw = '';
    let start = this.#start + 1;
    for (;;) {
      const close = closingQuote(text, { quote, start, end: this.#end });
      if (close >= 0) {
        raw += text.slice(start, close);
        this.#endLine(close + 1);
        return unquote(raw, quote);
      }
      // Line folding, YAML 1.2 section 6.5; not over empty lines.
      raw += `${text.slice(start, this.#end)} `;
      const lineStart = this.#nextLine;
      start = lineStart;
      while (text.charCodeAt(start) === SPACE) start++;
      const lineEnd = this.#lineEnd(lineStart);
      const isIndented = start < lineEnd && start - lineStart > parentIndent;
      if (!isIndented || text.charCodeAt(start) === TAB) throw new NotPlain();
      this.#end = trimEnd(text, { start, end: lineEnd });
      this.#nextLine = lineEnd + 1;
    }
  }

  /** Reads a `|` or `|-` literal; YAML 1.2 section 8.1.2 */
  #readLiteral(parentIndent: number): string {
    const text = this.#text;
    const header = text.slice(this.#start, this.#end);
    if (header !== '|' && header !== '|-') throw new NotPlain();
    const lines: string[] = [];
    let indent = -1;
    while (this.#nextLine < text.length) {
      const lineStart = this.#nextLine;
      const lineEnd = this.#lineEnd(lineStart);
      let start = lineStart;
      while (start < lineEnd && text.charCodeAt(start) === SPACE) start++;
      const isBlank = start === lineEnd;
      if (indent < 0 && isBlank) throw new NotPlain();
      if (indent < 0) indent = start - lineStart;
      if (!isBlank && start - lineStart < indent) break;
      lines.push(text.slice(Math.min(lineStart + indent, lineEnd), lineEnd));
      this.#nextLine = lineEnd + 1;
      if (indent <= parentIndent) throw new NotPlain();
    }
    while (lines.at(-1) === '') lines.pop();
    if (lines.length === 0) throw new NotPlain();
    this.#advance();
    return header === '|' ? `${lines.join('\n')}\n` : lines.join('\n');
  }
}

/** A word of a list in one line: quoted without escapes, or plain and without any indicator. */
const WORD = /"[^"\\\t]*"|'[^'\t]*'|[A-Za-z0-9][A-Za-z0-9._/-]*/g;
const WORDS = new RegExp(`^\\[ *(?:(?:${WORD.source})(?: *, *(?:${WORD.source}))*)? *\\]`);

const TAB = 0x09;
const SPACE = 0x20;
const HASH = 0x23;
const DASH = 0x2d;

function trimEnd(text: string, { start, end }: { start: number; end: number }): number {
  let trimmed = end;
  while (
    trimmed > start &&
    (text.charCodeAt(trimmed - 1) === SPACE || text.charCodeAt(trimmed - 1) === TAB)
  ) {
    trimmed--;
  }
  return trimmed;
}

function isPlainText(text: string): boolean {
  return !text.includes(': ') && !text.endsWith(':') && !text.includes('\t');
}

/** Finds the quote that ends a scalar; -1 where it goes on in the next line. */
function closingQuote(
  text: string,
  { quote, start, end }: { quote: string; start: number; end: number },
): number {
  for (let i = start; i < end; i++) {
    if (text[i] === '\\' && quote === '"') i++;
    else if (text[i] === quote) {
      if (quote === '"' || text[i + 1] !== "'") return i;
      i++;
    }
  }
  return -1;
}

function unquote(raw: string, quote: string): string {
  if (quote === "'") return raw.replaceAll("''", "'");
  if (!raw.includes('\\')) return raw;
  try {
    // The escapes of JSON mean the same in YAML, which has more.
    return JSON.parse(`"${raw}"`);
  } catch {
    throw new NotPlain();
  }
}
