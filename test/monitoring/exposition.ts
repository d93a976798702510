/**
 * A reader of the Prometheus text format, version 0.0.4, that takes nothing on trust: a line that the format
 * does not allow is an error, as are families that are mixed or without HELP and TYPE.
 */
import assert from 'node:assert/strict';

export interface ExposedFamily {
  readonly type: string;
  readonly help: string;
  readonly samples: ExposedSample[];
}

export interface ExposedSample {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly value: number;
}

export function parseExposition(text: string): Map<string, ExposedFamily> {
  assert.ok(text.endsWith('\n'), 'the last line has no end');
  const families = new Map<string, ExposedFamily>();
  let current = '';
  let help = '';
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, keyword, name, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      current = name;
      help = rest;
    } else if (keyword === 'TYPE') {
      assert.equal(name, current, line);
      assert.ok(!families.has(name), `${name} twice`);
      assert.match(rest, /^(counter|gauge|histogram)$/);
      families.set(name, { type: rest, help, samples: [] });
    } else {
      const sample = parseSample(line);
      const family = families.get(current);
      assert.ok(family, line);
      assertBelongs(sample, current, family.type);
      family.samples.push(sample);
    }
  }
  return families;
}

function assertBelongs({ name, labels }: ExposedSample, family: string, type: string): void {
  if (type !== 'histogram') {
    assert.equal(name, family);
    return;
  }
  const part = name.slice(family.length);
  assert.ok(name.startsWith(family) && ['_bucket', '_sum', '_count'].includes(part), name);
  assert.equal('le' in labels, part === '_bucket', name);
}

function parseSample(line: string): ExposedSample {
  const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
  assert.ok(match, `not a sample: ${line}`);
  const [, name, labels = '', value] = match;
  assert.match(value, /^([+-]?Inf|NaN|[-+]?[0-9.]+(e[+-]?\d+)?)$/, line);
  return { name, labels: parseLabels(labels), value: Number(value.replace('Inf', 'Infinity')) };
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  const pair = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;
  while (pair.lastIndex < text.length) {
    const at = pair.lastIndex;
    const match = pair.exec(text);
    assert.ok(match, `not a label: ${text.slice(at)}`);
    labels[match[1]] = match[2].replace(/\\(.)/g, (_, escaped) =>
      escaped === 'n' ? '\n' : escaped,
    );
  }
  return labels;
}
