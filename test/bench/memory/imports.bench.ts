/**
 * What each import adds to the resident memory of a process, and how long it takes: a bare process for each, since
 * what one loads the next has. Linux only. Ours are bundled as `dist` is, each with what it imports.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildPackage } from '../../support/built-package.ts';

const OURS = [
  'config/load-configuration',
  'monitoring/http',
  'monitoring/log',
  'monitoring/metrics',
  'app',
  'cli/serve',
];
const folder = mkdtempSync(join(tmpdir(), 'vipdns-bench-imports-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const dist = buildPackage(
  folder,
  OURS.map((module) => `src/${module}.ts`),
);

const byImport = (name: string) => `await import(${JSON.stringify(name)})`;
const byRequire = (name: string) => `createRequire(${JSON.stringify(HERE)})('${name}')`;
const ours = (module: string) => byImport(pathToFileURL(join(dist, `${basename(module)}.js`)).href);
const HERE = import.meta.url;

const CASES: Readonly<Record<string, string>> = {
  nothing: '',
  'import node:http': byImport('node:http'),
  'getBuiltinModule node:http': "process.getBuiltinModule('node:http')",
  'getBuiltinModule node:tls':
    "process.getBuiltinModule('node:tls').createSecureContext({ minVersion: 'TLSv1.2' })",
  'import node:crypto': byImport('node:crypto'),
  'import node:dgram': byImport('node:dgram'),
  'import zod': byImport(import.meta.resolve('zod')),
  'import yaml': byImport(import.meta.resolve('yaml')),
  'import pino': byImport(import.meta.resolve('pino')),
  'prom-client, its registry': byRequire('prom-client/lib/registry.js'),
  koffi: byRequire('koffi'),
  ...Object.fromEntries(OURS.map((module) => [module, ours(module)])),
  'a thread': "new (await import('node:worker_threads')).Worker(IDLE, { eval: true })",
};

const MEASURE = (code: string) => `
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
const IDLE = 'setInterval(() => {}, 1e6)';
const read = (field) => readFileSync('/proc/self/status', 'utf8').match(field + ':\\\\s+(\\\\d+)')[1] / 1024;
await sleep(1);
const before = [read('VmRSS'), read('RssAnon')];
const start = performance.now();
${code};
const tookMs = performance.now() - start;
await sleep(300);
console.log(JSON.stringify([read('VmRSS') - before[0], read('RssAnon') - before[1], tookMs]));
process.exit();`;

console.log(`${'MB'.padEnd(30)}   resident  anonymous    ms`);
for (const [name, code] of Object.entries(CASES)) {
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', MEASURE(code)]);
  const [rss, anonymous, tookMs]: number[] = JSON.parse(output.toString());
  const columns = [rss.toFixed(1).padStart(9), anonymous.toFixed(1).padStart(9)];
  console.log(`${name.padEnd(30)}  ${columns.join('  ')}  ${tookMs.toFixed(0).padStart(4)}`);
}
