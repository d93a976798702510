/** The files that tell people and editors what can be configured say what the schema says. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { loadConfiguration } from '../../src/config/load-configuration.ts';
import { configurationSchema } from '../../src/config/schema.ts';

const DEFAULT_FILE = new URL('../../config/default.yaml', import.meta.url);
const SCHEMA_FILE = new URL('../../config/vipdns.schema.json', import.meta.url);

const jsonSchema = z.toJSONSchema(configurationSchema, { io: 'input' });

interface JsonOption {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonOption>>;
}

/** Every option by its path, those of mappings besides the mapping. */
function optionsOf(schema: JsonOption, prefix = ''): [string, JsonOption][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, option]) => [
    [`${prefix}${key}`, option] as [string, JsonOption],
    ...optionsOf(option, `${prefix}${key}.`),
  ]);
}

const options = optionsOf(jsonSchema as JsonOption);

test('config/vipdns.schema.json is that of the schema (UPDATE=1 writes it)', () => {
  const text = `${JSON.stringify(jsonSchema, null, 2)}\n`;
  if (process.env.UPDATE === '1') writeFileSync(SCHEMA_FILE, text);
  assert.equal(readFileSync(SCHEMA_FILE, 'utf8'), text);
});

test('configurationSchema describes every option and gives it a default', () => {
  assert.equal(options.length, 34);
  for (const [path, { description, default: value }] of options) {
    assert.match(description ?? '', /^\w.*\.$/s, path);
    assert.notEqual(value, undefined, path);
  }
});

test('config/default.yaml is exactly the defaults', () => {
  const file = DEFAULT_FILE.pathname;
  assert.deepEqual(loadConfiguration({ file }), loadConfiguration({}));
});

test('config/default.yaml names every option, says what it is, and writes its default', () => {
  const text = readFileSync(DEFAULT_FILE, 'utf8');
  const content = parseDocument(text).toJS();
  const lines = text.split('\n');
  for (const [path, { default: value }] of options) {
    const keys = path.split('.');
    const written = keys.reduce((each, key) => each?.[key], content);
    assert.deepEqual(written, value, path);
    const line = lines.findIndex((each) => each.trimStart().startsWith(`${keys.at(-1)}:`));
    // The comment of `log` and that of `source` stand once for the mapping and its one option.
    const isCommented = lines[line - 1].trimStart().startsWith('#');
    const isOneOfMapping = path === 'log' || path === 'source.manifests';
    assert.equal(isCommented, !isOneOfMapping, path);
  }
});

test('configuration.ts, which every thread loads, does not load zod or yaml', () => {
  const module = new URL('../../src/config/configuration.ts', import.meta.url);
  const selector = new URL('../../src/config/label-selector.ts', import.meta.url);
  const source = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load(url, context, next) { loaded.push(url); return next(url, context); } });
    await import(${JSON.stringify(module.href)});
    await import(${JSON.stringify(selector.href)});
    console.log(JSON.stringify(loaded));
  `;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', source], {
    encoding: 'utf8',
  });
  assert.deepEqual(JSON.parse(output), [module.href, selector.href]);
});
