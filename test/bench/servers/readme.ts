/** The generated part of test/bench/README.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const README = fileURLToPath(new URL('../README.md', import.meta.url));
const BEGIN = '<!-- begin of figures: npm run bench writes what follows -->';
const END = '<!-- end of figures -->';

/** Replaces the figures of the README. */
export function writeReadme(figures: string): void {
  writeFileSync(README, replaceFigures(readFileSync(README, 'utf8'), figures));
}

/** Puts figures between two markers of a text; throws where it does not have them. */
export function replaceFigures(
  text: string,
  figures: string,
  { begin, end } = { begin: BEGIN, end: END },
): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from === -1 || to < from)
    throw new Error(`Cannot write figures: no "${begin}" before "${end}"`);
  return `${text.slice(0, from + begin.length)}\n\n${figures}\n\n${text.slice(to)}`;
}
