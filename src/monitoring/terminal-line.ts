/**
 * A line of the log for a person: `21:04:59.120 WARN  manifest changed  file=shop.yaml code=ERR_MANIFEST`.
 * In: a line of JSON; out: the same, shorter. Control characters are escaped, since names and files that
 * others chose get into a log, and a terminal obeys what it is shown.
 */
import { styleText } from 'node:util';

/** Colors by level; the rest stays as it is. */
const STYLES: Readonly<Record<string, Parameters<typeof styleText>[0]>> = {
  fatal: 'red',
  error: 'red',
  warn: 'yellow',
  info: 'green',
};

/** The longest level. */
const LEVEL_WIDTH = 5;

/** Formats one JSON line; time is that of the machine's time zone. NO_COLOR takes the colors away. */
export function formatTerminalLine(json: string): string {
  const { level, time, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const name = String(level);
  const label = name.toUpperCase().padEnd(LEVEL_WIDTH);
  const parts = [clockTime(String(time)), style(name, label), escapeControls(String(msg))];
  const rest = Object.entries(fields).map(([key, value]) => `${key}=${formatValue(value)}`);
  if (rest.length > 0) parts.push('', rest.join(' '));
  return `${parts.join(' ')}\n`;
}

function style(level: string, label: string): string {
  return level in STYLES ? styleText(STYLES[level], label, { stream: process.stdout }) : label;
}

function clockTime(iso: string): string {
  const time = new Date(iso);
  const two = (number: number) => String(number).padStart(2, '0');
  const seconds = `${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, '0')}`;
  return `${two(time.getHours())}:${two(time.getMinutes())}:${seconds}`;
}

/** Quotes what would not be read as one word. */
function formatValue(value: unknown): string {
  const isWord = typeof value === 'string' && /^[\x21\x23-\x7e]+$/.test(value);
  return isWord ? value : escapeControls(JSON.stringify(value));
}

function escapeControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
