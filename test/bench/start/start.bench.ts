/**
 * How long `vipdns serve` takes from the start of the process until it serves config/demo, and the anonymous memory it
 * has a second later: medians, in turns. Linux only.
 *
 *   node test/bench/start/start.bench.ts [MAIN...]       other forms than dist and the sources, such as an older `dist`
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../cluster/report.ts';
import { kilobytesOf } from '../servers/process-usage.ts';

const ROUNDS = 15;
const SETTLE_MS = 1000;
const ARGUMENTS = ['serve', '--manifests', 'config/demo'];
const FREE_PORTS = ['--listen', '127.0.0.1:0', '--http', '127.0.0.1:0'];

interface Start {
  readonly servingMs: number;
  readonly anonymousMib: number;
}

const forms = process.argv.length > 2 ? process.argv.slice(2) : ['dist/main.js', 'src/main.ts'];
const starts = new Map<string, Start[]>(forms.map((main) => [main, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const [main, measured] of starts) measured.push(await start(main));
}
console.log(`${ROUNDS} starts each, median (least to most)`);
for (const [main, measured] of starts) {
  const servingMs = formatRange(measured.map((each) => each.servingMs));
  const anonymousMib = formatRange(measured.map((each) => each.anonymousMib));
  console.log(`${main}: serving after ${servingMs} ms, anonymous memory ${anonymousMib} MiB`);
}

async function start(main: string): Promise<Start> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [main, ...ARGUMENTS, ...FREE_PORTS], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let log = '';
  while (!log.includes('"serving"')) {
    const [chunk] = await Promise.race([once(child.stdout, 'data'), ended]);
    if (child.exitCode !== null) throw new Error(`Cannot measure ${main}: it has ended: ${log}`);
    log += chunk;
  }
  const servingMs = performance.now() - startedAt;
  await sleep(SETTLE_MS);
  const anonymousMib =
    kilobytesOf(readFileSync(`/proc/${child.pid}/status`, 'utf8'), 'RssAnon') / 1024;
  child.kill('SIGKILL');
  await ended;
  return { servingMs, anonymousMib };
}

function formatRange(numbers: readonly number[]): string {
  const [middle, least, most] = [median(numbers), Math.min(...numbers), Math.max(...numbers)];
  const digits = most < 100 ? 1 : 0;
  return `${middle.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;
}
