/**
 * What each import adds to the resident memory of a process, and how long it takes: a bare process for each, since
 * what one loads the next has. Linux only. The modules of ours are those of `dist`.
 */
import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';

const byImport = (name: string) => `await import(${JSON.stringify(name)})`;
const byRequire = (name: string) => `createRequire(${JSON.stringify(HERE)})('${name}')`;
const ours = (path: string) => byImport(pathToFileURL(`dist/${path}`).href);
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
  'config/load-configuration': ours('config/load-configuration.js'),
  'monitoring/http': ours('monitoring/http.js'),
  'monitoring/log': ours('monitoring/log.js'),
  'monitoring/metrics': ours('monitoring/metrics.js'),
  app: ours('app.js'),
  'cli/serve': ours('cli/serve.js'),
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
