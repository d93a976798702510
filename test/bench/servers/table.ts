/** Tables in Markdown, and the forms of the numbers in them. */

/** Formats a table whose first column is text and whose other columns are figures. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** What stands where there is no figure. */
export const NO_FIGURE = '–';

/** Formats a number with so many digits after the point, and commas between thousands. */
export function formatNumber(number: number | undefined, digits = 0): string {
  if (number === undefined || !Number.isFinite(number)) return NO_FIGURE;
  return number.toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}

export function formatMegabytes(bytes: number): string {
  return formatNumber(bytes / 2 ** 20);
}

/** Formats a share as a percentage that never rounds a loss away. */
export function formatShare(part: number, whole: number): string {
  if (part === 0) return '0';
  const percent = (part / Math.max(1, whole)) * 100;
  return percent < 0.01 ? '<0.01 %' : `${percent.toFixed(2)} %`;
}
