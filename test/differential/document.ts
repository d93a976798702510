/** The rows of docs/differences.md, by the names in their first column. */
import { readFileSync } from 'node:fs';

const FILE = new URL('../../docs/differences.md', import.meta.url);
/** Sections whose rows are about questions that both servers can be asked. */
const SECTIONS = ['Answers', 'Protocol'];

/** Gives the first cell of every row of the tables in these sections, without its back quotes. */
export function documentedRows(text: string = readFileSync(FILE, 'utf8')): string[] {
  return text
    .split(/^## /m)
    .filter((section) => SECTIONS.some((title) => section.startsWith(`${title}\n`)))
    .flatMap((section) => section.split('\n').filter((line) => line.startsWith('| ')))
    .map((line) => line.split('|')[1].trim())
    .filter((cell) => cell !== 'row' && cell !== '---')
    .map((cell) => cell.replaceAll('`', ''));
}
