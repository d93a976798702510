/** Finds the value of a metric in the text format, by its name with its labels; undefined where there is no such line. */
export function metricValue(text: string, series: string): number | undefined {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length));
}
